package import Identity

/// What a home knows of a handle of its own: which entries it made.
package struct OwnHandle: Equatable, Sendable {
    /// The hashes of entries that this home made, or that its user took for their own, the newest last.
    package private(set) var made: [[UInt8]] = []
    /// The newest entry that was seen.
    package private(set) var newest: LogEntry?
    /// Where it was seen: with it, a directory that takes the entry away convicts itself.
    package private(set) var sight: Evidence.Sight?
    /// The size of that log.
    private(set) var size: UInt64 = 0
    /// The newest entry where this home did not make it; its user has to look at it.
    package private(set) var foreign: LogEntry?
    /// When it was compared last, by this computer's clock in seconds since 1970.
    package private(set) var checked: UInt64 = 0

    package init() {}

    init(
        made: [[UInt8]], newest: LogEntry?, sight: Evidence.Sight?, size: UInt64, foreign: LogEntry?,
        checked: UInt64
    ) {
        (self.made, self.newest, self.sight, self.size) = (made, newest, sight, size)
        (self.foreign, self.checked) = (foreign, checked)
    }

    /// Before an entry leaves, so that one whose answer never came is known, too.
    mutating func remember(_ entry: LogEntry) {
        guard !made.contains(entry.hash) else { return }
        made.append(entry.hash)
        made = made.suffix(Self.most)
    }

    /// Compares the newest entry of the label, as the log proves it, with what is known.
    ///
    /// - Parameters:
    ///   - entry: the newest one under the checkpoint of `sight`; nil when there is none.
    ///   - size: of that checkpoint. An answer of an older log than one that was compared before says nothing new.
    ///
    /// Throws ``LogFault/lostEntry`` where an entry that was there is not any more.
    mutating func compare(
        _ entry: LogEntry?, _ sight: Evidence.Sight, size: UInt64, of identity: PublicIdentity,
        at time: UInt64
    ) throws(LogFault) {
        guard size >= self.size else { return }
        if let newest {
            guard let entry, entry.sequence >= newest.sequence,
                entry.sequence > newest.sequence || entry == newest
            else { throw .lostEntry }
        }
        (self.sight, self.size) = (sight, size)
        let isFirst = made.isEmpty
        newest = entry
        checked = time
        guard let entry, !made.contains(entry.hash) else {
            foreign = nil
            return
        }
        // A home that knows nothing, new or restored, takes what its own key has.
        if isFirst, entry.holder(at: time) == identity, entry.isMade(by: identity) {
            remember(entry)
            foreign = nil
        } else {
            foreign = entry
        }
    }

    /// The user has looked at the entry that this home did not make.
    mutating func accept() {
        if let foreign { remember(foreign) }
        foreign = nil
    }

    /// More than anybody changes one handle; the newest count.
    private static let most = 256
}

/// The newest entry of a home's own handle is one that this home did not make. Nothing is sent before its user has looked at it.
package struct OwnHandleAlert: Error, Equatable, Sendable {
    /// How the entry came to be.
    package enum Origin: Equatable, Sendable {
        /// Signed by this home's own key: by another home with this identity, after this one was put back from an older copy, or
        /// by a thief.
        case ownKey
        /// By the recovery key of this identity.
        case recoveryKey
        /// By the directory's operator.
        case theOperator
        /// By another identity, after somebody gave the handle up or handed it over.
        case another
    }

    package let handle: Handle
    package let entry: LogEntry
    package let origin: Origin

    package init(handle: Handle, entry: LogEntry, identity: PublicIdentity) {
        self.handle = handle
        self.entry = entry
        origin =
            switch entry.operation {
            case .reassign: .theOperator
            case .revoke(_, signedBy: .some): entry.identity == identity ? .recoveryKey : .another
            default: entry.isMade(by: identity) ? .ownKey : .another
            }
    }
}

extension LogEntry {
    /// Whether the identity's own key has signed it: it acts, or takes over.
    fileprivate func isMade(by identity: PublicIdentity) -> Bool {
        switch operation {
        case .rotate(let successor, _): identity == self.identity || identity == successor
        case .revoke(_, signedBy: .some): false
        default: identity == self.identity
        }
    }
}

/// What a user is to know of a directory's log.
package enum LogNotice: Equatable, Sendable {
    /// Nobody called the newest checkpoint the newest for an hour or more.
    case old(Duration)
    case ownHandle(OwnHandleAlert)
    /// A peer believes a checkpoint of so many entries, and the directory was asked and does not prove that it is of the log that this home
    /// knows.
    case unresolved(PublicIdentity, size: UInt64)
}
