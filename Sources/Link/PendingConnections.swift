/// Where a connection comes from, as far as limits go: one IPv4 address, or one IPv6 /64.
struct ConnectionSource: Hashable, Sendable {
    private let bytes: [UInt8]

    /// - Parameter address: 4 or 16 bytes; an IPv4 address mapped into IPv6 counts as the IPv4 address.
    init?(_ address: [UInt8]) {
        let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
        switch address.count {
        case 4: bytes = address
        case 16 where address.starts(with: mapped): bytes = Array(address.suffix(4))
        case 16: bytes = Array(address.prefix(8))
        default: return nil
        }
    }
}

/// The connections of a listener that have not finished their handshake, and who has to go when there are too many
/// (docs/protocol.md, "Limits"). It knows no sockets; its dice can be loaded.
struct PendingConnections<Dice: RandomNumberGenerator> {
    typealias ID = UInt64

    enum Decision: Equatable {
        case admitted(ID)
        /// Admitted, and another one has to be dropped for it.
        case admittedInsteadOf(ID, dropped: ID)
        /// The newcomer is dropped.
        case refused
    }

    private var pending: [(id: ID, source: ConnectionSource)] = []
    private var lastID: ID = 0
    private var dice: Dice
    private let limits: LinkLimits

    init(limits: LinkLimits, dice: Dice) {
        self.limits = limits
        self.dice = dice
    }

    var count: Int { pending.count }

    /// Somebody connected. A drawn victim is already forgotten here when this returns.
    ///
    /// - Parameter isFull: there is no room for one more connection at all, links included: somebody pending, or else the
    ///   newcomer, has to go. Open links never do.
    mutating func arrive(from source: ConnectionSource, isFull: Bool = false) -> Decision {
        guard pending.lazy.filter({ $0.source == source }).count < limits.pendingPerSource else {
            return .refused
        }
        var dropped: ID?
        if isFull || mustDrop() {
            // Everybody's chance is the same, the newcomer's too: neither coming early nor coming late helps a flood.
            let drawn = Int.random(in: 0...pending.count, using: &dice)
            guard drawn < pending.count else { return .refused }
            dropped = pending.remove(at: drawn).id
        }
        lastID += 1
        pending.append((lastID, source))
        if let dropped { return .admittedInsteadOf(lastID, dropped: dropped) }
        return .admitted(lastID)
    }

    /// A handshake was finished, or its connection is gone.
    mutating func leave(_ id: ID) {
        pending.removeAll { $0.id == id }
    }

    /// Never below `pendingDropFrom`, always at `pending`, and linearly between.
    private mutating func mustDrop() -> Bool {
        guard pending.count >= limits.pendingDropFrom else { return false }
        guard pending.count < limits.pending else { return true }
        let span = limits.pending - limits.pendingDropFrom + 1
        return Int.random(in: 0..<span, using: &dice) < pending.count - limits.pendingDropFrom + 1
    }
}
