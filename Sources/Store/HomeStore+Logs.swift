import FoundationEssentials
import GRDB
package import Identity

/// What was seen of directories' logs: their state, their entries, and what convicts one of lying. What it means is module
/// Directory's; here it is bytes.
extension HomeStore {
    /// The state kept of a directory's log; nil when there is none.
    package func logState(of directory: PublicIdentity) throws -> [UInt8]? {
        try StoreError.mapping {
            try pool.read { [self] database in
                let query = try Query(database, "SELECT row, sealed FROM log WHERE hash = ?")
                query.bind(copying: try hasher.log(directory), at: 1)
                return try query.first {
                    try sealer.open($0.bytes(1), RowPlace(column: .log, row: $0.int64(0)))
                }
            }
        }
    }

    /// Keeps the state of a directory's log. Durable when it returns.
    ///
    /// - Parameter state: asked for when it is written: of two who keep at once, the later one's is there at the end.
    package func keepLogState(
        of directory: PublicIdentity, _ state: @escaping @Sendable () throws -> [UInt8]
    ) async throws {
        try await writer.write { [self] database, _ in
            let row = try logRow(of: directory, database)
            let sealed = Data(try sealer.seal(state(), RowPlace(column: .log, row: row)))
            try database.execute(
                sql: "UPDATE log SET sealed = ? WHERE row = ?", arguments: [sealed, row])
        }
    }

    /// A page of the entries of a directory's log; nil when it is not there.
    package func logPage(_ number: Int, of directory: PublicIdentity) async throws -> [UInt8]? {
        try await read { [self] database in
            let found = try Query(database, "SELECT row FROM log WHERE hash = ?")
            found.bind(copying: try hasher.log(directory), at: 1)
            guard let log = try found.first({ $0.int64(0) }) else { return nil }
            let row = try Self.pageRow(number, ofLog: log)
            let query = try Query(database, "SELECT sealed FROM log_page WHERE row = ?")
            query.bind(row, at: 1)
            return try query.first {
                try sealer.open($0.bytes(0), RowPlace(column: .logPage, row: row))
            }
        }
    }

    /// Keeps a page, in place of the one with that number.
    package func keepLogPage(
        _ content: [UInt8], number: Int, of directory: PublicIdentity
    ) async throws {
        try await writer.write { [self] database, _ in
            let row = try Self.pageRow(number, ofLog: logRow(of: directory, database))
            let sealed = Data(try sealer.seal(content, RowPlace(column: .logPage, row: row)))
            try database.execute(
                sql: "INSERT OR REPLACE INTO log_page (row, sealed) VALUES (?, ?)", arguments: [row, sealed])
        }
    }

    /// What convicts directories, the oldest first, each with its number.
    package func evidence() async throws -> [(number: Int64, content: [UInt8])] {
        try await read { [self] database in
            let query = try Query(database, "SELECT row, sealed FROM evidence ORDER BY row")
            var evidence: [(number: Int64, content: [UInt8])] = []
            try query.each {
                let row = $0.int64(0)
                evidence.append(
                    (row, try sealer.open($0.bytes(1), RowPlace(column: .evidence, row: row))))
                return true
            }
            return evidence
        }
    }

    package func keep(evidence content: [UInt8]) async throws {
        try await writer.write { [self] database, _ in
            try database.execute(sql: "INSERT INTO evidence (sealed) VALUES (x'')")
            let row = database.lastInsertedRowID
            let sealed = Data(try sealer.seal(content, RowPlace(column: .evidence, row: row)))
            try database.execute(
                sql: "UPDATE evidence SET sealed = ? WHERE row = ?", arguments: [sealed, row])
        }
    }

    /// The row of a directory, made when it is not there: a row number is part of what is sealed.
    private func logRow(of directory: PublicIdentity, _ database: Database) throws -> Int64 {
        let hash = Data(try hasher.log(directory))
        try database.execute(
            sql: "INSERT OR IGNORE INTO log (hash, sealed) VALUES (?, x'')", arguments: [hash])
        guard
            let row = try Int64.fetchOne(
                database, sql: "SELECT row FROM log WHERE hash = ?", arguments: [hash])
        else { throw StoreError.altered(table: SealedColumn.log.table, row: 0) }
        return row
    }

    private static func pageRow(_ number: Int, ofLog log: Int64) throws -> Int64 {
        guard log >= 0, log < 1 << 30, let number = UInt32(exactly: number) else {
            throw StoreError.unreadable(reason: "a log has no such page")
        }
        return log << 32 | Int64(number)
    }
}
