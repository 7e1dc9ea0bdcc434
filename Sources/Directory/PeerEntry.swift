package import Identity
package import Wire

/// What somebody is looked up by.
package enum PeerQuery: Hashable, Sendable {
    case handle(Handle)
    case identity(PublicIdentity)
    /// A numeric ip with its port.
    case address(Endpoint)
}

/// A peer as a directory serves it, checked: the record is signed by this identity for this very directory, and
/// the handle, if any, by a claim of this identity. That the claim is the newest of its label is the directory's word alone until its log
/// was asked, as ``DirectoryClient/lookup(_:)`` does.
package struct PeerEntry: Hashable, Sendable {
    package let identity: PublicIdentity
    package let handle: Handle?
    /// Where to dial; each was dialled back by the directory. Empty: can call, cannot be called.
    package let addresses: [Endpoint]

    package init(identity: PublicIdentity, handle: Handle?, addresses: [Endpoint]) {
        self.identity = identity
        self.handle = handle
        self.addresses = addresses
    }

    /// Throws ``DirectoryError/misbehaves(_:)`` unless everything in it holds.
    init(checking served: ServedPresence, from directory: PublicIdentity) throws(DirectoryError) {
        let record: PresenceRecord
        do {
            record = try PresenceRecord(served.record)
        } catch {
            throw .misbehaves("a presence record is malformed or its signature does not hold")
        }
        guard record.directory == directory else {
            throw .misbehaves("a presence record was made for another directory")
        }
        // A directory may serve only what its owner made public.
        guard record.discoverable else { throw .misbehaves("a record that is not discoverable is served") }
        if let handle = served.handle {
            try Self.check(claim: served.claim, of: handle, by: record.identity)
        }
        self.init(
            identity: record.identity, handle: served.handle, addresses: record.addresses.map(\.endpoint))
    }

    /// Throws ``DirectoryError/misbehaves(_:)`` unless `claim` is an entry by which `identity` has `handle`.
    @discardableResult
    static func check(
        claim bytes: [UInt8]?, of handle: Handle, by identity: PublicIdentity
    ) throws(DirectoryError) -> LogEntry {
        guard let bytes, let entry = try? LogEntry(bytes: bytes), entry.label == Label(handle),
            LabelState(entry).holders.contains(identity)
        else { throw .misbehaves("a handle is served without its owner's claim") }
        return entry
    }
}

/// Somebody's coming or going.
package enum PresenceEvent: Hashable, Sendable {
    /// Came, or changed its addresses or handle.
    case came(PeerEntry)
    case left(PublicIdentity)
    /// Some of these events are missing: list anew.
    case missed
}

/// What became of publishing.
package struct PublishResult: Hashable, Sendable {
    /// For how long the presence holds from now on.
    package let lifetime: Duration
    package let discoverable: Bool
    package let handle: Handle?
    /// Each address that was asked for, and whether the directory reached it; only those that it did are
    /// published. Empty when there was none to publish.
    package let addresses: [AddressResult]
    /// Whether another process was online with this identity until now.
    package var tookOver = false

    package init(lifetime: Duration, discoverable: Bool, handle: Handle?, addresses: [AddressResult]) {
        self.lifetime = lifetime
        self.discoverable = discoverable
        self.handle = handle
        self.addresses = addresses
    }

    /// Whether others can call: at least one address was reached.
    package var isCallable: Bool { addresses.contains { $0.reachability == .reachable } }
}

/// What the directory found at one address.
package struct AddressResult: Hashable, Sendable {
    package let endpoint: Endpoint
    package let reachability: Reachability

    package init(endpoint: Endpoint, reachability: Reachability) {
        self.endpoint = endpoint
        self.reachability = reachability
    }
}
