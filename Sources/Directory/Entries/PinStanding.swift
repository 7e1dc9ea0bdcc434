package import Identity

/// What the log says of an identity that is known by a handle.
package enum PinStanding: Equatable, Sendable {
    /// It has the handle.
    case holds
    /// It has handed the handle on, over however many keys in between, and this one has it now.
    case movedTo(PublicIdentity)
    /// Its key, or that to which it had handed the handle on, was revoked. Where recovery words did it, they may have named an heir.
    case revoked(heir: PublicIdentity?)
    /// Neither: somebody else has the handle, or nobody, and no unbroken way leads there.
    case gone(holder: PublicIdentity?)

    /// - Parameters:
    ///   - history: entries of one label up to its newest, each of which follows the one before.
    ///   - time: in seconds since 1970.
    package init(of pinned: PublicIdentity, in history: [LogEntry], at time: UInt64) {
        let holder = history.last?.holder(at: time)
        var way = Way(pinned: pinned)
        for entry in history { way.take(entry) }
        switch holder {
        case pinned?: self = .holds
        case let holder? where holder == way.end: self = .movedTo(holder)
        default:
            if let revocation = way.revocation {
                self = .revoked(heir: revocation.heir)
            } else {
                self = .gone(holder: holder)
            }
        }
    }
}

/// Follows one identity through a history.
private struct Way {
    let pinned: PublicIdentity
    /// Who has its place; nil before it is met, and when the way has come to an end.
    var end: PublicIdentity?
    var revocation: (heir: PublicIdentity?, by: PublicIdentity)?
    private var met: Set<PublicIdentity> = []

    init(pinned: PublicIdentity) {
        self.pinned = pinned
    }

    mutating func take(_ entry: LogEntry) {
        // A history may begin in the middle: then the first that is seen of the identity is what it does.
        let isOurs = entry.identity == end || (end == nil && entry.identity == pinned)
        switch entry.operation {
        case .claim:
            if entry.identity == pinned { begin() } else { end = nil }
        case .amend:
            if isOurs, end == nil { begin() }
        case .rotate(let successor, _):
            if isOurs {
                if end == nil { begin() }
                // Whoever comes twice ends the way: no honest client hands on to a key that it gave up.
                end = met.insert(successor).inserted ? successor : nil
            } else if successor == pinned {
                begin()
            }
        case .revoke(let heir, _):
            if isOurs { revocation = (heir, entry.identity) }
            end = nil
        case .release: end = nil
        case .reassign: break
        }
    }

    private mutating func begin() {
        end = pinned
        met = [pinned]
        revocation = nil
    }
}
