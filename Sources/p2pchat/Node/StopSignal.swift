import Synchronization

/// A signal that is raised once and can be waited for.
final class StopSignal: Sendable {
    private struct State {
        var isRaised = false
        var bodies: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    func raise() {
        let bodies = state.withLock { state in
            defer {
                state.isRaised = true
                state.bodies = []
            }
            return state.bodies
        }
        for body in bodies { body() }
    }

    /// Calls `body` when raised; at once when that has happened.
    func onRaise(_ body: @escaping @Sendable () -> Void) {
        let isRaised = state.withLock { state in
            if !state.isRaised { state.bodies.append(body) }
            return state.isRaised
        }
        if isRaised { body() }
    }

    /// Returns when it is raised, or the task is cancelled.
    func wait() async {
        let (signals, signalsIn) = AsyncStream<Void>.makeStream()
        onRaise { signalsIn.finish() }
        for await _ in signals {}
    }
}
