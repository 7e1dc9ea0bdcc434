import GRDB
import Identity
import Wire

/// What the writer remembers between transactions, so that a message costs one insertion: the conversations in use with their
/// marks, and which outgoing messages are not delivered. All of it can be read again from the database.
struct WriterState {
    let sealer: RowSealer
    let hasher: RowHasher

    /// By conversation row.
    private var conversations: [Int64: OpenConversation] = [:]
    private var rows: [PublicIdentity: Int64] = [:]
    /// Outgoing messages of the open conversations that are not delivered.
    private var pending: [Int64: Pending] = [:]
    private var dirty: Set<Int64> = []
    /// The highest row that a message ever had.
    private var lastRow: Int64?
    private var storedLastRow: Int64?
    private var plain: [UInt8] = []
    private var sealed = [UInt8](repeating: 0, count: 1_024)

    private struct Pending {
        let conversation: Int64
        var state: DeliveryState
    }

    /// Conversations that are remembered; a stranger is one, too.
    private static let conversationLimit = 1_000
    /// How far a stored `outboxFrom` may lag behind.
    private static let outboxStride: Int64 = 256

    init(sealer: RowSealer, hasher: RowHasher) {
        self.sealer = sealer
        self.hasher = hasher
    }

    /// After a rollback, since it holds what is not so any more.
    mutating func forget() {
        conversations = [:]
        rows = [:]
        pending = [:]
        dirty = []
        lastRow = nil
        storedLastRow = nil
    }

    /// Writes the changed marks; the last thing in a transaction.
    mutating func flush(_ database: Database) throws {
        for row in dirty {
            guard let record = conversations[row]?.record else { continue }
            let sealed = try sealer.seal(record.bytes, RowPlace(column: .conversation, row: row))
            let query = try Query(database, "UPDATE conversation SET sealed = ? WHERE row = ?")
            query.bind(copying: sealed, at: 1)
            query.bind(row, at: 2)
            try query.run()
        }
        dirty = []
        if let lastRow, lastRow != storedLastRow {
            let query = try Query(database, "UPDATE counter SET value = ? WHERE row = 1")
            query.bind(lastRow, at: 1)
            try query.run()
            storedLastRow = lastRow
        }
        if conversations.count > Self.conversationLimit { forget() }
    }
}

// MARK: Conversations

/// A conversation as the writer has it.
struct OpenConversation {
    var record: ConversationRecord
    /// Rows of outgoing messages in order of writing; those that are not pending any more are passed over.
    fileprivate var written: [Int64] = []
    fileprivate var head = 0
    fileprivate(set) var pendingCount = 0

    fileprivate init(record: ConversationRecord) {
        self.record = record
    }
}

extension WriterState {
    /// The row of the conversation, made when there is none.
    mutating func conversation(with peer: PublicIdentity, _ database: Database) throws -> Int64 {
        if let row = try existingConversation(with: peer, database) { return row }
        let insert = try Query(database, "INSERT INTO conversation (hash, sealed) VALUES (?, x'')")
        insert.bind(copying: try hasher.conversation(peer), at: 1)
        try insert.run()
        let row = database.lastInsertedRowID
        conversations[row] = OpenConversation(record: ConversationRecord(peer: peer.bytes))
        rows[peer] = row
        dirty.insert(row)
        return row
    }

    /// The row of the conversation; nil when there is none.
    mutating func existingConversation(with peer: PublicIdentity, _ database: Database) throws -> Int64? {
        if let row = rows[peer] { return row }
        let query = try Query(database, "SELECT row FROM conversation WHERE hash = ?")
        query.bind(copying: try hasher.conversation(peer), at: 1)
        guard let row = try query.first({ $0.int64(0) }) else { return nil }
        try open(row, database)
        rows[peer] = row
        return row
    }

