package import Directory
package import Identity
import Store
import Wire

/// Who is meant, and where: what a name leads to, by the contacts first and the directory then.
extension Messenger {
    /// Who is meant by PEER: a fingerprint, an `ip:port`, a contact's nickname or handle, a handle at the directory, or the
    /// beginning of a contact's fingerprint. Where a contact's handle leads to another key at the directory, the contact becomes `changed`.
    ///
    /// - Parameter orOffline: Whether a handle may lead to somebody who is not online or hidden, for a message that waits.
    package func resolve(_ text: String, orOffline: Bool = false) async throws -> ResolvedPeer {
        let peer = current(try await find(text, orOffline: orOffline))
        guard peer.identity != identity else { throw ChatError.oneself }
        return peer
    }

    private func find(_ text: String, orOffline: Bool) async throws -> ResolvedPeer {
        if let contact = try only(book.contacts(named: text), text) {
            // Not the name that was typed: it may be another directory's, and this one has not confirmed it.
            return ResolvedPeer(identity: contact.identity, handle: handle(of: contact.identity))
        }
        switch try PeerReference(text) {
        case .identity(let identity):
            return ResolvedPeer(identity: identity, handle: handle(of: identity))
        case .invite(let invite):
            // A directory in common knows better where the peer is now.
            let isAsked = directory != nil && invite.directory?.identity == directory?.identity
            if isAsked, let current = try await holder(of: invite) { return current }
            return ResolvedPeer(
                identity: invite.identity, handle: handle(of: invite.identity),
                addresses: isAsked ? [] : invite.address.map { [$0] } ?? [])
        case .address(let endpoint):
            let entry = try await ask(.address(endpoint), text)
            // Where it can be reached was written by the person; the entry may list other addresses too.
            return ResolvedPeer(identity: entry.identity, handle: entry.handle, addresses: [endpoint])
        case .fingerprintPrefix(let prefix):
            guard let contact = try only(book.contacts(fingerprintPrefix: prefix), text) else {
                throw ChatError.notAContact(text)
            }
            return ResolvedPeer(identity: contact.identity, handle: handle(of: contact.identity))
        case .handle(let handle):
            guard handle != hello.handle else { throw ChatError.oneself }
            if let entry = try await directory?.lookup(.handle(handle)) {
                return ResolvedPeer(
                    identity: entry.identity, handle: entry.handle, addresses: entry.addresses)
            }
            if let prefix = PeerReference.prefix(text),
                let contact = try only(book.contacts(fingerprintPrefix: prefix), text)
            {
                return ResolvedPeer(identity: contact.identity, handle: self.handle(of: contact.identity))
            }
            if orOffline, let identity = try await directory?.holder(of: handle) {
                return ResolvedPeer(identity: identity, handle: handle)
            }
            throw directory == nil ? ChatError.noDirectory : ChatError.notAvailable(text)
        }
    }

    /// Who has the place of the one that an invite names, where that one has a new key since.
    ///
    /// - Throws: `ChatError.revoked`.
    private func holder(of invite: Invite) async throws -> ResolvedPeer? {
        guard book[invite.identity] == nil, let handle = invite.handle else { return nil }
        switch await standing(of: invite.identity, as: handle) {
        case .movedTo(let new)?: return ResolvedPeer(identity: new, handle: handle)
        case .revoked?: throw ChatError.revoked(invite.identity, handle: handle, heir: nil)
        case .holds?, .gone?, nil: return nil
        }
    }

    private func only(_ contacts: [Contact], _ text: String) throws -> Contact? {
        guard contacts.count <= 1 else { throw ChatError.ambiguous(text, contacts.map(\.identity)) }
        return contacts.first
    }

    private func ask(_ query: PeerQuery, _ text: String) async throws -> PeerEntry {
        guard let directory else { throw ChatError.noDirectory }
        guard let entry = try await directory.lookup(query) else { throw ChatError.notAvailable(text) }
        return entry
    }

    /// What the directory says of the peer now, after comparing it with the pin.
    ///
    /// - Throws: `ChatError.changed` when the contact's handle leads to another key, `revoked`; `notAvailable` for unknown, offline and
    ///   those alike who are hidden from this side.
    package func entry(of peer: ResolvedPeer) async throws -> PeerEntry {
        try await following(peer) { try await self.entryDirectly(of: $0) }
    }

    /// The same; where the peer's key is not the one that it has now, that is thrown.
    private func entryDirectly(of peer: ResolvedPeer) async throws -> PeerEntry {
        guard let directory else { throw ChatError.noDirectory }
        let found = try await directory.lookup(.identity(peer.identity))
        if let handle = book[peer.identity]?.handle(at: directory.identity) {
            // A look-up has asked the log of the handle that it names: once more would cost one of the few a minute that a directory answers.
            if found?.handle == handle {
                askedAt[peer.identity] = now()
                confirmed[peer.identity] = handle
            } else {
                try await settle(
                    directory.standing(of: peer.identity, as: handle), of: peer.identity, handle)
            }
        }
        try refuseChanged(peer.identity)
        if let found { return found }
        // Only contacts have left anything, and a directory that lets no throw-away identity in has nothing either.
        guard book[peer.identity]?.standing == .accepted,
            let entry = try? await directory.sealedPresence(of: peer.identity)
        else { throw ChatError.notAvailable(peer.name) }
        return PeerEntry(identity: entry.identity, handle: peer.handle, addresses: entry.addresses)
    }

    /// Where the peer can be reached now.
    func addresses(of peer: ResolvedPeer) async throws -> [Endpoint] {
        let isNew = book[peer.identity]?.handle(at: directory?.identity) == nil
        if isNew, !peer.addresses.isEmpty { return peer.addresses }
        let entry = try await entryDirectly(of: peer)
        let addresses = peer.addresses.isEmpty ? entry.addresses : peer.addresses
        guard !addresses.isEmpty else {
            throw ChatError.unreachable(
                peer.identity, reason: "online, but it cannot be called: no reachable address")
        }
        return addresses
    }
}

/// Who is meant, and where the peer may be reached.
package struct ResolvedPeer: Sendable, Hashable {
    package let identity: PublicIdentity
    package let handle: Handle?
    /// Addresses that came with the answer; empty where they are still to be asked for.
    package let addresses: [Endpoint]

    package init(identity: PublicIdentity, handle: Handle?, addresses: [Endpoint] = []) {
        self.identity = identity
        self.handle = handle
        self.addresses = addresses
    }

    package var name: String { handle?.text ?? identity.shortFingerprint }
}
