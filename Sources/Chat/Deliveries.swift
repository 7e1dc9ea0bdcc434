import Synchronization
import Wire

/// Those who wait for the acknowledgement of messages. A class with a lock and not part of an actor, so that a cancelled wait
/// ends at once.
final class Deliveries: Sendable {
    /// One who waits until all of some messages are acknowledged.
    private struct Waiter {
        let continuation: CheckedContinuation<Void, any Error>
        var missing: Int
    }

    private struct State {
        /// What is waited for, and whether it was acknowledged since `expect`.
        var expected: [MessageID: Bool] = [:]
        var waiters: [Int: Waiter] = [:]
        /// The waiter of each message that is missing.
        var waiting: [MessageID: Int] = [:]
        var last = 0
    }

    private let state = Mutex(State())

    /// From now on acknowledgements of the messages are remembered until `forget`.
    func expect(_ ids: [MessageID]) {
        state.withLock { state in
            for id in ids { state.expected[id] = false }
        }
    }

    /// Waits until all the messages are acknowledged; `expect` came first. For one at a time of each message.
    ///
    /// - Throws: `LinkLost` when the link ended before; `CancellationError`.
    func wait(_ ids: [MessageID]) async throws {
        let number = state.withLock { state in
            state.last += 1
            return state.last
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Void, any Error>? = state.withLock { state in
                    let missing = ids.filter { state.expected[$0] == false }
                    if missing.isEmpty { return .success(()) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    for id in missing { state.waiting[id] = number }
                    state.waiters[number] = Waiter(continuation: continuation, missing: missing.count)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                for id in ids where state.waiting[id] == number { state.waiting[id] = nil }
                return state.waiters.removeValue(forKey: number)
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    func acknowledged(_ ids: [MessageID]) {
        let done = state.withLock { state -> [Waiter] in
            guard !state.expected.isEmpty else { return [] }
            var done: [Waiter] = []
            for id in ids where state.expected[id] != nil {
                state.expected[id] = true
                guard let number = state.waiting.removeValue(forKey: id), var waiter = state.waiters[number]
                else { continue }
                waiter.missing -= 1
                state.waiters[number] = waiter.missing > 0 ? waiter : nil
                if waiter.missing == 0 { done.append(waiter) }
            }
            return done
        }
        for waiter in done { waiter.continuation.resume() }
    }

    /// Behind `wait`: nobody waits for them any more.
    func forget(_ ids: [MessageID]) {
        state.withLock { state in
            for id in ids { state.expected[id] = nil }
        }
    }

    /// The link ended: whoever waits has to see to another one.
    struct LinkLost: Error {}

    func linkLost() {
        let waiters = state.withLock { state in
            defer {
                state.waiters = [:]
                state.waiting = [:]
            }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.continuation.resume(throwing: LinkLost()) }
    }
}
