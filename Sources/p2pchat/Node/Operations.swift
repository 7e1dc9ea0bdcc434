import Chat
import Directory
import FoundationEssentials
import Identity
import Store
import Terminal
import Wire

/// What commands can ask of a home's node, be it in their own process or in the one that is online.
struct Operations: Sendable {
    let node: Node

    func send(_ parameters: SendParameters) async throws -> SendResult {
        // Also checked here, because it may come over the control socket.
        guard parameters.timeout > 0, parameters.timeout <= Self.longestTimeout else {
            throw CommandError(
                .usage, "the timeout is more than 0 and at most \(Int(Self.longestTimeout)) seconds")
        }
        let queue = parameters.queue ?? false
        let timeout = Duration.seconds(parameters.timeout)
        let deadline = ContinuousClock.now + timeout
        // Finding counts as waiting, too.
        let found = try await within(timeout) {
            try await node.messenger.resolve(parameters.peer, orOffline: queue)
        }
        guard let peer = found else { throw ChatError.notDelivered(reason: "no answer in time") }
        let message = try await node.messenger.send(parameters.text, to: peer)
        func result(_ state: DeliveryState, _ reason: String?) async -> SendResult {
            SendResult(
                id: message.id.description, peer: PeerJSON(await node.messenger.summary(of: peer.identity)),
                state: state.description, reason: reason)
        }
        do {
            try await node.messenger.waitDelivered(
                message.id, to: peer, timeout: max(.milliseconds(1), deadline - ContinuousClock.now))
            return await result(.delivered, nil)
        } catch {
            if queue {
                let now = try await node.messenger.archive.message(
                    message.id, with: peer.identity, direction: .outgoing)
                return await result(now?.state ?? .queued, CommandError(describing: error).message)
            }
            // Without being asked to keep it, nothing is sent behind the caller's back. What was on its way may have arrived.
            let before = try await node.messenger.cancel(message.id, to: peer.identity)
            guard let before else { return await result(.delivered, nil) }
            if before >= .sent { throw SentUnacknowledged(reason: error) }
            throw error
        }
    }

    /// The message was taken back after it had left.
    struct SentUnacknowledged: Error {
        let reason: any Error
    }

    /// A day, in seconds.
    static let longestTimeout: Double = 86_400

    func who(_: NoParameters) async throws -> EntriesResult {
        let entries = try await node.entries()
        var peers: [EntryJSON] = []
        for entry in entries {
            peers.append(EntryJSON(entry, trust: await node.messenger.summary(of: entry.identity).trust))
        }
        return EntriesResult(peers: peers)
    }

    func lookup(_ parameters: PeerParameters) async throws -> EntryJSON {
        let peer = try await node.messenger.resolve(parameters.peer)
        let entry = try await node.messenger.entry(of: peer)
        return EntryJSON(entry, trust: await node.messenger.summary(of: peer.identity).trust)
    }

    func status(_: NoParameters) async throws -> StatusJSON {
        await node.status()
    }

    func verify(_ parameters: VerifyParameters) async throws -> VerifyResult {
        let peer = try await node.messenger.resolve(parameters.peer)
        let number = SafetyNumber.between(node.identity, peer.identity)
        var isEqual: Bool?
        if let text = parameters.number {
            guard let given = SafetyNumber(parsing: text) else {
                throw CommandError(.badData, "a safety number has 60 digits")
            }
            isEqual = try await node.messenger.verify(peer, number: given)
        }
        let summary = await node.messenger.summary(of: peer.identity)
        return VerifyResult(
            fingerprint: peer.identity.fingerprint, name: peer.name, safetyNumber: number.digits,
            trust: summary.trust.rawValue, isEqual: isEqual)
    }

    func fingerprint(_ parameters: PeerParameters) async throws -> PeerJSON {
        let peer = try await node.messenger.resolve(parameters.peer)
        return PeerJSON(await node.messenger.summary(of: peer.identity))
    }

    func contacts(_: NoParameters) async throws -> ContactsResult {
        ContactsResult(contacts: await node.messenger.contacts.map(ContactJSON.init))
    }

    func acceptContact(_ parameters: PeerParameters) async throws -> PeerJSON {
        let peer = try await node.messenger.resolve(parameters.peer)
        let summary = await node.messenger.summary(of: peer.identity)
        if summary.trust != .changed, summary.standing == .request || summary.standing == .declined {
            try await node.messenger.accept(peer.identity)
            return PeerJSON(await node.messenger.summary(of: peer.identity))
        }
        let accepted = try await node.messenger.acceptChange(of: peer.identity)
        return PeerJSON(await node.messenger.summary(of: accepted))
    }

