import Directory
import Identity
import Store
import Wire

/// The way out: stored first, then sent in order on the current link, then kept until the peer has it.
extension Conversation {
    /// Puts the messages into the outbox; they are durable when this returns. Those that come while others are being stored are
    /// stored together, in the order in which they came.
    func enqueue(_ messages: [NewMessage]) async throws -> [StoredMessage] {
        guard outbox.isStoring else {
            outbox.isStoring = true
            return try await lead(with: messages)
        }
        let turn = try await withCheckedThrowingContinuation {
            outbox.drafts.append(Outbox.Draft(messages: messages, turn: $0))
        }
        switch turn {
        case .stored(let stored): return stored
        case .lead: return try await lead(with: messages)
        }
    }

    /// Stores the messages and all that wait, and hands the lead on to the next who came meanwhile.
    private func lead(with messages: [NewMessage]) async throws -> [StoredMessage] {
        let batch = outbox.drafts
        outbox.drafts = []
        defer {
            if outbox.drafts.isEmpty {
                outbox.isStoring = false
            } else {
                outbox.drafts.removeFirst().turn.resume(returning: .lead)
            }
        }
        do {
            let all = messages + batch.flatMap(\.messages)
            let stored = try await archive.appendOutgoing(all, to: peer, at: now())
            guard stored.count == all.count else { throw StoreError.unreadable(reason: "rows are missing") }
            await appended(stored)
            var rest = stored.dropFirst(messages.count)
            for draft in batch {
                draft.turn.resume(returning: .stored(Array(rest.prefix(draft.messages.count))))
                rest = rest.dropFirst(draft.messages.count)
            }
            return Array(stored.prefix(messages.count))
        } catch {
            for draft in batch { draft.turn.resume(throwing: error) }
            throw error
        }
    }

    private func appended(_ messages: [StoredMessage]) async {
        outbox.appended += messages.count
        for message in messages {
            if outbox.isComplete, outbox.unsent.count < Outbox.window {
                outbox.unsent.append(message)
                outbox.loadedTo = message.row
            } else {
                outbox.isComplete = false
            }
        }
        // A person's own attempt is never delayed.
        if let current { current.outbox.ring() } else { await host?.wantsLink(to: peer, isUrgent: true) }
    }

    /// Stops sending while messages are being changed; `release` must follow.
    ///
    /// - Returns: Those that were sent already on this link.
    func hold(_ ids: [MessageID]) -> Set<MessageID> {
        outbox.holds += 1
        return Set(ids.filter { outbox.inFlight[$0] != nil })
    }

    /// Stops sending while everything is being deleted; `release` must follow.
    func holdAll() { outbox.holds += 1 }

    /// Goes on sending with what is in the store now.
    func release() {
        outbox.holds -= 1
        outbox.reload()
        current?.outbox.ring()
    }

    /// What waits has changed from the beginning: messages of the peer's former key came to it.
    func reload() {
        outbox.restart()
        current?.outbox.ring()
    }

    /// Whether anything waits for its acknowledgement.
    func hasOutbox() async -> Bool {
        // What cannot be read now is looked for again when something happens.
        let oldest = try? await states.undelivered { [archive, peer] in
            try await archive.outbox(of: peer, after: 0, limit: Outbox.window)
        }
        return oldest?.isEmpty == false
    }

    /// Sends what the outbox holds on this link while it is the current one, until the link ends.
    func deliver(on attached: Attached) async {
        // A stranger there takes one message before it has accepted; the rest would only have to be sent again.
        var hasSent = false
        repeat {
            var sent: [StoredMessage] = []
            while sent.count < Outbox.window, let message = await next(on: attached, hasSent: hasSent) {
                hasSent = true
                guard let envelope = try? message.envelope.encoded() else { continue }
                do {
                    try await attached.link.send(envelope)
                } catch {
                    return
                }
                if message.state < .sent { sent.append(message) }
            }
            if !sent.isEmpty {
                states.raise(sent.map { ($0.row, .sent) })
                await host?.peer(peer, has: .sent, of: sent.map(\.id))
                // More may be there: looked for before waiting.
                attached.outbox.ring()
            }
        } while await attached.outbox.wait()
    }

    /// The next message to send, which counts as being on its way.
    private func next(on attached: Attached, hasSent: Bool) async -> StoredMessage? {
        while current?.number == attached.number {
            if hasSent, !isAcceptedByPeer { return nil }
            guard outbox.holds == 0, outbox.inFlight.count < Outbox.mostInFlight else { return nil }
            if let message = outbox.unsent.popFirst() {
                guard outbox.inFlight[message.id] == nil, !states.isDelivered(message.row) else { continue }
                outbox.inFlight[message.id] = message.row
                outbox.sentTo = message.row
                return message
            }
            guard !outbox.isComplete else { return nil }
            let (appended, restarts) = (outbox.appended, outbox.restarts)
            guard
                let loaded = try? await archive.outbox(
                    of: peer, after: outbox.loadedTo, limit: Outbox.window)
            else { return nil }
            guard restarts == outbox.restarts, outbox.holds == 0 else { continue }
            for message in loaded { outbox.unsent.append(message) }
            outbox.loadedTo = loaded.last?.row ?? outbox.loadedTo
            outbox.isComplete = loaded.count < Outbox.window && appended == outbox.appended
        }
        return nil
    }

    func acknowledged(_ ids: [MessageID]) async {
        var known: [(row: Int64, state: DeliveryState)] = []
        for id in ids {
            if let row = outbox.inFlight.removeValue(forKey: id) { known.append((row, .delivered)) }
        }
        guard !known.isEmpty else { return }
        states.raise(known)
        deliveries.acknowledged(ids)
        current?.outbox.ring()
        await host?.peer(peer, has: .delivered, of: ids)
    }

    func wasRead(_ ids: [MessageID]) async {
        var rows: [Int64: DeliveryState] = [:]
        var known: [MessageID] = []
        for id in ids {
            guard let message = try? await archive.message(id, with: peer, direction: .outgoing),
                message.state < .read
            else { continue }
            rows[message.row] = .read
            known.append(id)
            outbox.inFlight[id] = nil
        }
        guard !known.isEmpty else { return }
        states.raise(rows.map { ($0.key, $0.value) })
        deliveries.acknowledged(known)
        await host?.peer(peer, has: .read, of: known)
    }

    /// Tells the peer that one message was read; false when there is no link to say it on.
    func report(read id: MessageID) async -> Bool {
        guard let current, hasGreeted(current), let envelope = try? PeerEnvelope.read([id]).encoded() else {
            return false
        }
        return (try? await current.link.send(envelope)) != nil
    }

    /// Tells the peer what was shown of its messages since the last time.
    func reportRead() async {
        while let current, hasGreeted(current) {
            guard let shown = try? await archive.unreported(with: peer, limit: WireLimits.receiptIDs),
                let last = shown.last, let envelope = try? PeerEnvelope.read(shown.map(\.id)).encoded()
            else { return }
            do {
                try await current.link.send(envelope)
                try await archive.markReported(with: peer, upTo: last.row)
            } catch {
                return
            }
        }
    }
}

extension StoredMessage {
    /// As it travels.
    fileprivate var envelope: PeerEnvelope {
        get throws {
            switch content {
            case .text(let text): .text(try TextMessage(id: id, sentAt: sentAt, text: text))
            case .file(let offer): .offer(OfferMessage(id: id, sentAt: sentAt, offer: offer))
            }
        }
    }
}
