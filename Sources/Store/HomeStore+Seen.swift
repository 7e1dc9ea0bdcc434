import GRDB
package import Identity
package import Wire

/// What was shown, and what was reported as shown.
extension HomeStore {
    /// A conversation's marks; the defaults when there is none yet.
    package func conversation(with peer: PublicIdentity) async throws -> ConversationState {
        try await read { [self] database in
            guard let row = try conversationRow(with: peer, database),
                let record = try conversationRecord(row, database)
            else { return ConversationState() }
            return ConversationState(
                seen: record.seen, reported: record.reported, retention: record.retention,
                unread: try unread(row, record, database), last: try last(row, database))
        }
    }

    /// Every conversation, in the order in which they began.
    package func conversations() async throws -> [ConversationSummary] {
        try await read { [self] database in
            try conversationRecords(database).map { row, record in
                ConversationSummary(
                    peer: try peer(ofConversation: row, database),
                    unread: try unread(row, record, database), last: try last(row, database))
            }
        }
    }

    /// Incoming messages that were not shown, by row, of one conversation or of all, above a row.
    package func unseen(
        with peer: PublicIdentity?, after: Int64 = 0, limit: Int
    ) async throws -> [StoredMessage] {
        guard limit > 0 else { return [] }
        return try await read { [self] database in
            var conversations = try conversationRecords(database)
            if let peer { conversations.removeAll { $0.record.peer != peer.bytes } }
            var messages: [StoredMessage] = []
            for (row, record) in conversations {
                messages += try incoming(
                    row, above: max(record.seen, after), upTo: .max, limit: limit, database)
            }
            return Array(messages.sorted { $0.row < $1.row }.prefix(limit))
        }
    }

    /// Incoming messages up to this row were shown. The mark never goes back.
    package func markSeen(with peer: PublicIdentity, upTo row: Int64) async throws {
        try await mark(peer, upTo: row) { $0.seen = max($0.seen, $1) }
    }

    /// Incoming messages that were shown and not yet reported as read, the oldest first.
    package func unreported(
        with peer: PublicIdentity, limit: Int
    ) async throws -> [(row: Int64, id: MessageID)] {
        guard limit > 0 else { return [] }
        return try await read { [self] database in
            guard let row = try conversationRow(with: peer, database),
                let record = try conversationRecord(row, database)
            else { return [] }
            return try incoming(row, above: record.reported, upTo: record.seen, limit: limit, database)
                .map { ($0.row, $0.id) }
        }
    }

    /// Incoming messages up to this row were reported to the peer as read. The mark never goes back.
    package func markReported(with peer: PublicIdentity, upTo row: Int64) async throws {
        try await mark(peer, upTo: row) { $0.reported = max($0.reported, $1) }
    }

    // MARK: Pieces

    private func mark(
        _ peer: PublicIdentity, upTo row: Int64,
        _ change: @escaping @Sendable (inout ConversationRecord, Int64) -> Void
    ) async throws {
        try await writer.write { database, state in
            guard let conversation = try state.existingConversation(with: peer, database) else { return }
            // Never above what there is: what comes later was not shown.
            let row = min(row, try state.highestRow(database))
            try state.change(conversation, database) { change(&$0, row) }
        }
    }

    private func last(_ conversation: Int64, _ database: Database) throws -> Int64 {
        let query = try Query(database, "SELECT MAX(row) FROM message WHERE conversation = ?")
        query.bind(conversation, at: 1)
        return try query.first { $0.int64(0) } ?? 0
    }

    private func unread(
        _ conversation: Int64, _ record: ConversationRecord, _ database: Database
    ) throws -> Int {
        let query = try Query(database, "SELECT row, state FROM message WHERE conversation = ? AND row > ?")
        query.bind(conversation, at: 1)
        query.bind(record.seen, at: 2)
        var count = 0
        try query.each { message in
            let place = RowPlace(column: .state, row: message.int64(0), conversation: conversation)
            if try sealer.state(message.blob(1), place) == nil { count += 1 }
            return true
        }
        return count
    }

    private func incoming(
        _ conversation: Int64, above: Int64, upTo: Int64, limit: Int, _ database: Database
    ) throws -> [StoredMessage] {
        let query = try Query(
            database,
            """
            SELECT row, conversation, state, sealed FROM message
            WHERE conversation = ? AND row > ? AND row <= ? ORDER BY row
            """)
        query.bind(conversation, at: 1)
        query.bind(above, at: 2)
        query.bind(upTo, at: 3)
        var messages: [StoredMessage] = []
        var opener = MessageOpener(store: self)
        try query.each { message in
            let place = RowPlace(column: .state, row: message.int64(0), conversation: conversation)
            if try sealer.state(message.blob(2), place) == nil {
                messages.append(try opener.open(message, database))
            }
            return messages.count < limit
        }
        return messages
    }
}
