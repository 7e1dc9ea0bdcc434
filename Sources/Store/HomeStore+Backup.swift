import GRDB
package import Identity

/// Taking everything out, and putting it back.
extension HomeStore {
    /// Calls `body` with every message that there is at the beginning, in the order of rows.
    ///
    /// - Parameter peer: nil for all conversations.
    /// - Throws: What `body` throws, which ends it, or `StoreError`.
    package func forEachMessage(
        with peer: PublicIdentity? = nil, _ body: (StoredMessage) async throws -> Void
    ) async throws {
        guard let last = try await history(with: peer, after: nil, before: nil, limit: 1).last?.row else {
            return
        }
        var row: Int64 = 0
        while row < last {
            // In pieces, so that no older state of the database is held for as long as `body` takes.
            let messages = try await history(
                with: peer, after: row, before: nil, limit: Self.exportPiece)
            guard let newest = messages.last else { return }
            for message in messages where message.row <= last { try await body(message) }
            row = newest.row
        }
    }

    /// Appends messages of a backup in the order given, with their directions, times and states; their rows are new. Those
    /// that are here already are passed over. What was queued is `sent` here, and neither that nor what was sent is in the outbox: it may have
    /// been delivered, or taken back, since. Restored incoming messages count as shown and reported.
    ///
    /// - Returns: How many were added.
    package func restore(messages: [StoredMessage]) async throws -> Int {
        var added = 0
        for start in stride(from: 0, to: messages.count, by: Self.exportPiece) {
            let piece = Array(messages[start..<min(start + Self.exportPiece, messages.count)])
            added += try await writer.write { database, state in
                var added = 0
                for message in piece {
                    let conversation = try state.conversation(with: message.peer, database)
                    let row = try state.insert(
                        NewMessage(id: message.id, sentAt: message.sentAt, content: message.content),
                        message.direction, max(message.state, .sent),
                        storedAt: Milliseconds.of(message.storedAt), conversation: conversation,
                        peer: message.peer, isPending: false, database)
                    guard let row else { continue }
                    added += 1
                    if message.direction == .incoming {
                        try state.change(conversation, database) { record in
                            record.seen = max(record.seen, row)
                            record.reported = max(record.reported, row)
                        }
                    }
                }
                return added
            }
        }
        return added
    }

    /// Ends all use of the database; what was written is then in the one file.
    package func close() throws {
        try StoreError.mapping { try pool.close() }
    }

    private static let exportPiece = 500
}
