package import FoundationEssentials
import GRDB
package import Identity

/// Searching means opening what is stored, the newest first: the file has no index of words, which would say too much.
extension HomeStore {
    /// Messages in whose text or file name every word of the query occurs, the newest first.
    ///
    /// - Parameters:
    ///   - peer: nil to search all conversations.
    ///   - since: only messages stored at or after this time, by one's own clock.
    ///   - before: only rows below.
    package func search(
        _ query: SearchQuery, with peer: PublicIdentity?, since: Date?, before: Int64?, limit: Int
    ) async throws -> [StoredMessage] {
        guard limit > 0 else { return [] }
        var conversation: Int64?
        if let peer {
            conversation = try await read { [self] in try conversationRow(with: peer, $0) }
            if conversation == nil { return [] }
        }
        let search = Search(
            store: self, query: query, conversation: conversation, since: since.map(Milliseconds.of),
            limit: limit)
        return try await search.run(below: before ?? .max)
    }
}

/// One search: pieces of the table, the newest first, two of them at a time.
private struct Search {
    let store: HomeStore
    let query: SearchQuery
    let conversation: Int64?
    let since: Int64?
    let limit: Int

    /// Rows of the first piece: few, so that a hit among the newest is there at once.
    private static let firstSpan: Int64 = 1_000
    private static let span: Int64 = 8_000
    /// Where rows are sparse a piece grows, up to this.
    private static let widestSpan: Int64 = 1 << 40
    private static let readers = 2

    private struct Piece {
        var found: [StoredMessage] = []
        var looked = 0
    }

    func run(below: Int64) async throws -> [StoredMessage] {
        var found: [StoredMessage] = []
        var bound = below
        var span = Self.firstSpan
        var isFirst = true
        while found.count < limit {
            // The pieces of one round are next to each other; the newer one counts first.
            let pieces = try await withThrowingTaskGroup(of: (Int, Piece).self) { group in
                for index in 0..<(isFirst ? 1 : Self.readers) {
                    guard let top = try await newest(below: bound) else { break }
                    let bottom = max(0, top - span)
                    group.addTask { (index, try await piece(above: bottom, upTo: top)) }
                    bound = bottom + 1
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

    private func newest(below bound: Int64) async throws -> Int64? {
        try await store.read { database in
            let scope = conversation == nil ? "?1 IS NULL" : "conversation = ?1"
            let query = try Query(
                database, "SELECT row FROM message WHERE \(scope) AND row < ?2 ORDER BY row DESC LIMIT 1")
            if let conversation { query.bind(conversation, at: 1) }
            query.bind(bound, at: 2)
            return try query.first { $0.int64(0) }
        }
    }

    private func piece(above bottom: Int64, upTo top: Int64) async throws -> Piece {
        try await store.read { database in
            let scope = conversation == nil ? "?1 IS NULL" : "conversation = ?1"
            let rows = try Query(
                database,
                """
                SELECT row, conversation, state, sealed FROM message
                WHERE \(scope) AND row > ?2 AND row <= ?3 ORDER BY row
                """)
            if let conversation { rows.bind(conversation, at: 1) }
            rows.bind(bottom, at: 2)
            rows.bind(top, at: 3)
            var piece = Piece()
            var opener = MessageOpener(store: store)
            var folder = Folding()
            // Forward, since a disk reads ahead in that direction only; the newest are wanted, so older ones make way.
            try rows.each { row in
                piece.looked += 1
                let place = RowPlace(column: .message, row: row.int64(0), conversation: row.int64(1))
                let isFound = try opener.withPlain(row.blob(3), place) { content in
                    if let since, try MessageForm.storedAt(content) < since { return false }
                    return folder.withFolded(MessageForm.searchable(content)) { query.matches(folded: $0) }
                }
                if isFound {
                    piece.found.append(try opener.open(row, database))
                    if piece.found.count / 2 > limit { piece.found.removeFirst(piece.found.count - limit) }
                }
                return true
            }
            piece.found = piece.found.suffix(limit).reversed()
            return piece
        }
    }
}
