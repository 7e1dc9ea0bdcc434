import Chat
import FoundationEssentials
import Identity
import Store
import Terminal
import Wire

/// What was said, and what waits.
extension Operations {
    func history(_ parameters: HistoryParameters) async throws -> MessagesResult {
        let limit = max(1, min(parameters.limit ?? Self.page, Self.page))
        let peer = try await peer(parameters.peer)
        let since = try parameters.since.map(Self.time)
        var above = parameters.above
        if let id = parameters.after { above = try await position(of: id, with: peer) }
        let archive = node.store
        if let words = parameters.search {
            let first = parameters.first ?? false
            let query = SearchQuery(words)
            let found = try await archive.search(
                query, with: peer, since: since, after: above, before: parameters.below,
                order: first ? .oldestFirst : .newestFirst, limit: limit + 1)
            let context = max(0, min(parameters.context ?? 0, Self.mostContext))
            guard context > 0 else {
                return first ? Self.first(found, limit) : Self.last(found.reversed(), limit)
            }
            let around = try await archive.surroundings(
                of: Array(found.prefix(limit)), context, query, since: since,
                atMost: (messages: Self.aroundPage, bytes: Self.pageBytes))
            var (messages, forms) = (
                zip(found, around).map { MessageJSON($0.0) }, around.map(AroundJSON.init)
            )
            if !first {
                messages.reverse()
                forms.reverse()
            }
            return MessagesResult(messages: messages, around: forms, more: messages.count < found.count)
        }
        guard above != nil || since != nil else {
            let found = try await archive.history(
                with: peer, after: nil, before: parameters.below, limit: limit + 1)
            return Self.last(found, limit)
        }
        var found: [StoredMessage] = []
        var position = above ?? 0
        while found.count <= limit {
            let page = try await archive.history(
                with: peer, after: position, before: parameters.below, limit: Self.page + 1)
            guard let last = page.last else { break }
            // Every one is looked at: after a clock was set back the times do not rise.
            found += page.filter { message in since.map { message.storedAt >= $0 } ?? true }
            position = last.row
        }
        return Self.first(found, limit)
    }

    /// The position of a message that arrived here, from whomever.
    func position(ofArrived text: String) async throws -> Int64 {
        let id = try Self.id(text)
        guard let row = try await node.store.row(ofIncoming: id) else { throw Self.noMessage(id) }
        return row
    }

    private func position(of text: String, with peer: PublicIdentity?) async throws -> Int64 {
        guard let peer else { return try await position(ofArrived: text) }
        let id = try Self.id(text)
        for direction in [MessageDirection.incoming, .outgoing] {
            if let message = try await node.store.message(id, with: peer, direction: direction) {
                return message.row
            }
        }
        throw Self.noMessage(id)
    }

    /// As many of the first as are asked for and fit into an answer.
    private static func first(_ messages: [StoredMessage], _ limit: Int) -> MessagesResult {
        let fitting = messages.prefix(min(limit, fitting(messages)))
        return MessagesResult(
            messages: fitting.map(MessageJSON.init), more: fitting.count < messages.count)
    }

    private static func last(_ messages: [StoredMessage], _ limit: Int) -> MessagesResult {
        let fitting = messages.suffix(min(limit, fitting(messages.reversed())))
        return MessagesResult(
            messages: fitting.map(MessageJSON.init), more: fitting.count < messages.count)
    }

    /// How many fit, at least one.
    private static func fitting(_ messages: [StoredMessage]) -> Int {
        var bytes = 0
        for (index, message) in messages.enumerated() {
            if case .text(let text) = message.content { bytes += text.utf8.count }
            if bytes > pageBytes { return max(1, index) }
        }
        return messages.count
    }

    /// So many messages are answered at once, and so many bytes of text, which JSON makes up to six times longer: few enough for
    /// one line of the control socket.
    static let page = 500
    private static let pageBytes = 256 << 10
    /// Of what is found, together with what stands around it.
    private static let aroundPage = 2_000
    static let mostContext = 100

