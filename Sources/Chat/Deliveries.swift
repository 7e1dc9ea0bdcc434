import Synchronization
import Wire

/// Those who wait for the acknowledgement of one message. A class with a lock and not part of an actor, so that a cancelled wait
/// ends at once.
final class Deliveries: Sendable {
    private typealias Waiter = CheckedContinuation<Void, any Error>

    private struct State {
        var waiters: [MessageID: Waiter] = [:]
        /// Acknowledged between `expect` and `wait`.
        var arrived: Set<MessageID> = []
        var expected: Set<MessageID> = []
    }

    private let state = Mutex(State())

    /// From now on an acknowledgement of the message is remembered until `forget`.
    func expect(_ id: MessageID) {
        state.withLock { _ = $0.expected.insert(id) }
    }

    /// Waits until the message is acknowledged; `expect` came first.
    ///
    /// - Throws: `LinkLost` when the link ended before; `CancellationError`.
    func wait(_ id: MessageID) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (waiter: Waiter) in
                let result: Result<Void, any Error>? = state.withLock { state in
                    if state.arrived.contains(id) { return .success(()) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiters[id] = waiter
                    return nil
                }
                if let result { waiter.resume(with: result) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }

    func acknowledged(_ ids: [MessageID]) {
        let waiters = state.withLock { state -> [Waiter] in
            guard !state.expected.isEmpty else { return [] }
            return ids.compactMap { id in
                guard state.expected.contains(id) else { return nil }
                state.arrived.insert(id)
                return state.waiters.removeValue(forKey: id)
            }
        }
        for waiter in waiters { waiter.resume() }
    }

    func forget(_ id: MessageID) {
        let waiter = state.withLock { state in
            state.expected.remove(id)
            state.arrived.remove(id)
            return state.waiters.removeValue(forKey: id)
        }
        waiter?.resume(throwing: CancellationError())
    }

    /// The link ended: whoever waits has to see to another one.
    struct LinkLost: Error {}

    func linkLost() {
        let waiters = state.withLock { state in
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(throwing: LinkLost()) }
    }
}
