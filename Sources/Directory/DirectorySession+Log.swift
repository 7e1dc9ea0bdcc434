import FoundationEssentials

/// What a session does about the directory's log: looks at it, watches the own handle, and audits the whole.
extension DirectorySession {
    /// Looks at the log and at the entry of the own handle now.
    package func lookAtLog() async throws(DirectoryError) {
        let client = try connected()
        try await client.checkLog()
        if let handle = settings.handle { try await client.checkOwn(handle) }
    }

    /// Looks at the log, and at the entry of the own handle: at each link before anything is published, since with a directory whose log is
    /// another one than it was there is nothing to do, and then every hour or so.
    func checkLog(by client: DirectoryClient) async throws(DirectoryError) {
        let time = now()
        if let checked, checked.client === client,
            (0..<Self.checkPause).contains(time.timeIntervalSince(checked.time))
        {
            return
        }
        try await client.checkLog()
        if let handle = settings.handle { try await client.checkOwn(handle) }
        checked = (client, time)
    }

    /// Reads and audits the whole log, after each publication what is new; returns when it is not what the directory signed.
    static nonisolated func audit(
        _ client: DirectoryClient, limit: UInt64, after published: AsyncStream<Void>,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) async -> DirectoryError? {
        for await _ in published {
            do {
                try await client.replicate(limit: limit, sleep: sleep)
            } catch {
                if error.isMisbehaviour { return error }
                // Tried again after the next publication: nothing waits for it.
            }
        }
        return nil
    }

    /// Seconds; a little less than the time between two publications.
    private static let checkPause = 3_000.0
}
