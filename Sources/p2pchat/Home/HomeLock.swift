import Glibc

/// The right to be online with a home: one process at a time. The kernel gives it back whatever happens to the process.
final class HomeLock: Sendable {
    private let descriptor: Int32

    /// Nil when another process holds it.
    static func take(_ home: Home) throws -> HomeLock? {
        let descriptor = open(home.lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandError(
                .inputOutput, "cannot write to the folder \(home.path)",
                hint: "choose another one with --home DIR or P2PCHAT_HOME")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            _ = close(descriptor)
            return nil
        }
        return HomeLock(descriptor: descriptor)
    }

    /// Waits while a command of a moment holds it; a process that stays online answers at its socket, and is not waited for.
    ///
    /// - Throws: `CommandError` when it is not to be had.
    static func takeSoon(_ home: Home) async throws -> HomeLock {
        for attempt in 0..<attempts {
            if let lock = try take(home) { return lock }
            if await ControlConnection.isAnswered(home) { throw HomeAccess.inUse(home) }
            if attempt == attemptsUnsaid {
                Output.note("another command uses this home; waiting for its end")
            }
            try await Task.sleep(for: HomeAccess.pause)
        }
        throw HomeAccess.busy(home)
    }

    /// 10 s.
    private static let attempts = 200
    private static let attemptsUnsaid = 10

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        _ = close(descriptor)
    }
}
