import UnixSignals

/// SIGINT, SIGTERM or SIGHUP came while something was under way; the process ends as if by it, 128 + n.
struct Interrupted: Error {
    let signal: Int32

    /// Runs `body`, which a signal cancels; it sees to what it has begun before it ends.
    ///
    /// - Throws: `Interrupted`, once the body has ended; what the body throws.
    static func canEnd<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await signal in await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup) {
                    throw Interrupted(signal: signal.rawValue)
                }
                return nil
            }
            defer { group.cancelAll() }
            while let ended = try await group.next() {
                if let value = ended { return value }
            }
            throw CancellationError()
        }
    }
}
