import Files
import Identity
import Store
import Wire

/// What peers write: who may, what is kept, what is acknowledged.
extension Messenger {
    /// Nothing is acknowledged before it is durable. From a stranger one text is taken, as a request; more only after it was
    /// accepted, and until then nothing goes back.
    func peer(_ peer: PublicIdentity, wrote messages: [NewMessage]) async -> Intake? {
        guard book[peer]?.replacement == nil, book[peer]?.isRevoked != true,
            book.successor(of: peer) == nil
        else { return nil }
        do {
            switch book[peer]?.standing {
            case .blocked: return nil
            case .declined: return Self.nothing
            case .accepted: return try await keep(messages, of: peer)
            case .request: return try await keep(known(messages, of: peer), of: peer)
            case nil: return try await keep(request(messages, of: peer), of: peer)
            }
        } catch {
            let reason = error as? StoreError ?? .inputOutput(reason: "\(error)")
            await events.put(.notKept(summary(of: peer), reason: reason))
            return nil
        }
    }

    private static let nothing = Intake(acknowledged: [], show: {})

    private func keep(_ messages: [NewMessage], of peer: PublicIdentity) async throws -> Intake {
        guard !messages.isEmpty else { return Self.nothing }
        let stored = try await archive.appendIncoming(messages, from: peer, at: now())
        let new = stored.compactMap { $0 }
        for message in new {
            guard case .file(let offer) = message.content else { continue }
            // When this fails the offer is made known again at the latest when it is accepted.
            try? await files?.offered(offer, id: message.id, by: peer)
            takeUp(TransferKey(peer: peer, id: message.id, direction: .incoming))
        }
        return Intake(acknowledged: messages.map(\.id)) {
            guard !new.isEmpty else { return }
            let summary = await self.summary(of: peer)
            await self.events.put(
                new.map { .message(IncomingMessage(peer: summary, stored: $0)) }, of: peer)
        }
    }

    /// The one message that a stranger may write, once it is noted that there is a request.
    private func request(_ messages: [NewMessage], of peer: PublicIdentity) async throws -> [NewMessage] {
        guard let first = messages.first(where: \.isText), makeRoomForRequest(),
            storingRequests.insert(peer).inserted
        else { return [] }
        defer { storingRequests.remove(peer) }
        try pin(peer, confirmed[peer], as: .request)
        return [first]
    }

    /// Of a stranger whose request waits: what it sends again. (Its first message, where that could not be kept before.)
    private func known(_ messages: [NewMessage], of peer: PublicIdentity) async throws -> [NewMessage] {
        guard !storingRequests.contains(peer) else { return [] }
        if try await archive.history(with: peer, after: nil, before: nil, limit: 1).isEmpty {
            return messages.first(where: \.isText).map { [$0] } ?? []
        }
        var known: [NewMessage] = []
        for message in messages
        where try await archive.message(message.id, with: peer, direction: .incoming) != nil {
            known.append(message)
        }
        return known
    }

    /// Keys cost nothing, so strangers could fill the disk: so many are remembered, and the declined ones go first.
    private func makeRoomForRequest() -> Bool {
        let strangers = book.all.filter { $0.standing == .request || $0.standing == .declined }
        guard strangers.count >= Self.strangers else { return true }
        guard let oldest = strangers.first(where: { $0.standing == .declined }) else { return false }
        return (try? book.forget(oldest.identity)) != nil
    }

    private static let strangers = 1000
}

extension NewMessage {
    fileprivate var isText: Bool {
        if case .text = content { true } else { false }
    }
}