    func deleteHistory(_ parameters: DeletionParameters) async throws -> NoResult {
        switch (parameters.peer, parameters.all ?? false) {
        case (let name?, false):
            let peer = try await node.messenger.resolve(name, orOffline: true)
            try await node.messenger.deleteConversation(with: peer.identity)
        case (nil, true):
            for conversation in try await node.store.conversations() {
                try await node.messenger.deleteConversation(with: conversation.peer)
            }
            try await node.store.deleteAllConversations()
        default: throw CommandError(.usage, "say either whose messages are to be deleted, or all")
        }
        return NoResult()
    }

    func keepHistory(_ parameters: RetentionParameters) async throws -> RetentionResult {
        let peer = try await node.messenger.resolve(parameters.peer, orOffline: true).identity
        switch parameters.keep {
        case nil: break
        case "forever"?: try await node.store.setRetention(nil, with: peer)
        case let text?:
            guard let seconds = TimeText.seconds(text), seconds > 0 else {
                throw CommandError(
                    .usage, "\(VisibleText(text)) is no time to keep messages",
                    hint: "write it like 90m, 12h or 30d, or forever")
            }
            try await node.store.setRetention(seconds, with: peer)
            _ = try await node.store.expire(at: Date())
        }
        return RetentionResult(
            peer: PeerJSON(await node.messenger.summary(of: peer)),
            seconds: try await node.store.conversation(with: peer).retention)
    }

    /// Tells the peer that a message was read, where the user allows that.
    func read(_ parameters: ReadParameters) async throws -> ReadResult {
        let id = try Self.id(parameters.id)
        let peer = try await node.messenger.resolve(parameters.peer, orOffline: true).identity
        guard try await node.store.message(id, with: peer, direction: .incoming) != nil else {
            throw Self.noMessage(id)
        }
        guard node.sendsRead else { return ReadResult(told: false) }
        return ReadResult(told: await node.messenger.reportRead(id, of: peer))
    }

    // MARK: Outbox

    func outbox(_ parameters: OutboxParameters) async throws -> MessagesResult {
        let peers =
            if let peer = try await peer(parameters.peer) { [peer] } else {
                try await node.store.peersWithOutbox()
            }
        var messages: [StoredMessage] = []
        for peer in peers {
            messages += try await node.messenger.outbox(
                of: peer, after: parameters.above ?? 0, limit: Self.page + 1)
        }
        return Self.first(messages.sorted { $0.row < $1.row }, Self.page)
    }

    func editMessage(_ parameters: MessageParameters) async throws -> MessageStateResult {
        let id = try Self.id(parameters.id)
        let peer = try await node.messenger.resolve(parameters.peer, orOffline: true).identity
        switch try await node.messenger.edit(id, to: peer, text: parameters.text ?? "") {
        case .edited: return MessageStateResult(id: id.description, state: DeliveryState.queued.description)
        case .alreadySent:
            throw CommandError(.refused, "the message was sent already; it cannot be edited any more")
        case .unknown: throw Self.notInOutbox(id)
        }
    }

    func cancelMessage(_ parameters: MessageParameters) async throws -> MessageStateResult {
        let id = try Self.id(parameters.id)
        let peer = try await node.messenger.resolve(parameters.peer, orOffline: true).identity
        guard let before = try await node.messenger.cancel(id, to: peer) else { throw Self.notInOutbox(id) }
        return MessageStateResult(id: id.description, state: before.description)
    }

    // MARK: Pieces

    private func peer(_ name: String?) async throws -> PublicIdentity? {
        guard let name else { return nil }
        return try await node.messenger.resolve(name, orOffline: true).identity
    }

    private static func time(_ text: String) throws -> Date {
        guard let date = TimeText.date(text) else {
            throw CommandError(
                .usage, "\(VisibleText(text)) is no time",
                hint: "write it like 2026-01-31, 2026-01-31T18:00:00Z, 90m, 12h or 7d")
        }
        return date
    }

    private static func id(_ text: String) throws -> MessageID {
        guard let id = MessageID(text) else {
            throw CommandError(.usage, "\(VisibleText(text)) is no message id")
        }
        return id
    }

    private static func noMessage(_ id: MessageID) -> CommandError {
        CommandError(.notReachable, "there is no message \(id) here; it may have been deleted")
    }

    private static func notInOutbox(_ id: MessageID) -> CommandError {
        CommandError(
            .usage, "there is no message \(id) waiting for this peer",
            hint: "see what waits with: p2pchat outbox")
    }
}
