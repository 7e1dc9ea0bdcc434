package import FoundationEssentials
import GRDB
package import Identity

/// From which end a search begins.
package enum SearchOrder: Sendable {
    case newestFirst, oldestFirst
}

/// Searching means opening what is stored: the file has no index of words, which would say too much.
extension HomeStore {
    /// Messages in whose text or file name every word of the query occurs.
    ///
    /// - Parameters:
    ///   - peer: nil to search all conversations.
    ///   - since: only messages stored at or after this time, by one's own clock.
    ///   - after: only rows above.
    ///   - before: only rows below.
    package func search(
        _ query: SearchQuery, with peer: PublicIdentity?, since: Date?, after: Int64? = nil, before: Int64?,
        order: SearchOrder = .newestFirst, limit: Int
    ) async throws -> [StoredMessage] {
        let (after, before) = (max(after ?? 0, 0), before ?? .max)
        guard limit > 0, after < before else { return [] }
        var conversation: Int64?
        if let peer {
            conversation = try await read { [self] in try conversationRow(with: peer, $0) }
            if conversation == nil { return [] }
        }
        let search = Search(
            store: self, wanted: Wanted(query, since: since), conversation: conversation, order: order,
            limit: limit)
        return try await search.run(after: after, before: before)
    }
}

/// What a message has to be like to be found.
struct Wanted: Sendable {
    let query: SearchQuery
    let since: Int64?

    init(_ query: SearchQuery, since: Date?) {
        self.query = query
        self.since = since.map(Milliseconds.of)
    }

    /// - Parameter content: As `MessageForm` has it.
    func holds(_ content: UnsafeRawBufferPointer, _ folder: inout Folding) throws -> Bool {
        if let since, try MessageForm.storedAt(content) < since { return false }
        return folder.withFolded(MessageForm.searchable(content)) { query.matches(folded: $0) }
    }
}

/// One search: pieces of the table, from one end to the other, two of them at a time.
private struct Search {
    let store: HomeStore
    let wanted: Wanted
    let conversation: Int64?
    let order: SearchOrder
    let limit: Int

    /// Rows of the first piece: few, so that a hit near the end where it begins is there at once.
    private static let firstSpan: Int64 = 1_000
    private static let span: Int64 = 8_000
    /// Where rows are sparse a piece grows, up to this.
    private static let widestSpan: Int64 = 1 << 40
    private static let readers = 2

    private struct Piece {
        var found: [StoredMessage] = []
        var looked = 0
    }

    /// Both bounds are outside of what is looked at.
    func run(after: Int64, before: Int64) async throws -> [StoredMessage] {
        var found: [StoredMessage] = []
        var (after, before) = (after, before)
        var span = Self.firstSpan
        var isFirst = true
        while found.count < limit {
            // The pieces of one round are next to each other, and count in the order of the search.
            let pieces = try await withThrowingTaskGroup(of: (Int, Piece).self) { group in
                for index in 0..<(isFirst ? 1 : Self.readers) {
                    guard let end = try await end(after: after, before: before) else { break }
                    let rows: ClosedRange<Int64>
                    switch order {
                    case .newestFirst:
                        rows = max(after + 1, end - span + 1)...end
                        before = rows.lowerBound
                    case .oldestFirst:
                        rows = end...end + min(span - 1, before - 1 - end)
                        after = rows.upperBound
                    }
                    group.addTask { (index, try await piece(rows)) }
                }
                var pieces: [(Int, Piece)] = []
                for try await piece in group { pieces.append(piece) }
                return pieces.sorted { $0.0 < $1.0 }.map(\.1)
            }
            guard !pieces.isEmpty else { break }
            found += pieces.flatMap(\.found)
            if !isFirst, pieces.reduce(0, { $0 + $1.looked }) < Int(Self.span) / 8 {
                span = min(span * 2, Self.widestSpan)
            } else {
                span = Self.span
            }
            isFirst = false
        }
        return Array(found.prefix(limit))
    }

    /// The row with which the rest begins; nil where there is none.
    private func end(after: Int64, before: Int64) async throws -> Int64? {
        try await store.read { database in
            let scope = conversation == nil ? "?1 IS NULL" : "conversation = ?1"
            let direction = order == .newestFirst ? "DESC" : "ASC"
            let query = try Query(
                database,
                """
                SELECT row FROM message WHERE \(scope) AND row > ?2 AND row < ?3 ORDER BY row \(direction) LIMIT 1
                """)
            if let conversation { query.bind(conversation, at: 1) }
            query.bind(after, at: 2)
            query.bind(before, at: 3)
            return try query.first { $0.int64(0) }
        }
    }

    private func piece(_ range: ClosedRange<Int64>) async throws -> Piece {
        try await store.read { database in
            let scope = conversation == nil ? "?1 IS NULL" : "conversation = ?1"
            let rows = try Query(
                database,
                """
                SELECT row, conversation, state, sealed FROM message
                WHERE \(scope) AND row >= ?2 AND row <= ?3 ORDER BY row
                """)
            if let conversation { rows.bind(conversation, at: 1) }
            rows.bind(range.lowerBound, at: 2)
            rows.bind(range.upperBound, at: 3)
            var piece = Piece()
            var opener = MessageOpener(store: store)
            var folder = Folding()
            // Forward, since a disk reads ahead in that direction only; where the newest are wanted, older ones make way.
            try rows.each { row in
                piece.looked += 1
                let place = RowPlace(column: .message, row: row.int64(0), conversation: row.int64(1))
                guard try opener.withPlain(row.blob(3), place, { try wanted.holds($0, &folder) }) else {
                    return true
                }
                piece.found.append(try opener.open(row, database))
                if order == .oldestFirst { return piece.found.count < limit }
                if piece.found.count / 2 > limit { piece.found.removeFirst(piece.found.count - limit) }
                return true
            }
            if order == .newestFirst { piece.found = piece.found.suffix(limit).reversed() }
            return piece
        }
    }
}
