import Chat
import Identity

/// Several calls on one home, one after the other.
struct HomeSession: Sendable {
    enum Way: Sendable {
        case connection(ControlConnection)
        case operations(Operations)
    }

    let way: Way

    func call<Parameters, Result>(
        _ method: ControlMethod<Parameters, Result>, _ parameters: Parameters,
        within limit: Duration = .seconds(60),
        _ operation: (Operations) -> @Sendable (Parameters) async throws -> Result
    ) async throws -> Result {
        switch way {
        case .connection(let connection):
            try await connection.begin(method, parameters).result(within: limit)
        case .operations(let operations):
            try await operation(operations)(parameters)
        }
    }

    /// Begins to send, behind what was begun before; what is returned waits for the end, and has one result for each text.
    func send(
        _ parameters: SendAllParameters
    ) async throws -> @Sendable () async throws -> [Result<SendResult, any Error>] {
        switch way {
        case .connection(let connection):
            let pending = try await connection.begin(ControlMethods.sendAll, parameters)
            let limit = Duration.seconds(parameters.timeout ?? Operations.usualTimeout) + .seconds(2)
            return {
                try await pending.result(within: limit).results.map { outcome in
                    if let sent = outcome.sent { return .success(sent) }
                    return .failure(outcome.error?.commandError ?? Self.nothing)
                }
            }
        case .operations(let operations):
            let begun = try await operations.begin(parameters)
            return { await operations.finishAll(begun) }
        }
    }

    private static let nothing = CommandError(
        .inputOutput, "the process that is online with this home answered nothing")

    /// Keeps a link to the peer until cancelled; of a process that is online the Messenger does.
    func stayConnected(to fingerprint: String) async {
        guard case .operations(let operations) = way else { return }
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

    /// The process that was online went away.
    struct Lost: Error {}
}
