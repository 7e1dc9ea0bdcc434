import FoundationEssentials
import GRDB
package import Identity

/// A peer's new key.
extension HomeStore {
    /// Gives the new key everything that was said with the old one: messages keep their rows, states and marks, and what waits for the old
    /// key waits for the new one. What was said with the new one before joins it. All of it is one step; doing it again changes nothing.
    package func moveConversation(from old: PublicIdentity, to new: PublicIdentity) async throws {
        guard old != new else { return }
        let moved = try await writer.write { [self] database, state -> Int64? in
            try state.writeAndForget(database)
            defer { state.forget() }
            try moveTransfers(from: old, to: new, database)
            guard let row = try conversationRow(with: old, database),
                var record = try conversationRecord(row, database)
            else { return nil }
            record = record.with(peer: new)
            if let other = try conversationRow(with: new, database),
                let joined = try conversationRecord(other, database)
            {
                try moveMessages(of: other, into: row, with: new, database)
                let delete = try Query(database, "DELETE FROM conversation WHERE row = ?")
                delete.bind(other, at: 1)
                try delete.run()
                record.join(joined)
            }
            try moveMessages(of: row, into: row, with: new, database)
            let update = try Query(database, "UPDATE conversation SET hash = ?, sealed = ? WHERE row = ?")
            update.bind(copying: try hasher.conversation(new), at: 1)
            update.bind(
                copying: try sealer.seal(record.bytes, RowPlace(column: .conversation, row: row)), at: 2)
            update.bind(row, at: 3)
            try update.run()
            return row
        }
        if let moved { remember(new, ofConversation: moved) }
    }

    private func moveMessages(
        of conversation: Int64, into target: Int64, with peer: PublicIdentity, _ database: Database
    ) throws {
        let rows = try Int64.fetchAll(
            database, sql: "SELECT row FROM message WHERE conversation = ?", arguments: [conversation])
        for row in rows {
            let place = RowPlace(column: .message, row: row, conversation: conversation)
            let statePlace = RowPlace(column: .state, row: row, conversation: conversation)
            let select = try Query(database, "SELECT state, sealed FROM message WHERE row = ?")
            select.bind(row, at: 1)
            let found = try select.first { stored in
                (
                    state: try sealer.state(stored.blob(0), statePlace),
                    plain: try sealer.open(stored.bytes(1), place)
                )
            }
            guard let found else { continue }
            let hash = try found.plain.withUnsafeBytes {
                try hasher.message(MessageForm.direction($0), peer.bytes, MessageForm.id($0))
            }
            // The peer sent it again from its new key, before this side knew that key: the first one stays.
            let delete = try Query(database, "DELETE FROM message WHERE hash = ? AND row > ?")
            delete.bind(copying: hash, at: 1)
            delete.bind(row, at: 2)
            try delete.run()
            if target == conversation {
                let update = try Query(database, "UPDATE OR IGNORE message SET hash = ? WHERE row = ?")
                update.bind(copying: hash, at: 1)
                update.bind(row, at: 2)
                try update.run()
            } else {
                try reseal(found.plain, found.state, hash, row, target, database)
            }
            if database.changes == 0 { try deleteMessage(row, database) }
        }
    }

    private func reseal(
        _ plain: [UInt8], _ state: DeliveryState?, _ hash: [UInt8], _ row: Int64, _ conversation: Int64,
        _ database: Database
    ) throws {
        let byte = state.map(StateForm.encode) ?? StateForm.incoming
        let sealed = try sealer.seal(
            plain, RowPlace(column: .message, row: row, conversation: conversation))
        let sealedState = try sealer.seal(
            [byte], RowPlace(column: .state, row: row, conversation: conversation))
        let update = try Query(
            database,
            "UPDATE OR IGNORE message SET conversation = ?, hash = ?, state = ?, sealed = ? WHERE row = ?")
        update.bind(conversation, at: 1)
        update.bind(copying: hash, at: 2)
        update.bind(copying: sealedState, at: 3)
        update.bind(copying: sealed, at: 4)
        update.bind(row, at: 5)
        try update.run()
    }

    private func deleteMessage(_ row: Int64, _ database: Database) throws {
        let delete = try Query(database, "DELETE FROM message WHERE row = ?")
        delete.bind(row, at: 1)
        try delete.run()
    }

    private func moveTransfers(
        from old: PublicIdentity, to new: PublicIdentity, _ database: Database
    ) throws {
        for (row, transfer) in try transferRows(database) where transfer.peer == old {
            let moved = StoredTransfer(
                id: transfer.id, peer: new, direction: transfer.direction, path: transfer.path,
                offer: transfer.offer, state: transfer.state, chunksDone: transfer.chunksDone)
            try put(moved, at: row, database)
        }
    }
}

extension ConversationRecord {
    fileprivate func with(peer: PublicIdentity) -> ConversationRecord {
        var record = ConversationRecord(peer: peer.bytes)
        record.seen = seen
        record.reported = reported
        record.outboxFrom = outboxFrom
        record.retention = retention
        return record
    }

    /// Takes over the marks of a conversation that joins this one.
    fileprivate mutating func join(_ other: ConversationRecord) {
        seen = max(seen, other.seen)
        reported = max(reported, other.reported)
        outboxFrom = [outboxFrom, other.outboxFrom].compactMap { $0 }.min()
        retention = retention ?? other.retention
    }
}
