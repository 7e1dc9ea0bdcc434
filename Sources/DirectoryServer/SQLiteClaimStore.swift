package import Directory
import FoundationEssentials
import GRDB
import Glibc
import Identity
package import Transparency

/// Entries in an SQLite file, and the hashes of their log. Nothing of presence is in it, no address above all.
package final class SQLiteClaimStore: ClaimStore {
    private let pool: DatabasePool

    /// Opens the file, or makes it (0600), and brings it to this version's form. Throws
    /// ``ClaimStoreError/newerVersion(path:)``, ``ClaimStoreError/corrupt(_:)`` or
    /// ``ClaimStoreError/unavailable(_:)``.
    package init(path: String) throws(ClaimStoreError) {
        do {
            try Self.makeFile(path)
            pool = try DatabasePool(path: path)
            let migrator = Self.migrator
            try pool.read { db in
                guard try !migrator.hasBeenSuperseded(db) else {
                    throw ClaimStoreError.newerVersion(path: path)
                }
                let report = try String.fetchAll(db, sql: "PRAGMA quick_check(1)")
                guard report == ["ok"] else { throw ClaimStoreError.corrupt("\(path): \(report.joined())") }
            }
            try migrator.migrate(pool)
            // GRDB sets NORMAL after it has opened a database in WAL mode, with which a commit may be lost when
            // the power fails; a claim must not be once it was answered.
            try pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                // Labels are random, so each entry touches pages of two indexes at random places. 64 MiB hold those of a million labels; 16 MiB
                // of the log of changes let several entries change a page before it is written back.
                try db.execute(sql: "PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4096")
            }
        } catch {
            throw Self.translate(error)
        }
    }

    /// Closes the file; every later call fails.
    package func close() throws(ClaimStoreError) {
        do {
            try pool.close()
        } catch {
            throw Self.translate(error)
        }
    }

    package func newest(_ label: Label) async throws(ClaimStoreError) -> LogEntry? {
        do {
            return try await pool.read { db in try Self.newest(label, in: db) }
        } catch {
            throw Self.translate(error)
        }
    }

    package func append(
        _ batch: [NewEntry], rules: ClaimRules
    ) async throws(ClaimStoreError) -> AppendedBatch {
        // Not the form that ends with the task: whoever leads a batch may lose its link while the others' entries are written.
        let result = await withCheckedContinuation { continuation in
            pool.asyncWrite({ db in try Self.append(batch, rules, in: db) }) { _, result in
                continuation.resume(returning: result)
            }
        }
        do {
            return try result.get()
        } catch {
            throw Self.translate(error)
        }
    }

    private static func append(
        _ batch: [NewEntry], _ rules: ClaimRules, in db: Database
    ) throws -> AppendedBatch {
        let before = try LogNodeTable(db).frontier()
        var after = before
        var nodes: [(node: LogNode, hash: NodeHash)] = []
        let results = try batch.map { new -> Result<UInt64, ClaimStoreError> in
            let position = after.size
            do {
                try append(new, at: position, rules, in: db)
            } catch let error as ClaimStoreError {
                return .failure(error)
            }
            nodes += after.append(new.entry.nodeHash)
            return .success(position)
        }
        try LogNodeTable(db).add(nodes)
        return AppendedBatch(results: results, before: before, after: after, nodes: nodes)
    }

    /// Throws ``ClaimStoreError`` before anything is changed, or what SQLite says.
    private static func append(
        _ new: NewEntry, at position: UInt64, _ rules: ClaimRules, in db: Database
    ) throws {
        let entry = new.entry
        let label = Data(entry.label.bytes)
        let newest = try newest(entry.label, in: db)
        let (before, after) = try BatchCheck.change(entry, after: newest, rules: rules) { identity in
            try Int.fetchOne(
                db.cachedStatement(sql: "SELECT COUNT(*) FROM holding WHERE identity = ?"),
                arguments: [Data(identity.bytes)]) ?? 0
        }
        if before != after {
            if before != nil {
                try db.execute(sql: "DELETE FROM holding WHERE label = ?", arguments: [label])
            }
            if let after {
                try db.cachedStatement(sql: "INSERT INTO holding (label, handle, identity) VALUES (?, ?, ?)")
                    .execute(arguments: [label, new.handle.text, Data(after.bytes)])
            }
        }
        try db.cachedStatement(
            sql: "INSERT INTO entry (position, label, sequence, bytes) VALUES (?, ?, ?, ?)"
        )
        .execute(
            arguments: [
                Int64(clamping: position), label, Int64(clamping: entry.sequence), Data(entry.bytes),
            ])
    }

    package func entryBytes(
        from position: UInt64, count: Int
    ) async throws(ClaimStoreError) -> [[UInt8]] {
        do {
            return try await pool.read { db in
                try Data.fetchAll(
                    db, sql: "SELECT bytes FROM entry WHERE position >= ? ORDER BY position LIMIT ?",
                    arguments: [Int64(clamping: position), max(0, count)]
                ).map { Array($0) }
            }
        } catch {
            throw Self.translate(error)
        }
    }

    package func entryBytes(
        of label: Label, from sequence: UInt64, below limit: UInt64, count: Int
    ) async throws(ClaimStoreError) -> [[UInt8]] {
        do {
            return try await pool.read { db in
                try Data.fetchAll(
                    db,
                    sql: """
                        SELECT bytes FROM entry WHERE label = ? AND sequence >= ? AND position < ?
                        ORDER BY sequence LIMIT ?
                        """,
                    arguments: [
                        Data(label.bytes), Int64(clamping: sequence), Int64(clamping: limit), max(0, count),
                    ]
                ).map { Array($0) }
            }
        } catch {
            throw Self.translate(error)
        }
    }

    package func load() async throws(ClaimStoreError) -> (log: LogFrontier, map: MapTree) {
        let result = await withCheckedContinuation { continuation in
            pool.asyncRead { opened in
                continuation.resume(
                    returning: Result {
                        let table = LogNodeTable(try opened.get())
                        let log = try table.frontier()
                        return (log: log, map: try table.map(of: log.size))
                    })
            }
        }
        do {
            return try result.get()
        } catch {
            throw Self.translate(error)
        }
    }

    package func withNodes<Value: Sendable>(
        _ body: @escaping @Sendable (any LogStorage) throws -> Value
    ) async throws(ClaimStoreError) -> Value {
        do {
            return try await pool.read { db in try body(LogNodeTable(db)) }
        } catch {
            throw Self.translate(error)
        }
    }

    /// SQLite's `PRAGMA synchronous` of the writing connection: 2 is FULL.
    package func synchronousLevel() throws(ClaimStoreError) -> Int? {
        do {
            return try pool.writeWithoutTransaction { db in try Int.fetchOne(db, sql: "PRAGMA synchronous") }
        } catch {
            throw Self.translate(error)
        }
    }

    /// Before SQLite does it, so that the file and those beside it are the owner's alone from the start.
    private static func makeFile(_ path: String) throws(ClaimStoreError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unavailable("\(path): \(String(cString: strerror(errno)))") }
        Glibc.close(descriptor)
    }

    /// Migrations only grow: a file knows by their names which version wrote it.
    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 entries") { db in
            // In the order of acceptance, from 0, so that a log can take them over as its leaves.
            try db.execute(
                sql: """
                    CREATE TABLE entry (
                        position INTEGER PRIMARY KEY,
                        label BLOB NOT NULL,
                        sequence INTEGER NOT NULL,
                        bytes BLOB NOT NULL,
                        UNIQUE (label, sequence)
                    ) STRICT;
                    CREATE TABLE holding (
                        label BLOB PRIMARY KEY,
                        handle TEXT NOT NULL UNIQUE,
                        identity BLOB NOT NULL
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX holding_by_identity ON holding (identity);
                    """)
        }
        migrator.registerMigration("2 log") { db in
            try db.execute(
                sql: "CREATE TABLE node (number INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT")
            try LogNodeTable(db).fill()
        }
        return migrator
    }

    private static func newest(_ label: Label, in db: Database) throws -> LogEntry? {
        try Data.fetchOne(
            db.cachedStatement(
                sql: "SELECT bytes FROM entry WHERE label = ? ORDER BY sequence DESC LIMIT 1"),
            arguments: [Data(label.bytes)]
        ).map(entry)
    }

    private static func entry(_ bytes: Data) throws -> LogEntry {
        do {
            return try LogEntry(bytes: Array(bytes))
        } catch {
            throw ClaimStoreError.corrupt("an entry in the store is not what was taken in")
        }
    }

    private static func translate(_ error: any Error) -> ClaimStoreError {
        switch error {
        case let error as ClaimStoreError: error
        case let error as DatabaseError
        where [.SQLITE_NOTADB, .SQLITE_CORRUPT].contains(error.resultCode.primaryResultCode):
            .corrupt("\(error)")
        case let error as MissingLogNode: .corrupt("the log lacks a hash: \(error.node)")
        default: .unavailable("\(error)")
        }
    }
}
