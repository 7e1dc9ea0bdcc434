import Directory
import Files
import FoundationEssentials
import Identity
import Store

/// Peers whose keys change: a pin moves only along rotations, and stops at a revocation (docs/protocol.md, "New keys").
extension Messenger {
    /// The same peer with the key that it has now.
    package func current(_ peer: ResolvedPeer) -> ResolvedPeer {
        guard let new = book.successor(of: peer.identity) else { return peer }
        return ResolvedPeer(identity: new, handle: handle(of: new))
    }

    /// Does something with a peer, and once more with its new key when that turns up meanwhile.
    func following<Value: Sendable>(
        _ peer: ResolvedPeer, _ body: (ResolvedPeer) async throws -> Value
    ) async throws -> Value {
        for _ in 1..<Self.mostMoves {
            do {
                return try await body(current(peer))
            } catch ChatError.rotated {
                continue
            }
        }
        return try await body(current(peer))
    }

    /// Who has just called, or was called, shows the way from a key that may be pinned here to its own.
    ///
    /// The log decides where it can be asked; otherwise the signatures of all who stand on the way.
    ///
    /// - Returns: False when the peer is not to be talked with.
    func peer(_ peer: PublicIdentity, showed chain: RotationChain) async -> Bool {
        guard chain.successor == peer else { return false }
        // To a stranger's contacts it means something; and whoever knows the new key needs no way there.
        guard let pinned = chain.identities.dropLast().last(where: { book[$0] != nil }),
            let contact = book[pinned]
        else { return true }
        guard !contact.isRevoked, contact.replacement == nil || contact.replacement == peer else {
            return false
        }
        // A way by another handle than those that are known to be this contact's proves nothing about it.
        let known = contact.handles.filter { Label($0.handle) == chain.label }
        guard contact.handles.isEmpty || !known.isEmpty else { return false }
        do {
            if let handle = known.last(where: { $0.directory == directory?.identity })?.handle,
                let standing = await standing(of: pinned, as: handle)
            {
                try await settle(standing, of: pinned, handle)
            } else {
                try await move(pinned, to: peer)
            }
        } catch {
            return false
        }
        return book[peer].map { $0.standing != .blocked } ?? false
    }

    /// Does what the log says of a contact.
    ///
    /// - Throws: `ChatError.rotated`, `.revoked` or `.changed` when the contact's key is not the one to talk with.
    func settle(_ standing: PinStanding, of pinned: PublicIdentity, _ handle: Handle) async throws {
        guard let directory else { return }
        let known = KnownHandle(directory: directory.identity, handle: handle)
        switch standing {
        case .holds, .gone(holder: nil): break
        case .movedTo(let new): try await move(pinned, to: new)
        case .revoked(let heir): throw try await revoked(pinned, known, heir: heir)
        case .gone(let holder?): try await refuse(known, leadsTo: holder)
        }
    }

    /// What the log says of a contact that calls, asked at most once a minute; nil where it cannot be asked, which costs no message.
    func standing(ofCaller peer: PublicIdentity) async -> (handle: Handle, standing: PinStanding)? {
        guard let handle = book[peer]?.handle(at: directory?.identity) else { return nil }
        let instant = now()
        if let last = askedAt[peer], abs(instant.timeIntervalSince(last)) < Self.askingPause { return nil }
        guard let standing = await standing(of: peer, as: handle) else { return nil }
        askedAt[peer] = instant
        return (handle, standing)
    }

    /// Nil where the log cannot be asked.
    func standing(of pinned: PublicIdentity, as handle: Handle) async -> PinStanding? {
        guard let directory else { return nil }
        return try? await within(Self.confirmationPatience) {
            try await directory.standing(of: pinned, as: handle)
        }
    }

    /// The peer's pin, conversation, outbox and transfers go over to its new key.
    func move(_ old: PublicIdentity, to new: PublicIdentity) async throws {
        guard book[old] != nil, new != identity else { return }
        if let conversation = conversations.remove(old) { start { await conversation.close() } }
        await files?.release(old)
        // Before the pin: what a crash leaves is done again when the next one shows or tells the way.
        try await archive.moveConversation(from: old, to: new)
        try await files?.moved(from: old, to: new)
        guard try book.move(old, to: new) else { return }
        confirmed[new] = confirmed[new] ?? confirmed[old]
        confirmed[old] = nil
        redials.remove(old)
        if !isAccepted(new) {
            if book[new]?.standing == .blocked {
                blocklist.set(new, isBlocked: true)
                await conversations.remove(new)?.cut()
            }
            return
        }
        await events.put(.rotated(summary(of: new), from: old))
        await conversations[new]?.reload()
        await conversations[new]?.accepted()
        if await conversation(with: new).hasWork() { wantsLink(to: new, isUrgent: true) }
    }

    /// Notes that a contact's key was revoked, and ends what there is with it.
    ///
    /// - Returns: What to throw.
    private func revoked(
        _ pinned: PublicIdentity, _ known: KnownHandle, heir: PublicIdentity?
    ) async throws -> ChatError {
        let isNews = try book.revoke(pinned, known, heir: heir)
        // Not even what is queued on a link is to go.
        await conversations.remove(pinned)?.cut()
        redials.remove(pinned)
        if isNews {
            await events.put(.revoked(summary(of: pinned), handle: known.handle, heir: heir))
        }
        return .revoked(pinned, handle: known.handle, heir: heir)
    }

    /// Whether the peer is still to be told of one's own new key, and the way there.
    func rotations(for peer: PublicIdentity) -> [[UInt8]]? {
        book[peer]?.isUntold == true && isAccepted(peer) && !rotations.isEmpty ? rotations : nil
    }

    /// The peer has said hello: it knows who is here.
    func told(_ peer: PublicIdentity) {
        guard book[peer]?.isUntold == true else { return }
        // One that cannot be noted is told once more.
        try? book.change(peer) { $0.isUntold = false }
    }

    private static let mostMoves = 4
    private static let askingPause: TimeInterval = 60
}
