import Store
import Synchronization
import Wire

/// Every event once more for each of those who follow along beside the one who shows them. Nobody is waited for: whoever
/// does not take its events in time misses what comes, and is told so.
package final class EventHub: Sendable {
    private struct State {
        var followers: [ObjectIdentifier: EventFollower] = [:]
        var isFinished = false
    }

    private let state = Mutex(State())

    /// What happens from now on, until `end()` of what is returned.
    package func follow() -> EventFollower {
        let follower = EventFollower()
        let isFinished = state.withLock { state in
            if !state.isFinished { state.followers[ObjectIdentifier(follower)] = follower }
            return state.isFinished
        }
        if isFinished { follower.end() }
        return follower
    }

    package func leave(_ follower: EventFollower) {
        state.withLock { $0.followers[ObjectIdentifier(follower)] = nil }
        follower.end()
    }

    func publish(_ event: ChatEvent) {
        for follower in state.withLock({ Array($0.followers.values) }) { follower.put(event) }
    }

    func finish() {
        let followers = state.withLock { state in
            state.isFinished = true
            defer { state.followers = [:] }
            return Array(state.followers.values)
        }
        for follower in followers { follower.end() }
    }
}

/// One who follows along. Holds a bounded number of events that were not taken yet.
package final class EventFollower: Sendable {
    package enum Step: Sendable {
        case event(ChatEvent)
        /// Events were dropped; nothing comes after this.
        case missed
    }

    private struct State {
        var events = Fifo<ChatEvent>()
        var bytes = 0
        var hasMissed = false
        var isOver = false
        var reader: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    init() {}

    func put(_ event: ChatEvent) {
        wake { state in
            guard !state.isOver, !state.hasMissed else { return }
            if state.events.count >= Self.most || state.bytes >= Self.mostBytes {
                state.hasMissed = true
            } else {
                state.events.append(event)
                state.bytes += event.byteCount
            }
        }
    }

    /// Nothing comes any more; what was not taken is dropped.
    package func end() {
        wake { state in
            state.isOver = true
            state.events.removeAll()
        }
    }

    /// The next event; nil at the end, or when the task is cancelled. For one at a time.
    package func next() async -> Step? {
        while true {
            let step: Step?? = state.withLock { state in
                if state.isOver { return .some(nil) }
                if let event = state.events.popFirst() {
                    state.bytes -= event.byteCount
                    return .some(.some(.event(event)))
                }
                guard state.hasMissed else { return .none }
                state.isOver = true
                return .some(.some(.missed))
            }
            if let step { return step }
            if Task.isCancelled { return nil }
            await wait()
        }
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isDue = state.withLock { state in
                    let isIdle = state.events.isEmpty && !state.hasMissed && !state.isOver
                    if !isIdle || Task.isCancelled { return true }
                    state.reader = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            wake { _ in }
        }
    }

    private func wake(_ change: (inout State) -> Void) {
        let reader = state.withLock { state in
            change(&state)
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    private static let most = 1024
    /// Of texts and ids.
    private static let mostBytes = 4 << 20
}

extension ChatEvent {
    fileprivate var byteCount: Int {
        switch self {
        case .message(let message): message.content.byteCount
        case .state(_, let ids, _): ids.count * 16
        case .link, .presence, .changed, .rotated, .revoked, .file, .notKept: 0
        }
    }
}
