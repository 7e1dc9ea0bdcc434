import Dispatch
import Foundation
import Synchronization

/// A thread for calls that may have to wait for a disk, or that compute for long, one after the other. They must not hold up the threads
/// on which everything else of the program runs; and what a person waits for, a key on the screen first, has the processor before them.
final class DiskQueue: Sendable {
    private let thread: BulkThread

    init(_ label: String) {
        thread = BulkThread(label)
    }

    func run<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            thread.add {
                do throws(Failure) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}

/// There while there is work, and a second longer. Not one of the shared threads: one dead disk would take them all, and a thread that
/// has stepped back may not step forward again without privileges.
private final class BulkThread: Sendable {
    private struct State {
        var work: [@Sendable () -> Void] = []
        var isRunning = false
    }

    /// Of 19: about a third of what a usual thread gets where both want all.
    private static let niceness: Int32 = 5

    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)
    private let label: String

    init(_ label: String) {
        self.label = label
    }

    func add(_ work: @escaping @Sendable () -> Void) {
        let isNeeded = state.withLock { state in
            state.work.append(work)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard isNeeded else {
            signal.signal()
            return
        }
        let thread = Thread { [self] in
            // Of this thread alone: setpriority(2), "C library/kernel differences".
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness)
            while let next = next() { next() }
        }
        thread.name = label
        thread.start()
    }

    private func next() -> (@Sendable () -> Void)? {
        while true {
            let next = state.withLock { $0.work.isEmpty ? nil : $0.work.removeFirst() }
            if let next { return next }
            if signal.wait(timeout: .now() + 1) == .timedOut {
                let isIdle = state.withLock { state in
                    if state.work.isEmpty { state.isRunning = false }
                    return state.work.isEmpty
                }
                if isIdle { return nil }
            }
        }
    }
}
