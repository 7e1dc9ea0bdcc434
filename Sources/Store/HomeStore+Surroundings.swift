package import FoundationEssentials
import GRDB
import Identity
import Wire

/// What stands around a found message in its conversation.
package struct Surroundings: Sendable, Equatable {
    package var before: [StoredMessage] = []
    /// Up to the next one that is found itself.
    package var after: [StoredMessage] = []
}

extension HomeStore {
    /// What stands around found messages, read at once.
    ///
    /// - Parameters:
    ///   - found: Found by the same query, in any order.
    ///   - count: So many messages before each, and so many after it.
    ///   - most: How many messages are given with the found ones, and how many bytes of text; each side of one has no more
    ///     bytes either.
    /// - Returns: Of as many of the first found ones as fit, at least of one.
    package func surroundings(
        of found: [StoredMessage], _ count: Int, _ query: SearchQuery, since: Date?,
        atMost most: (messages: Int, bytes: Int)
    ) async throws -> [Surroundings] {
        let wanted = Wanted(query, since: since)
        return try await read { [self] database in
            var conversations: [PublicIdentity: Int64] = [:]
            var neighbours = Neighbours(store: self, wanted: wanted, count: count, bytes: most.bytes)
            var (messages, bytes) = (0, 0)
            var result: [Surroundings] = []
            for message in found {
                let known = try conversations[message.peer] ?? conversationRow(with: message.peer, database)
                conversations[message.peer] = known
                var around = Surroundings()
                // Deleted meanwhile, it has none.
                if let known {
                    around.before = try neighbours.before(message.row, known, database)
                    around.after = try neighbours.after(message.row, known, database)
                }
                let all = around.before + [message] + around.after
                messages += all.count
                bytes += all.reduce(0) { $0 + $1.textBytes }
                guard result.isEmpty || messages <= most.messages && bytes <= most.bytes else { break }
                result.append(around)
            }
            return result
        }
    }
}

private struct Neighbours {
    let wanted: Wanted
    let count: Int
    let bytes: Int
    private var opener: MessageOpener
    private var folder = Folding()

    init(store: HomeStore, wanted: Wanted, count: Int, bytes: Int) {
        self.wanted = wanted
        self.count = count
        self.bytes = bytes
        opener = MessageOpener(store: store)
    }

    mutating func before(_ row: Int64, _ conversation: Int64, _ database: Database) throws -> [StoredMessage]
    {
        let sql = """
            SELECT row, conversation, state, sealed FROM message
            WHERE conversation = ?1 AND row < ?2 ORDER BY row DESC LIMIT ?3
            """
        return try read(sql, row, conversation, database, endsAtFound: false).reversed()
    }

    mutating func after(_ row: Int64, _ conversation: Int64, _ database: Database) throws -> [StoredMessage] {
        let sql = """
            SELECT row, conversation, state, sealed FROM message
            WHERE conversation = ?1 AND row > ?2 ORDER BY row LIMIT ?3
            """
        return try read(sql, row, conversation, database, endsAtFound: true)
    }

    private mutating func read(
        _ sql: String, _ row: Int64, _ conversation: Int64, _ database: Database, endsAtFound: Bool
    ) throws -> [StoredMessage] {
        let query = try Query(database, sql)
        query.bind(conversation, at: 1)
        query.bind(row, at: 2)
        query.bind(Int64(count), at: 3)
        var messages: [StoredMessage] = []
        var size = 0
        try query.each { stored in
            let place = RowPlace(column: .message, row: stored.int64(0), conversation: conversation)
            if endsAtFound, try opener.withPlain(stored.blob(3), place, { try wanted.holds($0, &folder) }) {
                return false
            }
            let message = try opener.open(stored, database)
            size += message.textBytes
            guard messages.isEmpty || size <= bytes else { return false }
            messages.append(message)
            return true
        }
        return messages
    }
}

extension StoredMessage {
    fileprivate var textBytes: Int {
        guard case .text(let text) = content else { return 0 }
        return text.utf8.count
    }
}
