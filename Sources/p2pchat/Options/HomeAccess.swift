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
        try await session { try await $0.call(method, parameters, within: limit, operation) }
    }

    /// Runs `body` with one way for many calls: one connection, or one unlocking.
    ///
    /// - Parameter again: Runs `body` once more, in another way, when the process that was online goes away meanwhile.
    func session<Value: Sendable>(
        again: Bool = false, _ body: @escaping @Sendable (HomeSession) async throws -> Value
    ) async throws -> Value {
        let home = options.folder
        _ = try home.publicIdentity()
        // Another command may be in the middle of something short; a process that stays online answers at its socket.
        for _ in 0..<Self.attempts {
            do {
                let value = try await ControlConnection.use(home) { connection in
                    try await body(HomeSession(way: .connection(connection)))
                }
                if let value { return value }
            } catch is HomeSession.Lost {
                guard again else {
                    throw CommandError(.tryAgain, "the process that is online with this home went away")
                }
                try await Task.sleep(for: Self.pause)
                continue
            }
            if let lock = try HomeLock.take(home) {
                defer { withExtendedLifetime(lock) {} }
                let node = try Node.visiting(home: home, keys: await options.unlockSettled())
                return try await node.visit {
                    try await body(HomeSession(way: .operations(Operations(node: node))))
                }
            }
            try await Task.sleep(for: Self.pause)
        }
        throw Self.busy(home)
    }

    /// Calls an operation for page after page, as long as `next` makes parameters out of a result.
    func pages<Parameters, Result>(
        _ method: ControlMethod<Parameters, Result>, _ first: Parameters,
        within limit: Duration = .seconds(60),
        _ operation: @escaping @Sendable (Operations) -> @Sendable (Parameters) async throws -> Result,
        next: @escaping @Sendable (Result) throws -> Parameters?
    ) async throws {
        try await session { session in
            var wanted: Parameters? = first
            while let parameters = wanted {
                wanted = try next(
                    try await session.call(method, parameters, within: limit, operation))
            }
        }
    }

    static func inUse(_ home: Home) -> CommandError {
        CommandError(
            .tryAgain, "another process is online with the home \(home.path)",
            hint: "end it, or use another home with --home DIR")
    }

    /// For a process that holds it and does not answer.
    static func busy(_ home: Home) -> CommandError {
        CommandError(
            .tryAgain, "another command still uses the home \(home.path)",
            hint: "repeat this when it has ended, or use another home with --home DIR")
    }

    private static let attempts = 100
    /// Between two attempts to use a home that others hold.
    static let pause: Duration = .milliseconds(50)
}
