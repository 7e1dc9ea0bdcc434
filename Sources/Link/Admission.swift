import NIOCore
import Synchronization

/// `PendingConnections` with the sockets to it, shared by the event loops of a listener.
final class Admission: Sendable {
    struct Refused: Error {}

    private struct State {
        var pending: PendingConnections<SystemRandomNumberGenerator>
        var channels: [PendingConnections<SystemRandomNumberGenerator>.ID: any Channel] = [:]
    }

    private let state: Mutex<State>

    init(limits: LinkLimits) {
        state = Mutex(State(pending: PendingConnections(limits: limits, dice: SystemRandomNumberGenerator())))
    }

    /// Takes a new connection in, and closes the one that has to make room. Throws when it is the new one.
    func admit(_ channel: any Channel) throws -> UInt64 {
        guard let source = ConnectionSource(channel.remoteAddress) else { throw Refused() }
        let (ticket, dropped) = try state.withLock { state throws(Refused) -> (UInt64, (any Channel)?) in
            switch state.pending.arrive(from: source) {
            case .admitted(let ticket):
                state.channels[ticket] = channel
                return (ticket, nil)
            case .admittedInsteadOf(let ticket, let dropped):
                state.channels[ticket] = channel
                return (ticket, state.channels.removeValue(forKey: dropped))
            case .refused:
                throw Refused()
            }
        }
        dropped?.close(promise: nil)
        // Also for a connection that is gone before its handler saw it.
        channel.closeFuture.whenComplete { _ in self.leave(ticket) }
        return ticket
    }

    func leave(_ ticket: UInt64) {
        state.withLock { state in
            state.pending.leave(ticket)
            state.channels[ticket] = nil
        }
    }

    func dropAll() {
        let channels = state.withLock { Array($0.channels.values) }
        for channel in channels { channel.close(promise: nil) }
    }
}