    /// The record of a conversation that `conversation` or `existingConversation` gave.
    mutating func record(of row: Int64, _ database: Database) throws -> ConversationRecord {
        try open(row, database)
        guard let record = conversations[row]?.record else { throw Self.missing(row) }
        return record
    }

    mutating func change(
        _ row: Int64, _ database: Database, _ body: (inout ConversationRecord) -> Void
    ) throws {
        var record = try record(of: row, database)
        let before = record
        body(&record)
        guard record != before else { return }
        conversations[row]?.record = record
        dirty.insert(row)
    }

    /// Before something is deleted that may be remembered. What others changed in the same transaction is written first.
    mutating func writeAndForget(_ database: Database) throws {
        try flush(database)
        forget()
    }

    private static func missing(_ row: Int64) -> StoreError {
        .altered(table: SealedColumn.conversation.table, row: row)
    }

    private mutating func open(_ row: Int64, _ database: Database) throws {
        guard conversations[row] == nil else { return }
        let query = try Query(database, "SELECT sealed FROM conversation WHERE row = ?")
        query.bind(row, at: 1)
        guard let sealed = try query.first({ $0.bytes(0) }) else { throw Self.missing(row) }
        let record = try ConversationRecord(
            sealer.open(sealed, RowPlace(column: .conversation, row: row)))
        var conversation = OpenConversation(record: record)
        if let from = record.outboxFrom {
            let scan = try Query(
                database, "SELECT row, state FROM message WHERE conversation = ? AND row >= ? ORDER BY row")
            scan.bind(row, at: 1)
            scan.bind(from, at: 2)
            try scan.each { message in
                let place = RowPlace(column: .state, row: message.int64(0), conversation: row)
                if let state = try sealer.state(message.blob(1), place), state < .delivered {
                    conversation.written.append(place.row)
                    conversation.pendingCount += 1
                    pending[place.row] = Pending(conversation: row, state: state)
                }
                return true
            }
        }
        conversations[row] = conversation
    }
}

// MARK: Messages

extension WriterState {
    /// The row of the next message. Counted once a transaction and not by AUTOINCREMENT, which writes its own count for every
    /// message.
    private mutating func nextRow(_ database: Database) throws -> Int64 {
        // What an altered file says must not trap.
        let (row, overflow) = try highestRow(database).addingReportingOverflow(1)
        guard !overflow, row > 0 else { throw StoreError.unreadable(reason: "the row numbers are used up") }
        return row
    }

    /// The highest row that a message ever had.
    mutating func highestRow(_ database: Database) throws -> Int64 {
        if lastRow == nil {
            // The larger of both: a count that was put back must not lead to rows that are taken.
            let query = try Query(
                database,
                "SELECT MAX((SELECT value FROM counter WHERE row = 1), (SELECT IFNULL(MAX(row), 0) FROM message))"
            )
            lastRow = try query.first { $0.int64(0) } ?? 0
        }
        return lastRow ?? 0
    }

    /// Writes one message behind all others.
    ///
    /// - Parameter isPending: false for an outgoing message that is not to be delivered by this home.
    /// - Returns: Its row; nil when one with this direction, peer and id is there.
    mutating func insert(
        _ message: NewMessage, _ direction: MessageDirection, _ state: DeliveryState, storedAt: Int64,
        conversation: Int64, peer: PublicIdentity, isPending: Bool = true, _ database: Database
    ) throws -> Int64? {
        let row = try nextRow(database)
        MessageForm.encode(direction, message, storedAt: storedAt, into: &plain)
        let needed = plain.count + RowSealer.overhead
        if sealed.count < needed { sealed = [UInt8](repeating: 0, count: needed) }
        let count = try plain.withUnsafeBytes { plain in
            try sealed.withUnsafeMutableBytes {
                try sealer.seal(
                    plain, into: $0, RowPlace(column: .message, row: row, conversation: conversation))
            }
        }
        let stateByte = direction == .outgoing ? StateForm.encode(state) : StateForm.incoming
        let hash = try hasher.message(direction, peer.bytes, message.id)
        let query = try Query(
            database,
            "INSERT OR IGNORE INTO message (row, conversation, hash, state, sealed) VALUES (?, ?, ?, ?, ?)")
        try sealer.withSealedState(stateByte, RowPlace(column: .state, row: row, conversation: conversation))
        {
            stateColumn in
            try hash.withUnsafeBytes { hash in
                try sealed.withUnsafeBytes { sealed in
                    query.bind(row, at: 1)
                    query.bind(conversation, at: 2)
                    query.bind(hash, at: 3)
                    query.bind(stateColumn, at: 4)
                    query.bind(UnsafeRawBufferPointer(rebasing: sealed[..<count]), at: 5)
                    try query.run()
                }
            }
        }
        guard database.changes == 1 else { return nil }
        lastRow = row
        if isPending, direction == .outgoing, state < .delivered {
            try addPending(row, state, conversation, database)
        }
        return row
    }

