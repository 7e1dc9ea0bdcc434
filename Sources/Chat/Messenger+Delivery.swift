import Directory
import Files
package import Identity
package import Store
package import Wire

/// What waits in the outbox, and when it is tried.
extension Messenger {
    /// Dials peers for whom something waits until the Messenger closes.
    func deliverWhatWaits() async {
        // When the store cannot be read, what waits goes when its peer or the user makes contact.
        for peer in (try? await archive.peersWithOutbox()) ?? [] { wantsLink(to: peer, isUrgent: false) }
        for contact in book.all where contact.isUntold { wantsLink(to: contact.identity, isUrgent: false) }
        for peer in await files?.peersUnderWay ?? [] { wantsLink(to: peer, isUrgent: false) }
        while !isClosed {
            let instant = ContinuousClock.now
            for peer in redials.take(at: instant) { start { await self.attempt(peer) } }
            if let next = redials.next(after: instant) {
                _ = try? await within(instant.duration(to: next)) { await self.redialBell.wait() }
            } else {
                _ = await redialBell.wait()
            }
            if Task.isCancelled { return }
        }
    }

    private func attempt(_ peer: PublicIdentity) async {
        guard !isClosed, isAccepted(peer), await conversation(with: peer).hasWork() else {
            return redials.remove(peer)
        }
        do {
            try await connect(to: ResolvedPeer(identity: peer, handle: handle(of: peer)))
        } catch ChatError.revoked {
            redials.remove(peer)
        } catch {
            // That one's key is new is no reason to go on asking for somebody who is not there.
            let isTriedAgain = await conversation(with: peer).hasMessagesOrFiles()
            redials.failed(peer, at: .now, isTriedAgain: isTriedAgain)
        }
        redialBell.ring()
    }

    func wantsLink(to peer: PublicIdentity, isUrgent: Bool) {
        guard options.delivers, isAccepted(peer) else { return }
        redials.want(peer, at: .now)
        if isUrgent { redials.urge(peer, at: .now) }
        redialBell.ring()
    }

    /// The directory said that somebody is online.
    package func peerCame(_ peer: PublicIdentity) async {
        guard isAccepted(peer), present.insert(peer).inserted else { return }
        if rotations(for: peer) != nil { wantsLink(to: peer, isUrgent: false) }
        redials.came(peer, at: .now)
        redialBell.ring()
        await events.put(.presence(summary(of: peer), isOnline: true))
    }

    /// The directory said that somebody went offline.
    package func peerLeft(_ peer: PublicIdentity) async {
        guard present.remove(peer) != nil else { return }
        await events.put(.presence(summary(of: peer), isOnline: false))
    }

    /// The directory said who is online, all of them.
    package func peersAre(_ peers: [PublicIdentity]) async {
        let there = Set(peers)
        for gone in present.subtracting(there) { await peerLeft(gone) }
        for peer in peers { await peerCame(peer) }
    }

    /// Whether there is a link to the peer.
    package func isConnected(to peer: PublicIdentity) async -> Bool {
        await conversations[peer]?.isConnected ?? false
    }

    /// Whether the peer is there: there is a link, or the directory says that it is online.
    package func isOnline(_ peer: PublicIdentity) async -> Bool {
        if present.contains(peer) { return true }
        return await isConnected(to: peer)
    }

    /// Whether something waits to be delivered to the peer.
    package func hasOutbox(for peer: PublicIdentity) async -> Bool {
        await conversation(with: peer).hasOutbox()
    }

    /// What is not delivered yet, oldest first.
    package func outbox(of peer: PublicIdentity, after row: Int64 = 0, limit: Int = 1000) async throws
        -> [StoredMessage]
    {
        try await states.undelivered { try await archive.outbox(of: peer, after: row, limit: limit) }
    }

    /// Changes a message that was not sent yet.
    package func edit(_ id: MessageID, to peer: PublicIdentity, text: String) async throws -> EditResult {
        guard !text.isEmpty else { throw ChatError.emptyMessage }
        guard text.utf8.count <= WireLimits.text else {
            throw ChatError.messageTooLong(bytes: text.utf8.count)
        }
        // First out of the window, so that the old text is not sent while the new one is being stored.
        let conversation = conversation(with: peer)
        guard await conversation.hold([id]).isEmpty else {
            await conversation.release()
            return .alreadySent
        }
        let result: EditResult
        do {
            result = try await archive.edit(id, to: peer, text: text)
        } catch {
            await conversation.release()
            throw error
        }
        await conversation.release()
        return result
    }

    /// Takes a message back that is not delivered.
    ///
    /// - Returns: What it was: after `sent` the peer may have it all the same. Nil when there is no such message in the outbox.
    package func cancel(_ id: MessageID, to peer: PublicIdentity) async throws -> DeliveryState? {
        try await cancel([id], to: peer)[id]
    }

    /// The same of several; those that are not in the outbox are left out.
    package func cancel(_ ids: [MessageID], to peer: PublicIdentity) async throws
        -> [MessageID: DeliveryState]
    {
        let conversation = conversation(with: peer)
        let sent = await conversation.hold(ids)
        var before: [MessageID: DeliveryState]
        do {
            before = try await archive.cancel(ids, to: peer)
        } catch {
            await conversation.release()
            throw error
        }
        await conversation.release()
        for (id, state) in before {
            if sent.contains(id) { before[id] = max(state, .sent) }
            // Of a text there is no such transfer; one that is over stays as it is.
            try? await files?.cancel(TransferKey(peer: peer, id: id, direction: .outgoing))
        }
        return before
    }

    /// Deletes everything said with the peer, what still waits included.
    package func deleteConversation(with peer: PublicIdentity) async throws {
        let conversation = conversation(with: peer)
        await conversation.holdAll()
        do {
            try await archive.deleteConversation(with: peer)
        } catch {
            await conversation.release()
            throw error
        }
        await conversation.release()
    }

    // MARK: What was shown

    /// The user has seen this message, and those before it.
    package nonisolated func shown(_ message: StoredMessage) {
        states.saw(message.row, of: message.peer)
    }

    /// Tells the peer that this one message was read, for a program that decides by itself when that is so.
    ///
    /// - Returns: False when there is no link to the peer now; nothing is kept for later.
    package func reportRead(_ id: MessageID, of peer: PublicIdentity) async -> Bool {
        guard isAccepted(peer) else { return false }
        return await conversations[peer]?.report(read: id) ?? false
    }

    func reportRead(to peer: PublicIdentity) async {
        guard isAccepted(peer) else { return }
        if sendsRead {
            await conversations[peer]?.reportRead()
        } else if let last = try? await archive.conversation(with: peer).seen {
            // So that nothing old is told when the user allows it one day.
            try? await archive.markReported(with: peer, upTo: last)
        }
    }
}
