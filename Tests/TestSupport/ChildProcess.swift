package import Foundation
import Synchronization

/// A program that a test started, in a process group of its own.
///
/// Not Foundation's `Process`: that takes a program for running as long as anything it left behind holds a certain
/// descriptor, and tmux leaves its server behind.
package final class ChildProcess: Sendable {
    package let pid: pid_t
    private let state = Mutex(State())

    private struct State {
        var status: Int32?
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    /// - Parameters:
    ///   - arguments: after the program's name.
    ///   - input, output, errors: descriptors that become the child's 0, 1 and 2; it inherits no others.
    /// - Throws: `POSIXError`.
    package init(
        _ path: String, _ arguments: [String], environment: [String: String], directory: String? = nil,
        input: Int32, output: Int32, errors: Int32
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Via high numbers, so that none of the three is overwritten before it is copied.
        for (number, descriptor) in [input, output, errors].enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(1000 + number))
        }
        for number in 0..<3 {
            posix_spawn_file_actions_adddup2(&actions, Int32(1000 + number), Int32(number))
        }
        // Sockets of other tests in this process must not live on in the child. It is no error to close what is not
        // open.
        for descriptor: Int32 in 3..<4096 { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Signals as a shell would hand them on, whatever the test runner blocks or ignores.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let program = directory == nil ? path : "/usr/bin/env"
        let words = directory.map { ["env", "--chdir=\($0)", path] + arguments } ?? [path] + arguments
        var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") }
        defer { (argv + envp).forEach { free($0) } }
        argv.append(nil)
        envp.append(nil)
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, program, &actions, &attributes, argv, envp)
        guard failure == 0 else { throw POSIXError(POSIXErrorCode(rawValue: failure) ?? .EIO) }
        self.pid = pid
        // A thread that only waits: the pool's threads are the tests'.
        Thread.detachNewThread { [self] in reap() }
    }

    /// The exit status, or 128 and the number of the signal that ended it. Nil while it runs.
    package var status: Int32? { state.withLock { $0.status } }

    /// Waits for its end; see ``status``.
    package func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status: Int32? = state.withLock { state in
                if state.status == nil { state.waiting.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    /// Signals the process, or with `group` all that it started and that stayed in its group. Nothing when it has
    /// ended: its number may be another's by then.
    package func signal(_ number: Int32, group: Bool = false) {
        state.withLock { state in
            if state.status == nil { kill(group ? -pid : pid, number) }
        }
    }

    private func reap() {
        // Seen, but not yet let go of: until then its number is its own.
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
        let waiting = state.withLock { state in
            var raw: Int32 = 0
            while waitpid(pid, &raw, 0) < 0 && errno == EINTR {}
            let signal = raw & 0x7F
            let status = signal == 0 ? (raw >> 8) & 0xFF : 128 + signal
            state.status = status
            defer { state.waiting = [] }
            return (status, state.waiting)
        }
        for continuation in waiting.1 { continuation.resume(returning: waiting.0) }
    }
}
