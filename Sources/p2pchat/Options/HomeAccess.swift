import Chat
import Identity

/// The way commands use a home: through the process that is online with it, or else by themselves for a moment.
struct HomeAccess {
    let options: HomeOptions

    /// Calls an operation; nothing of it goes on when this returns.
    ///
    /// - Parameter limit: how long the process that is online may take to answer.
    func call<Parameters, Result>(
        _ method: ControlMethod<Parameters, Result>, _ parameters: Parameters,
        within limit: Duration = .seconds(60),
        _ operation: @escaping @Sendable (Operations) -> @Sendable (Parameters) async throws -> Result
    ) async throws -> Result {
        let home = options.folder
        _ = try home.publicIdentity()
        // Another command may be in the middle of something short; a process that stays online answers at its socket.
        for _ in 0..<Self.attempts {
            if let result = try await ControlClient.call(home, method, parameters, within: limit) {
                return result
            }
            if let lock = try HomeLock.take(home) {
                defer { withExtendedLifetime(lock) {} }
                let node = try Node.visiting(home: home, keys: options.unlock())
                return try await node.visit { try await operation(Operations(node: node))(parameters) }
            }
            try await Task.sleep(for: Self.pause)
        }
        throw Self.inUse(home)
    }

    /// Calls an operation for page after page, as long as `next` makes parameters out of a result.
    func pages<Parameters, Result>(
        _ method: ControlMethod<Parameters, Result>, _ first: Parameters,
        within limit: Duration = .seconds(60),
        _ operation: @escaping @Sendable (Operations) -> @Sendable (Parameters) async throws -> Result,
        next: @escaping @Sendable (Result) throws -> Parameters?
    ) async throws {
        let home = options.folder
        _ = try home.publicIdentity()
        var wanted: Parameters? = first
        for _ in 0..<Self.attempts {
            while let parameters = wanted,
                let result = try await ControlClient.call(home, method, parameters, within: limit)
            {
                wanted = try next(result)
            }
            guard let rest = wanted else { return }
            if let lock = try HomeLock.take(home) {
                defer { withExtendedLifetime(lock) {} }
                let node = try Node.visiting(home: home, keys: options.unlock())
                return try await node.visit {
                    var wanted: Parameters? = rest
                    while let parameters = wanted {
                        wanted = try next(try await operation(Operations(node: node))(parameters))
                    }
                }
            }
            try await Task.sleep(for: Self.pause)
        }
        throw Self.inUse(home)
    }

    static func inUse(_ home: Home) -> CommandError {
        CommandError(
            .tryAgain, "another process is online with the home \(home.path)",
            hint: "end it, or use another home with --home DIR")
    }

    static let attempts = 100
    static let pause: Duration = .milliseconds(50)
}
