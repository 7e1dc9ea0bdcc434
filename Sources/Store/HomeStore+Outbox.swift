import GRDB
package import Identity

/// What is still to be delivered.
extension HomeStore {
    /// Outgoing messages below `delivered`, the oldest first.
    ///
    /// - Parameter row: only those above it; 0 to begin.
    package func outbox(
        of peer: PublicIdentity, after row: Int64, limit: Int
    ) async throws -> [StoredMessage] {
        guard limit > 0 else { return [] }
        return try await read { [self] database in
            guard let conversation = try conversationRow(with: peer, database),
                let from = try conversationRecord(conversation, database)?.outboxFrom
            else { return [] }
            let query = try Query(
                database,
                """
                SELECT row, conversation, state, sealed FROM message
                WHERE conversation = ? AND row > ? AND row >= ? ORDER BY row
                """)
            query.bind(conversation, at: 1)
            query.bind(row, at: 2)
            query.bind(from, at: 3)
            var messages: [StoredMessage] = []
            var opener = MessageOpener(store: self)
            try query.each { message in
                // Most of what is passed over is told by one small seal.
                let place = RowPlace(column: .state, row: message.int64(0), conversation: conversation)
                if let state = try sealer.state(message.blob(2), place), state < .delivered {
                    messages.append(try opener.open(message, database))
                }
                return messages.count < limit
            }
            return messages
        }
    }

    /// How far outgoing messages are, by their rows; those that are not there are left out.
    package func states(of rows: [Int64]) async throws -> [Int64: DeliveryState] {
        try await read { [self] database in
            var states: [Int64: DeliveryState] = [:]
            for row in rows {
                let query = try Query(database, "SELECT conversation, state FROM message WHERE row = ?")
                query.bind(row, at: 1)
                states[row] =
                    try query.first { found in
                        try sealer.state(
                            found.blob(1),
                            RowPlace(column: .state, row: row, conversation: found.int64(0)))
                    } ?? nil
            }
            return states
        }
    }

    /// Whom something is still to be delivered to, in the order in which their conversations began.
    package func peersWithOutbox() async throws -> [PublicIdentity] {
        try await writer.write { [self] database, state in
            var peers: [PublicIdentity] = []
            for (row, record) in try conversationRecords(database) where record.outboxFrom != nil {
                if try state.pendingCount(of: row, database) > 0 {
                    peers.append(try peer(ofConversation: row, database))
                }
            }
            return peers
        }
    }

    /// How many outgoing messages are below `delivered`.
    package func outboxCount(of peer: PublicIdentity) async throws -> Int {
        try await writer.write { database, state in
            guard let row = try state.existingConversation(with: peer, database) else { return 0 }
            return try state.pendingCount(of: row, database)
        }
    }
}
