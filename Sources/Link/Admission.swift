import Glibc
import NIOCore
import Synchronization

/// `PendingConnections` with the sockets to it, shared by the event loops of a listener.
final class Admission: Sendable {
    struct Refused: Error {}

    private struct State {
        var pending: PendingConnections<SystemRandomNumberGenerator>
        /// All that were admitted and are not closed, links included.
        var open = 0
        var channels: [PendingConnections<SystemRandomNumberGenerator>.ID: any Channel] = [:]
    }

    private let state: Mutex<State>
    private let mostOpen: Int

    init(limits: LinkLimits) {
        mostOpen = Self.mostOpen(keeping: limits.reservedFiles)
        state = Mutex(State(pending: PendingConnections(limits: limits, dice: SystemRandomNumberGenerator())))
    }

    /// Takes a new connection in, and closes the one that has to make room. Throws when it is the new one.
    func admit(_ channel: any Channel) throws -> UInt64 {
        guard let source = ConnectionSource(channel.remoteAddress) else { throw Refused() }
        let (ticket, dropped) = try state.withLock { state throws(Refused) -> (UInt64, (any Channel)?) in
            switch state.pending.arrive(from: source, isFull: state.open >= mostOpen) {
            case .admitted(let ticket):
                state.channels[ticket] = channel
                state.open += 1
                return (ticket, nil)
            case .admittedInsteadOf(let ticket, let dropped):
                state.channels[ticket] = channel
                state.open += 1
                return (ticket, state.channels.removeValue(forKey: dropped))
            case .refused:
                throw Refused()
            }
        }
        dropped?.close(promise: nil)
        // Also for a connection that is gone before its handler saw it.
        channel.closeFuture.whenComplete { _ in
            self.leave(ticket)
            self.state.withLock { $0.open -= 1 }
        }
        return ticket
    }

    /// As many connections as this process may have files, less some that it needs itself; at least a few.
    private static func mostOpen(keeping reserved: Int) -> Int {
        var files = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else { return Int.max }
        return max(Int(clamping: files.rlim_cur) - reserved, 16)
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
