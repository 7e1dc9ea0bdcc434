package import FoundationEssentials
import GRDB
package import Identity

/// Deleting, so that nothing of it is left in the file or its log.
extension HomeStore {
    /// Deletes a conversation: its messages (those in the outbox, too), marks, retention time and transfers. The contact stays.
    package func deleteConversation(with peer: PublicIdentity) async throws {
        try await writer.write { [self] database, state in
            try state.writeAndForget(database)
            if let row = try conversationRow(with: peer, database) {
                try delete("DELETE FROM message WHERE conversation = ?", row, database)
                try delete("DELETE FROM conversation WHERE row = ?", row, database)
            }
            for (row, transfer) in try transferRows(database) where transfer.peer == peer {
                try delete("DELETE FROM transfer WHERE row = ?", row, database)
            }
        }
        try await clearLog()
    }

    /// Deletes every conversation, as `deleteConversation` does.
    package func deleteAllConversations() async throws {
        try await writer.write { database, state in
            try state.writeAndForget(database)
            for table in ["message", "conversation", "transfer"] {
                // With a condition, so that rows are deleted one by one and overwritten.
                try database.execute(sql: "DELETE FROM \(table) WHERE row > 0")
            }
        }
        try await clearLog()
    }

    /// Sets the time after which `expire` deletes messages of this conversation.
    ///
    /// - Parameter seconds: counted from when a message was stored; nil, or a negative number, to keep them.
    package func setRetention(_ seconds: Int64?, with peer: PublicIdentity) async throws {
        let retention = seconds.flatMap { $0 < 0 ? nil : $0 }
        try await writer.write { database, state in
            let row = try state.conversation(with: peer, database)
            try state.change(row, database) { $0.retention = retention }
        }
    }

    /// Deletes the messages whose retention time is over, except outgoing ones that are not delivered.
    ///
    /// - Returns: How many.
    package func expire(at now: Date) async throws -> Int {
        let time = Milliseconds.of(now)
        // Reading is the larger part, and holds nobody up.
        let due = try await read { [self] database in
            var rows: [Int64] = []
            for (row, record) in try conversationRecords(database) {
                guard let retention = record.retention else { continue }
                rows += try expired(
                    row, retention: retention, outboxFrom: record.outboxFrom ?? .max, at: time, database)
            }
            return rows
        }
        guard !due.isEmpty else { return 0 }
        let count = try await writer.write { database, state in
            var count = 0
            for row in due {
                let query = try Query(database, "DELETE FROM message WHERE row = ?")
                query.bind(row, at: 1)
                try query.run()
                count += database.changes
            }
            return count
        }
        try await clearLog()
        return count
    }

    /// Moves everything from the log into the file and empties the log, which holds older states of what was deleted.
    func clearLog() async throws {
        do {
            try await pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        } catch {
            throw StoreError.from(error)
        }
    }

    // MARK: Pieces

    private func delete(_ sql: String, _ row: Int64, _ database: Database) throws {
        let query = try Query(database, sql)
        query.bind(row, at: 1)
        try query.run()
    }

    private func expired(
        _ conversation: Int64, retention: Int64, outboxFrom: Int64, at now: Int64, _ database: Database
    ) throws -> [Int64] {
        let (milliseconds, overflow) = retention.multipliedReportingOverflow(by: 1_000)
        guard !overflow else { return [] }
        let query = try Query(database, "SELECT row, state, sealed FROM message WHERE conversation = ?")
        query.bind(conversation, at: 1)
        var rows: [Int64] = []
        var opener = MessageOpener(store: self)
        try query.each { message in
            let row = message.int64(0)
            let place = RowPlace(column: .message, row: row, conversation: conversation)
            let storedAt = try opener.withPlain(message.blob(2), place) { try MessageForm.storedAt($0) }
            // Both times are far from the ends of an Int64.
            if now - storedAt >= milliseconds {
                let state = try sealer.state(
                    message.blob(1), RowPlace(column: .state, row: row, conversation: conversation))
                // Restored ones may be below `delivered` without being in the outbox.
                if row < outboxFrom || state ?? .delivered >= .delivered { rows.append(row) }
            }
            return true
        }
        return rows
    }
}
