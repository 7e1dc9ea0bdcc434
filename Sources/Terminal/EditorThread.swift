import Dispatch
import Foundation
import Synchronization

/// The thread that owns readline and the terminal. Their state belongs to the process, so there is one at a time.
final class EditorThread: Sendable {
    private static let inUse = Mutex(false)

    private let hasBegun = DispatchSemaphore(value: 0)
    private let failure = Mutex<TerminalError?>(nil)

    private init() {}

    /// Runs `body` on a thread, and returns when it has called ``begun(_:)``. The terminal is free for another when
    /// `body` has returned; `ended` says so.
    /// - Throws: `.inUse`, or what `body` gave to `begun`.
    static func start(
        named name: String, until ended: DispatchGroup, _ body: @escaping @Sendable (EditorThread) -> Void
    ) throws(TerminalError) {
        let taken = inUse.withLock { inUse in
            defer { inUse = true }
            return inUse
        }
        guard !taken else { throw .inUse }
        let state = EditorThread()
        ended.enter()
        let thread = Thread {
            blockSignals()
            body(state)
            inUse.withLock { $0 = false }
            ended.leave()
        }
        thread.name = name
        thread.start()
        state.hasBegun.wait()
        if let failure = state.failure.withLock({ $0 }) { throw failure }
    }

    /// To be called once by the thread.
    func begun(_ failure: TerminalError?) {
        self.failure.withLock { $0 = failure }
        hasBegun.signal()
    }

    /// Other threads take the signals: one that cut a write short would leave half a sequence on the screen.
    private static func blockSignals() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCHLD, SIGALRM, SIGUSR1, SIGUSR2, SIGPIPE] {
            sigaddset(&signals, signal)
        }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