    private mutating func addPending(
        _ row: Int64, _ state: DeliveryState, _ conversation: Int64, _ database: Database
    ) throws {
        try open(conversation, database)
        pending[row] = Pending(conversation: conversation, state: state)
        conversations[conversation]?.written.append(row)
        conversations[conversation]?.pendingCount += 1
        try change(conversation, database) { record in
            if record.outboxFrom == nil { record.outboxFrom = row }
        }
    }

    /// Raises the state of an outgoing message; nothing happens when it is that far, or not there.
    mutating func raise(_ row: Int64, to state: DeliveryState, _ database: Database) throws {
        let place: RowPlace
        if let known = pending[row] {
            guard known.state < state else { return }
            place = RowPlace(column: .state, row: row, conversation: known.conversation)
        } else {
            let query = try Query(database, "SELECT conversation, state FROM message WHERE row = ?")
            query.bind(row, at: 1)
            let found = try query.first { found in
                let place = RowPlace(column: .state, row: row, conversation: found.int64(0))
                return (place, try sealer.state(found.blob(1), place))
            }
            guard let (found, stored) = found, let stored, stored < state else { return }
            place = found
            // From here on the conversation's pending messages are known.
            try open(place.conversation, database)
        }
        let query = try Query(database, "UPDATE message SET state = ? WHERE row = ?")
        try sealer.withSealedState(StateForm.encode(state), place) { stateColumn in
            query.bind(stateColumn, at: 1)
            query.bind(row, at: 2)
            try query.run()
        }
        if state < .delivered {
            pending[row]?.state = state
        } else {
            try removePending(row, database)
        }
    }

    /// The message was delivered or deleted.
    mutating func removePending(_ row: Int64, _ database: Database) throws {
        guard let known = pending.removeValue(forKey: row),
            var conversation = conversations[known.conversation]
        else { return }
        // Out of the dictionary while it changes, so that its array is not copied.
        conversations[known.conversation] = nil
        conversation.pendingCount -= 1
        while conversation.head < conversation.written.count,
            pending[conversation.written[conversation.head]] == nil
        {
            conversation.head += 1
        }
        if conversation.head > 1_024, conversation.head * 2 > conversation.written.count {
            conversation.written.removeFirst(conversation.head)
            conversation.head = 0
        }
        let oldest =
            conversation.head < conversation.written.count ? conversation.written[conversation.head] : nil
        conversations[known.conversation] = conversation
        try change(known.conversation, database) { record in
            guard let oldest else { return record.outboxFrom = nil }
            if oldest - (record.outboxFrom ?? 0) >= Self.outboxStride { record.outboxFrom = oldest }
        }
    }

    /// Outgoing messages of a conversation that are not delivered.
    mutating func pendingCount(of conversation: Int64, _ database: Database) throws -> Int {
        try open(conversation, database)
        return conversations[conversation]?.pendingCount ?? 0
    }
}
