import GRDB
package import Identity
package import Wire

/// Finding single messages, and reading them in order.
extension HomeStore {
    package func message(
        _ id: MessageID, with peer: PublicIdentity, direction: MessageDirection
    ) async throws -> StoredMessage? {
        try await read { [self] in try find(id, with: peer, direction, $0) }
    }

    /// The row of an incoming message with this id; the smallest when several peers used it, since an id means nothing between
    /// senders. Nil when there is none.
    package func row(ofIncoming id: MessageID) async throws -> Int64? {
        try await read { [self] database in
            var smallest: Int64?
            for (_, record) in try conversationRecords(database) {
                let query = try Query(database, "SELECT row FROM message WHERE hash = ?")
                query.bind(copying: try hasher.message(.incoming, record.peer, id), at: 1)
                if let row = try query.first({ $0.int64(0) }) { smallest = min(smallest ?? row, row) }
            }
            return smallest
        }
    }

    /// Messages in ascending order of rows, of one conversation or of all.
    ///
    /// - Parameters:
    ///   - after: with it, the first ones above this row; without, the last ones.
    ///   - before: only rows below.
    package func history(
        with peer: PublicIdentity?, after: Int64?, before: Int64?, limit: Int
    ) async throws -> [StoredMessage] {
        guard limit > 0 else { return [] }
        return try await read { [self] database in
            var conversation: Int64?
            if let peer {
                conversation = try conversationRow(with: peer, database)
                if conversation == nil { return [] }
            }
            let scope = conversation == nil ? "?1 IS NULL" : "conversation = ?1"
            let query = try Query(
                database,
                """
                SELECT row, conversation, state, sealed FROM message
                WHERE \(scope) AND row > ?2 AND row < ?3 ORDER BY row \(after == nil ? "DESC" : "ASC") LIMIT ?4
                """)
            if let conversation { query.bind(conversation, at: 1) }
            query.bind(after ?? 0, at: 2)
            query.bind(before ?? .max, at: 3)
            query.bind(Int64(limit), at: 4)
            var messages: [StoredMessage] = []
            var opener = MessageOpener(store: self)
            try query.each { row in
                messages.append(try opener.open(row, database))
                return true
            }
            if after == nil { messages.reverse() }
            return messages
        }
    }

    // MARK: Pieces

    func find(
        _ id: MessageID, with peer: PublicIdentity, _ direction: MessageDirection, _ database: Database
    ) throws -> StoredMessage? {
        let query = try Query(database, "SELECT row, conversation, state, sealed FROM message WHERE hash = ?")
        query.bind(copying: try hasher.message(direction, peer.bytes, id), at: 1)
        var opener = MessageOpener(store: self)
        return try query.first { try opener.open($0, database) }
    }

    /// Every conversation, in the order in which they began.
    func conversationRecords(_ database: Database) throws -> [(row: Int64, record: ConversationRecord)] {
        let query = try Query(database, "SELECT row, sealed FROM conversation ORDER BY row")
        var records: [(row: Int64, record: ConversationRecord)] = []
        try query.each { stored in
            let place = RowPlace(column: .conversation, row: stored.int64(0))
            records.append((place.row, try ConversationRecord(sealer.open(stored.bytes(1), place))))
            return true
        }
        return records
    }
}

/// Opens messages one after the other in the same memory.
struct MessageOpener {
    private let store: HomeStore
    private var plain = [UInt8](repeating: 0, count: 1_024)

    init(store: HomeStore) {
        self.store = store
    }

    /// The message of a result with the columns row, conversation, state, sealed.
    mutating func open(_ row: Query, _ database: Database) throws -> StoredMessage {
        let number = row.int64(0)
        let conversation = row.int64(1)
        let state = try store.sealer.state(
            row.blob(2), RowPlace(column: .state, row: number, conversation: conversation))
        let peer = try store.peer(ofConversation: conversation, database)
        return try withPlain(row.blob(3), RowPlace(column: .message, row: number, conversation: conversation))
        {
            try MessageForm.decode($0, row: number, peer: peer, state: state ?? .delivered)
        }
    }

    /// Lends the content of a sealed message.
    mutating func withPlain<R>(
        _ sealed: UnsafeRawBufferPointer, _ place: RowPlace, _ body: (UnsafeRawBufferPointer) throws -> R
    ) throws -> R {
        if plain.count < sealed.count { plain = [UInt8](repeating: 0, count: sealed.count) }
        return try plain.withUnsafeMutableBytes { plain in
            let count = try store.sealer.open(sealed, into: plain, place)
            return try body(UnsafeRawBufferPointer(rebasing: plain[..<count]))
        }
    }
}
