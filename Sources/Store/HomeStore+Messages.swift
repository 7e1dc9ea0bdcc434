package import FoundationEssentials
import GRDB
package import Identity
package import Wire

/// Writing messages, and how far they came.
extension HomeStore {
    /// Stores messages to send, in their order. A message whose id was sent to this peer before is given as it stands.
    ///
    /// - Parameter at: one's own clock, kept to the millisecond.
    /// - Returns: Durable, in state `queued`.
    /// - Throws: `StoreError`; none is stored then.
    package func appendOutgoing(
        _ messages: [NewMessage], to peer: PublicIdentity, at time: Date
    ) async throws -> [StoredMessage] {
        guard !messages.isEmpty else { return [] }
        let storedAt = Milliseconds.of(time)
        return try await writer.write { [self] database, state in
            let conversation = try state.conversation(with: peer, database)
            return try messages.map { message in
                let row = try state.insert(
                    message, .outgoing, .queued, storedAt: storedAt, conversation: conversation, peer: peer,
                    database)
                guard let row else {
                    guard let known = try find(message.id, with: peer, .outgoing, database) else {
                        throw StoreError.altered(table: SealedColumn.message.table, row: 0)
                    }
                    return known
                }
                return StoredMessage(message, row, peer, .outgoing, .queued, storedAt: storedAt)
            }
        }
    }

    /// Stores messages that came, in their order.
    ///
    /// - Parameter at: one's own clock, kept to the millisecond.
    /// - Returns: Durable; nil in place of one that this peer sent before.
    /// - Throws: `StoreError`; none is stored then.
    package func appendIncoming(
        _ messages: [NewMessage], from peer: PublicIdentity, at time: Date
    ) async throws -> [StoredMessage?] {
        guard !messages.isEmpty else { return [] }
        let storedAt = Milliseconds.of(time)
        return try await writer.write { database, state in
            let conversation = try state.conversation(with: peer, database)
            return try messages.map { message in
                let row = try state.insert(
                    message, .incoming, .delivered, storedAt: storedAt, conversation: conversation,
                    peer: peer,
                    database)
                return row.map {
                    StoredMessage(message, $0, peer, .incoming, .delivered, storedAt: storedAt)
                }
            }
        }
    }

    /// Raises states of outgoing messages by their rows. None is ever lowered, and rows that are not there are passed over.
    /// Messages that are delivered leave the outbox.
    package func raise(_ states: [Int64: DeliveryState]) async throws {
        guard !states.isEmpty else { return }
        try await writer.write { database, state in
            // In the order of the table, so that each page is touched once.
            for (row, reached) in states.sorted(by: { $0.key < $1.key }) {
                try state.raise(row, to: reached, database)
            }
        }
    }

    /// Changes the text of an outgoing message while it is queued; its times stay.
    package func edit(_ id: MessageID, to peer: PublicIdentity, text: String) async throws -> EditResult {
        try await writer.write { [self] database, _ in
            guard let old = try find(id, with: peer, .outgoing, database),
                let conversation = try conversationRow(with: peer, database)
            else { return .unknown }
            guard old.state == .queued else { return .alreadySent }
            var content: [UInt8] = []
            MessageForm.encode(
                .outgoing, NewMessage(id: id, sentAt: old.sentAt, content: .text(text)),
                storedAt: Milliseconds.of(old.storedAt), into: &content)
            let place = RowPlace(column: .message, row: old.row, conversation: conversation)
            let query = try Query(database, "UPDATE message SET sealed = ? WHERE row = ?")
            query.bind(copying: try sealer.seal(content, place), at: 1)
            query.bind(old.row, at: 2)
            try query.run()
            return .edited
        }
    }

    /// Removes outgoing messages that are not delivered.
    ///
    /// - Returns: How far they were; those that are not there, or delivered, are left out.
    package func cancel(_ ids: [MessageID], to peer: PublicIdentity) async throws
        -> [MessageID: DeliveryState]
    {
        let reached = try await writer.write { [self] database, state -> [MessageID: DeliveryState] in
            var reached: [MessageID: DeliveryState] = [:]
            for id in ids {
                guard let old = try find(id, with: peer, .outgoing, database), old.state < .delivered else {
                    continue
                }
                _ = try state.existingConversation(with: peer, database)
                let query = try Query(database, "DELETE FROM message WHERE row = ?")
                query.bind(old.row, at: 1)
                try query.run()
                try state.removePending(old.row, database)
                reached[id] = old.state
            }
            return reached
        }
        if !reached.isEmpty { try await clearLog() }
        return reached
    }
}

extension StoredMessage {
    /// As it will be read again: times to the millisecond.
    fileprivate init(
        _ message: NewMessage, _ row: Int64, _ peer: PublicIdentity, _ direction: MessageDirection,
        _ state: DeliveryState, storedAt: Int64
    ) {
        self.init(
            row: row, peer: peer, id: message.id, direction: direction,
            sentAt: Milliseconds.date(Milliseconds.of(message.sentAt)),
            storedAt: Milliseconds.date(storedAt), content: message.content, state: state)
    }
}
