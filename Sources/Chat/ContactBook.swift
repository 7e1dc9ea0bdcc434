package import FoundationEssentials
package import Identity
package import Store

/// Where contacts are kept; `HomeStore` in the program, memory in tests.
package protocol ContactStore: Sendable {
    func contacts() throws -> [Contact]
    func save(_ contact: Contact) throws
    func removeContact(_ identity: PublicIdentity) throws
    /// Puts another contact into the place of one, and removes what was kept under the other's identity.
    func replaceContact(_ identity: PublicIdentity, with contact: Contact) throws
}

extension HomeStore: ContactStore {}

/// The pins and what is decided about them. Only this type changes a trust state.
package struct ContactBook: Sendable {
    private let store: any ContactStore
    private let now: @Sendable () -> Date
    /// By identity; the order of pinning is kept in `order`.
    private var contacts: [PublicIdentity: Contact] = [:]
    private var order: [PublicIdentity] = []
    /// Keys that contacts had before, and who has their place.
    private var successors: [PublicIdentity: PublicIdentity] = [:]

    package init(store: any ContactStore, now: @escaping @Sendable () -> Date) throws {
        self.store = store
        self.now = now
        for contact in try store.contacts() {
            contacts[contact.identity] = contact
            order.append(contact.identity)
            for former in contact.former { successors[former] = contact.identity }
        }
    }

    /// Who has the place of a key that a contact had before; nil for any other key.
    package func successor(of identity: PublicIdentity) -> PublicIdentity? {
        contacts[identity] == nil ? successors[identity] : nil
    }

    /// The contact that has this handle, where it is another than `identity`.
    func holder(of known: KnownHandle, otherThan identity: PublicIdentity) -> Contact? {
        all.first { $0.handles.contains(known) && $0.identity != identity }
    }

    /// Moves a pin to the key that the pinned one has handed on to. What was decided about the person stays; that the number was compared
    /// does not, unless it was with this very key.
    ///
    /// - Returns: False when there is no such contact (any more).
    package mutating func move(_ identity: PublicIdentity, to new: PublicIdentity) throws -> Bool {
        guard let old = contacts[identity], let place = order.firstIndex(of: identity) else { return false }
        let other = contacts[new]
        var contact = Contact(
            identity: new, handles: old.handles, isVerified: other?.isVerified ?? false, since: old.since,
            nickname: old.nickname ?? other?.nickname, standing: old.standing, isMuted: old.isMuted,
            former: Array((old.former + [identity]).suffix(Self.mostFormer)), isUntold: old.isUntold)
        contact.handles += (other?.handles ?? []).filter { !old.handles.contains($0) }
        if other?.standing == .blocked { contact.standing = .blocked }
        try store.replaceContact(identity, with: contact)
        contacts[identity] = nil
        if contacts.updateValue(contact, forKey: new) != nil { order.removeAll { $0 == new } }
        order[min(place, order.count - 1)] = new
        for former in contact.former { successors[former] = new }
        return true
    }

    /// Notes that a contact's key was revoked.
    ///
    /// - Parameter heir: who may have the handle instead; the user decides.
    /// - Returns: False when that was known.
    mutating func revoke(_ identity: PublicIdentity, _ known: KnownHandle, heir: PublicIdentity?) throws
        -> Bool
    {
        guard var contact = contacts[identity], !contact.isRevoked else { return false }
        contact.isRevoked = true
        contact.isVerified = false
        contact.replacement = heir
        contact.handles.removeAll { $0 == known }
        contact.handles.append(known)
        try put(contact)
        return true
    }

    /// Many more than anybody changes keys.
    private static let mostFormer = 64

    package var count: Int { contacts.count }

    package var all: [Contact] { order.compactMap { contacts[$0] } }

    package subscript(identity: PublicIdentity) -> Contact? { contacts[identity] }

    /// The contacts that the user, or any directory, calls so.
    package func contacts(named name: String) -> [Contact] {
        all.filter { $0.nickname == name || $0.handles.contains { $0.handle.text == name } }
    }

    /// The contacts whose fingerprint begins so behind `p2p1`.
    package func contacts(fingerprintPrefix prefix: String) -> [Contact] {
        all.filter { $0.identity.fingerprint.dropFirst(Self.fingerprintHead.count).hasPrefix(prefix) }
    }

    package static let fingerprintHead = "p2p1"

    /// Pins an identity on first use, and remembers the handle that a directory confirmed for it.
    package mutating func pin(
        _ identity: PublicIdentity, handle: KnownHandle?, newcomersAre standing: Standing = .accepted
    ) throws {
        var contact = contacts[identity] ?? Contact(identity: identity, since: now(), standing: standing)
        if let handle {
            contact.handles.removeAll { $0 == handle }
            contact.handles.append(handle)
        }
        try put(contact)
    }

    /// Compares what a directory says with what is pinned.
    ///
    /// - Returns: The contact whose handle this is, now in state `changed`, when the directory gives the handle to somebody
    ///   else; nil when there is no conflict.
    package mutating func noteDirectory(_ known: KnownHandle, leadsTo identity: PublicIdentity) throws
        -> Contact?
    {
        guard var pinned = holder(of: known, otherThan: identity) else { return nil }
        pinned.replacement = identity
        // The handle in question stands last, which is how `accept` and the warning know it.
        pinned.handles.removeAll { $0 == known }
        pinned.handles.append(known)
        try put(pinned)
        return pinned
    }

    package mutating func setVerified(_ identity: PublicIdentity, _ isVerified: Bool) throws {
        var contact = contacts[identity] ?? Contact(identity: identity, since: now())
        contact.isVerified = isVerified
        try put(contact)
    }

    /// Accepts that the handle went over to the other key: that key is pinned as a new, unverified contact with the handle,
    /// and the old contact keeps its key and loses this handle.
    ///
    /// - Returns: The identity that is now pinned for the handle.
    package mutating func accept(_ identity: PublicIdentity) throws -> PublicIdentity {
        guard var old = contacts[identity], let replacement = old.replacement else {
            throw ChatError.nothingToAccept(identity)
        }
        // Handles that other directories confirmed for the old key stay with it: nobody said that those changed.
        let moved = old.handles.popLast().map { [$0] } ?? []
        old.replacement = nil
        var new = contacts[replacement] ?? Contact(identity: replacement, since: now())
        new.handles.append(contentsOf: moved.filter { !new.handles.contains($0) })
        // A name that changed hands proves nothing about the person: compared again, or not verified.
        new.isVerified = false
        try put(old)
        try put(new)
        return replacement
    }

    /// Changes what the user decided about a contact; nothing happens when there is none.
    package mutating func change(_ identity: PublicIdentity, _ body: (inout Contact) -> Void) throws {
        guard var contact = contacts[identity] else { return }
        body(&contact)
        try put(contact)
    }

    package mutating func forget(_ identity: PublicIdentity) throws {
        try store.removeContact(identity)
        contacts[identity] = nil
        order.removeAll { $0 == identity }
    }

    private mutating func put(_ contact: Contact) throws {
        guard contacts[contact.identity] != contact else { return }
        try store.save(contact)
        if contacts.updateValue(contact, forKey: contact.identity) == nil { order.append(contact.identity) }
    }
}
