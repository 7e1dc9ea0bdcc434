import Directory
import Identity
import Wire

/// One identity's presence. In memory only.
struct Presence {
    let record: PresenceRecord
    var named: (handle: Handle, claim: [UInt8])?
    /// The link that keeps it; its number.
    var session: UInt64
    /// When the lifetime ends, by the directory's running clock.
    let expires: Duration
    /// When the time after the link's end is over; nil while there is a link.
    var graceEnds: Duration?

    var identity: PublicIdentity { record.identity }
    var ends: Duration { min(expires, graceEnds ?? expires) }
    var served: ServedPresence { ServedPresence(record: record.signed, named: named) }
}

extension Registration {
    init(_ presence: Presence) {
        self.init(
            handle: presence.named?.handle, identity: presence.identity,
            discoverable: presence.record.discoverable, addresses: presence.record.addresses.map(\.endpoint))
    }
}

/// All presences, and the ways to find them. Pure: the time is given.
struct PresenceTable {
    private var byIdentity: [PublicIdentity: Presence] = [:]
    /// Of an address that two have published the later one counts: it is who answered there last.
    private var byAddress: [NetworkAddress: PublicIdentity] = [:]
    private var byHandle: [Handle: PublicIdentity] = [:]
    /// The discoverable, sorted.
    private var listed: [PublicIdentity] = []
    /// No presence ends before.
    private var nextEnd: Duration?

    var count: Int { byIdentity.count }

    subscript(identity: PublicIdentity) -> Presence? { byIdentity[identity] }

    /// Puts a presence in the place of the identity's former one.
    mutating func put(_ presence: Presence) {
        remove(presence.identity)
        byIdentity[presence.identity] = presence
        for address in presence.record.addresses { byAddress[address] = presence.identity }
        if let handle = presence.named?.handle { byHandle[handle] = presence.identity }
        if presence.record.discoverable {
            listed.insert(presence.identity, at: firstIndex(notBefore: presence.identity))
        }
        nextEnd = min(nextEnd ?? presence.ends, presence.ends)
    }

    @discardableResult
    mutating func remove(_ identity: PublicIdentity) -> Presence? {
        guard let presence = byIdentity.removeValue(forKey: identity) else { return nil }
        for address in presence.record.addresses where byAddress[address] == identity {
            byAddress[address] = nil
        }
        if let handle = presence.named?.handle, byHandle[handle] == identity { byHandle[handle] = nil }
        let index = firstIndex(notBefore: identity)
        if index < listed.count, listed[index] == identity { listed.remove(at: index) }
        return presence
    }

    /// What a stranger finds: nil for unknown, ended and not discoverable alike. Each way is one access to one
    /// table, whatever its result.
    func find(_ query: LookupQuery, at now: Duration) -> ServedPresence? {
        let identity: PublicIdentity? =
            switch query {
            case .handle(let handle): byHandle[handle]
            case .identity(let identity): identity
            case .address(let address): byAddress[address]
            }
        guard let identity, let presence = byIdentity[identity], presence.record.discoverable,
            presence.ends > now
        else { return nil }
        return presence.served
    }

    /// The discoverable after the given one: as many as fit, and whether there are more.
    func page(
        after last: PublicIdentity?, at now: Duration, count: Int, bytes: Int
    ) -> (page: [ServedPresence], more: Bool) {
        var index = 0
        if let last {
            index = firstIndex(notBefore: last)
            if index < listed.count, listed[index] == last { index += 1 }
        }
        var page: [ServedPresence] = []
        var room = bytes
        for identity in listed[index...] {
            guard let presence = byIdentity[identity], presence.ends > now else { continue }
            let served = presence.served
            room -= served.encodedSize
            if page.count == count || (room < 0 && !page.isEmpty) { return (page, true) }
            page.append(served)
        }
        return (page, false)
    }

    /// Takes out those that have ended by now.
    mutating func removeEnded(at now: Duration) -> [Presence] {
        guard let nextEnd, nextEnd <= now else { return [] }
        let ended = byIdentity.values.filter { $0.ends <= now }
        for presence in ended { remove(presence.identity) }
        self.nextEnd = byIdentity.values.lazy.map(\.ends).min()
        return ended
    }

    private func firstIndex(notBefore identity: PublicIdentity) -> Int {
        var range = 0..<listed.count
        while !range.isEmpty {
            let middle = (range.lowerBound + range.upperBound) / 2
            range = listed[middle] < identity ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }
}

extension ServedPresence {
    /// At least what it takes in a message: its fields, and five bytes for each field's head.
    fileprivate var encodedSize: Int {
        record.bytes.count + record.signature.count + (handle?.text.utf8.count ?? 0) + (claim?.count ?? 0)
            + 25
    }
}
