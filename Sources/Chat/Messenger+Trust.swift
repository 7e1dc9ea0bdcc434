import Directory
import Files
package import Identity
package import Store

/// Who peers are, and what is decided about them.
extension Messenger {
    package var contacts: [Contact] { book.all }

    package func summary(of identity: PublicIdentity) -> PeerSummary {
        let contact = book[identity]
        return PeerSummary(
            identity: identity, handle: handle(of: identity), nickname: contact?.nickname,
            trust: contact?.trust ?? .unverified, standing: contact?.standing ?? .request,
            isMuted: contact?.isMuted ?? false, hasNewKey: contact?.hasNewKey ?? false)
    }

    func handle(of identity: PublicIdentity) -> Handle? {
        confirmed[identity] ?? book[identity]?.handle(at: directory?.identity)
    }

    /// Compares what a directory says of a handle with the pin. A contact that has handed on to just that key moves to it.
    ///
    /// - Throws: `ChatError.changed` or `.revoked` when the handle is pinned to another key.
    func check(_ handle: Handle, leadsTo identity: PublicIdentity, at directory: PublicIdentity)
        async throws
    {
        let known = KnownHandle(directory: directory, handle: handle)
        guard let pinned = book.holder(of: known, otherThan: identity) else { return }
        // The log tells a new key from another one. What cannot be asked now is refused, and not noted as a change.
        switch try await self.directory?.standing(of: pinned.identity, as: handle) {
        case .movedTo(identity)?: try await move(pinned.identity, to: identity)
        case .revoked(let heir)?: try await settle(.revoked(heir: heir), of: pinned.identity, handle)
        default: try await refuse(known, leadsTo: identity)
        }
    }

    /// Notes that a contact's handle leads to another key, and refuses that one.
    func refuse(_ known: KnownHandle, leadsTo identity: PublicIdentity) async throws {
        let noted = Set(book.all.compactMap(\.replacement))
        guard let pinned = try book.noteDirectory(known, leadsTo: identity) else { return }
        // Nothing more of it is shown, also where one talks with it already.
        if let conversation = conversations.remove(pinned.identity) {
            start { await conversation.close() }
        }
        if !noted.contains(identity) {
            await events.put(
                .changed(summary(of: pinned.identity), handle: known.handle, replacement: identity))
        }
        throw ChatError.changed(known.handle, pinned: pinned.identity, replacement: identity)
    }

    func refuseChanged(_ identity: PublicIdentity) throws {
        if let new = book.successor(of: identity) { throw ChatError.rotated(from: identity, to: new) }
        guard let contact = book[identity] else { return }
        if contact.standing == .blocked { throw ChatError.blocked(identity) }
        if contact.isRevoked {
            throw ChatError.revoked(
                identity, handle: contact.handles.last?.handle, heir: contact.replacement)
        }
        guard let replacement = contact.replacement, let known = contact.handles.last else { return }
        throw ChatError.changed(known.handle, pinned: identity, replacement: replacement)
    }

    /// Refuses a peer that is blocked, revoked or `changed`, or whose handle is pinned to another key.
    func refuseConflict(_ peer: ResolvedPeer) async throws {
        try refuseChanged(peer.identity)
        if let handle = peer.handle, let directory {
            try await check(handle, leadsTo: peer.identity, at: directory.identity)
        }
    }

    func pin(_ identity: PublicIdentity, _ handle: Handle?, as standing: Standing = .accepted) throws {
        let known = handle.flatMap { handle in
            directory.map { KnownHandle(directory: $0.identity, handle: handle) }
        }
        if let handle { confirmed[identity] = handle }
        try book.pin(identity, handle: known, newcomersAre: standing)
    }

    /// Compares the safety number that the peer read out, and keeps the result.
    ///
    /// - Returns: Whether the numbers are equal.
    package func verify(_ peer: ResolvedPeer, number: SafetyNumber) async throws -> Bool {
        try await refuseConflict(peer)
        let isEqual = number == SafetyNumber.between(identity, peer.identity)
        try pin(peer.identity, peer.handle)
        try book.setVerified(peer.identity, isEqual)
        return isEqual
    }

    package func acceptChange(of identity: PublicIdentity) throws -> PublicIdentity {
        let accepted = try book.accept(identity)
        confirmed[identity] = nil
        return accepted
    }

    /// Forgets the pin and everything decided about the peer, and ends the conversation. What was said stays until it is deleted.
    package func forget(_ identity: PublicIdentity) async throws {
        guard book[identity] != nil else { throw ChatError.notAContact(identity.fingerprint) }
        try book.forget(identity)
        confirmed[identity] = nil
        redials.remove(identity)
        try await files?.forget(identity)
        blocklist.set(identity, isBlocked: false)
        await conversations.remove(identity)?.close()
    }

    // MARK: On one's own terms

    /// Takes up a stranger's request: from now on it is told that its messages arrive.
    package func accept(_ identity: PublicIdentity) async throws {
        guard let contact = book[identity] else { return }
        if contact.standing == .blocked { throw ChatError.blocked(identity) }
        if contact.standing != .accepted { try book.change(identity) { $0.standing = .accepted } }
        // Also a stranger whom the user pinned while it was calling.
        await conversations[identity]?.accepted()
    }

    /// Drops a stranger's request, with what it wrote. It is told nothing, and nothing of it is taken from now on.
    package func decline(_ identity: PublicIdentity) async throws {
        guard book[identity]?.standing == .request else { throw ChatError.noRequest(identity) }
        try book.change(identity) { $0.standing = .declined }
        try await deleteConversation(with: identity)
    }

    /// From now on the peer's handshake ends as a failed one does. What it wrote stays.
    package func block(_ identity: PublicIdentity) async throws {
        try pin(identity, nil)
        try book.change(identity) { $0.standing = .blocked }
        blocklist.set(identity, isBlocked: true)
        redials.remove(identity)
        await conversations.remove(identity)?.cut()
    }

    package func unblock(_ identity: PublicIdentity) throws {
        guard book[identity]?.standing == .blocked else { throw ChatError.notBlocked(identity) }
        try book.change(identity) { $0.standing = .accepted }
        blocklist.set(identity, isBlocked: false)
    }

    /// Whether messages of the peer are stored without being announced.
    package func setMuted(_ identity: PublicIdentity, _ isMuted: Bool) throws {
        try pin(identity, nil)
        try book.change(identity) { $0.isMuted = isMuted }
    }

    /// One's own name for the peer; nil takes it away. It never leaves this home.
    package func setNickname(_ identity: PublicIdentity, _ nickname: String?) throws {
        if let nickname, !Nickname.isValid(nickname) { throw ChatError.malformedNickname(nickname) }
        try pin(identity, nil)
        try book.change(identity) { $0.nickname = nickname }
    }

    func isAccepted(_ peer: PublicIdentity) -> Bool { book[peer]?.standing == .accepted }
}

/// What can be a nickname: a word that no other form of PEER looks like, apart from a handle.
enum Nickname {
    /// 1 to 32 characters, none of them white space, control or invisible, not a number and not like a fingerprint or address.
    static func isValid(_ text: String) -> Bool {
        (1...32).contains(text.count) && text.utf8.count <= 128
            && text.unicodeScalars.allSatisfy {
                !$0.properties.isWhitespace && !$0.properties.isDefaultIgnorableCodePoint
                    && $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
            }
            && !text.lowercased().hasPrefix(ContactBook.fingerprintHead) && !text.contains(":")
            && !text.hasPrefix("/") && !text.hasPrefix("-") && Int(text) == nil
    }
}
