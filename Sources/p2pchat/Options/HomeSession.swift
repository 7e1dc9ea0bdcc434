import Chat
import Identity

/// A home for as long as something takes: through the process that is online with it, or by visiting.
enum HomeSession: Sendable {
    case online(Home)
    case visiting(Operations)

    /// The process that was online went away.
    struct Lost: Error {}

    func call<Parameters, Result>(
        _ method: ControlMethod<Parameters, Result>, _ parameters: Parameters,
        within limit: Duration = .seconds(60),
        _ operation: @Sendable (Operations) -> @Sendable (Parameters) async throws -> Result
    ) async throws -> Result {
        switch self {
        case .visiting(let operations): return try await operation(operations)(parameters)
        case .online(let home):
            guard let result = try await ControlClient.call(home, method, parameters, within: limit) else {
                throw Lost()
            }
            return result
        }
    }

    /// Keeps a link to the peer until cancelled; of a process that is online the Messenger does.
    func stayConnected(to fingerprint: String) async {
        guard case .visiting(let operations) = self else { return }
        let messenger = operations.node.messenger
        while !Task.isCancelled {
            // Asked for again each time: it may come back at another address.
            if let peer = try? await messenger.resolve(fingerprint),
                await !messenger.isConnected(to: peer.identity)
            {
                try? await messenger.connect(to: peer)
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }
}

extension HomeAccess {
    /// Runs `body` with the home; once more, when the process that was online goes away meanwhile.
    func session<Value: Sendable>(
        _ body: @escaping @Sendable (HomeSession) async throws -> Value
    ) async throws -> Value {
        let home = options.folder
        _ = try home.publicIdentity()
        for _ in 0..<Self.attempts {
            if try await isOnline(home) {
                do {
                    return try await body(.online(home))
                } catch is HomeSession.Lost {
                    try await Task.sleep(for: Self.pause)
                    continue
                }
            }
            if let lock = try HomeLock.take(home) {
                defer { withExtendedLifetime(lock) {} }
                let node = try Node.visiting(home: home, keys: options.unlock())
                return try await node.visit { try await body(.visiting(Operations(node: node))) }
            }
            try await Task.sleep(for: Self.pause)
        }
        throw Self.inUse(home)
    }

    private func isOnline(_ home: Home) async throws -> Bool {
        try await ControlClient.call(
            home, ControlMethods.files, FilesParameters(ids: []), within: .seconds(60)) != nil
    }
}
