import Synchronization
import Wire

/// The messages to one peer that are sent and not yet acknowledged, in the order in which they were written, and who waits for
/// them. A class with a lock and not part of the actor, so that a cancelled wait ends at once.
final class Deliveries: Sendable {
    private enum Outcome {
        case open(waiter: CheckedContinuation<Void, any Error>?)
        case failed(reason: String)
    }

    private struct State {
        var messages: [MessageID: TextMessage] = [:]
        var order: [MessageID] = []
        var outcomes: [MessageID: Outcome] = [:]
    }

    private let state = Mutex(State())

    var unacknowledged: [TextMessage] {
        state.withLock { state in state.order.compactMap { state.messages[$0] } }
    }

    func add(_ message: TextMessage) {
        state.withLock {
            $0.messages[message.id] = message
            $0.order.append(message.id)
            $0.outcomes[message.id] = .open(waiter: nil)
        }
    }

    /// Waits until the message is acknowledged.
    ///
    /// - Throws: `ChatError.notDelivered` when the link ended before; `CancellationError`.
    func wait(_ id: MessageID) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
                let result: Result<Void, any Error>? = state.withLock { state in
                    switch state.outcomes[id] {
                    case nil:
                        return .success(())
                    case .failed(let reason):
                        state.outcomes[id] = nil
                        return .failure(ChatError.notDelivered(reason: reason))
                    case .open:
                        if Task.isCancelled { return .failure(CancellationError()) }
                        state.outcomes[id] = .open(waiter: waiter)
                        return nil
                    }
                }
                if let result { waiter.resume(with: result) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
                guard case .open(let waiter) = state.outcomes[id] else { return nil }
                state.outcomes[id] = .open(waiter: nil)
                return waiter
            }
            waiter?.resume(throwing: CancellationError())
        }
    }

    func acknowledged(_ id: MessageID) {
        remove(id)?.resume()
    }

    /// Drops the message: it is not sent again.
    func forget(_ id: MessageID) {
        remove(id)?.resume(throwing: CancellationError())
    }

    /// Gives up what is not acknowledged, because there is no link any more.
    func failAll(reason: String) {
        let waiters = state.withLock { state in
            var waiters: [CheckedContinuation<Void, any Error>] = []
            for id in state.order {
                if case .open(let waiter?) = state.outcomes[id] {
                    waiters.append(waiter)
                    state.outcomes[id] = nil
                } else {
                    state.outcomes[id] = .failed(reason: reason)
                }
            }
            state.order = []
            state.messages = [:]
            return waiters
        }
        for waiter in waiters { waiter.resume(throwing: ChatError.notDelivered(reason: reason)) }
    }

    private func remove(_ id: MessageID) -> CheckedContinuation<Void, any Error>? {
        state.withLock { state in
            state.messages[id] = nil
            state.order.removeAll { $0 == id }
            guard case .open(let waiter) = state.outcomes.removeValue(forKey: id) else { return nil }
            return waiter
        }
    }
}