    func forgetContact(_ parameters: PeerParameters) async throws -> PeerJSON {
        let peer = try await node.messenger.resolve(parameters.peer)
        let summary = await node.messenger.summary(of: peer.identity)
        try await node.messenger.forget(peer.identity)
        return PeerJSON(summary)
    }

    // MARK: History and outbox

    func history(_ parameters: HistoryParameters) async throws -> MessagesResult {
        let limit = max(1, min(parameters.limit ?? Self.page, Self.page))
        var peer: PublicIdentity?
        if let name = parameters.peer {
            peer = try await node.messenger.resolve(name, orOffline: true).identity
        }
        var since: Date?
        if let text = parameters.since {
            guard let date = TimeText.date(text) else {
                throw CommandError(
                    .usage, "\(VisibleText(text)) is no time",
                    hint: "write it like 2026-01-31, 2026-01-31T18:00:00Z, 90m, 12h or 7d")
            }
            since = date
        }
        let archive = node.store
        if let words = parameters.search {
            let found = try await archive.search(
                SearchQuery(words), with: peer, since: since, before: nil, limit: limit + 1)
            return MessagesResult(
                messages: found.prefix(limit).reversed().map(MessageJSON.init), more: found.count > limit)
        }
        var after: Int64?
        if let text = parameters.after {
            guard let id = MessageID(text) else {
                throw CommandError(.usage, "\(VisibleText(text)) is no message id")
            }
            after = try await archive.row(ofIncoming: id)
            if after == nil, let peer {
                after = try await archive.message(id, with: peer, direction: .outgoing)?.row
            }
            guard after != nil else {
                throw CommandError(.notReachable, "there is no message \(id) here; it may have been deleted")
            }
        }
        let found = try await archive.history(with: peer, after: after, before: nil, limit: limit + 1)
        let inTime = since.map { since in found.filter { $0.storedAt >= since } } ?? found
        let page = after == nil ? inTime.suffix(limit) : inTime.prefix(limit)
        return MessagesResult(messages: page.map(MessageJSON.init), more: found.count > limit)
    }

    func outbox(_ parameters: PeerParameters) async throws -> MessagesResult {
        let peer = try await node.messenger.resolve(parameters.peer, orOffline: true)
        let messages = try await node.messenger.outbox(of: peer.identity, limit: Self.page + 1)
        return MessagesResult(
            messages: messages.prefix(Self.page).map(MessageJSON.init), more: messages.count > Self.page)
    }

    func editMessage(_ parameters: MessageParameters) async throws -> MessageStateResult {
        let (peer, id) = try await message(parameters)
        switch try await node.messenger.edit(id, to: peer.identity, text: parameters.text ?? "") {
        case .edited: return MessageStateResult(id: id.description, state: DeliveryState.queued.description)
        case .alreadySent:
            throw CommandError(.refused, "the message was sent already; it cannot be edited any more")
        case .unknown: throw Self.notInOutbox(id)
        }
    }

    func cancelMessage(_ parameters: MessageParameters) async throws -> MessageStateResult {
        let (peer, id) = try await message(parameters)
        guard let before = try await node.messenger.cancel(id, to: peer.identity) else {
            throw Self.notInOutbox(id)
        }
        return MessageStateResult(id: id.description, state: before.description)
    }

    private func message(_ parameters: MessageParameters) async throws -> (ResolvedPeer, MessageID) {
        guard let id = MessageID(parameters.id) else {
            throw CommandError(.usage, "\(VisibleText(parameters.id)) is no message id")
        }
        return (try await node.messenger.resolve(parameters.peer, orOffline: true), id)
    }

    private static func notInOutbox(_ id: MessageID) -> CommandError {
        CommandError(
            .usage, "there is no message \(id) waiting for this peer",
            hint: "see them with: p2pchat outbox list PEER")
    }

    /// So many messages are answered at once: few enough for one line of the control socket.
    static let page = 500

    func changeContact(_ change: ContactChange) async throws -> PeerJSON {
        let messenger = node.messenger
        let peer = try await messenger.resolve(change.peer, orOffline: true).identity
        switch change.action {
        case "decline": try await messenger.decline(peer)
        case "block": try await messenger.block(peer)
        case "unblock": try await messenger.unblock(peer)
        case "mute": try await messenger.setMuted(peer, true)
        case "unmute": try await messenger.setMuted(peer, false)
        case "name": try await messenger.setNickname(peer, change.name)
        case "delete": try await messenger.deleteConversation(with: peer)
        default: throw CommandError(.usage, "there is no such change of a contact")
        }
        return PeerJSON(await messenger.summary(of: peer))
    }
}
