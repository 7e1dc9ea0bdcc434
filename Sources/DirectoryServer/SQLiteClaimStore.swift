package import Directory
import FoundationEssentials
import GRDB
import Glibc
package import Identity

/// Entries in an SQLite file. Nothing of presence is in it, no address above all.
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
            try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
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
        _ entry: LogEntry, handle: Handle, rules: ClaimRules
    ) async throws(ClaimStoreError) {
        do {
            try await pool.write { db in
                let newest = try Self.newest(entry.label, in: db)
                do throws(EntryRefusal) {
                    try entry.check(after: newest, operator: rules.operator)
                } catch {
                    throw ClaimStoreError(error, entry, after: newest)
                }
                let (before, after) = (LabelState(newest).counted, LabelState(entry).counted)
                if before != after {
                    try db.execute(
                        sql: "DELETE FROM holding WHERE label = ?", arguments: [Data(entry.label.bytes)])
                    if let after {
                        try Self.insert(after, handle, entry.label, limit: rules.handlesPerIdentity, in: db)
                    }
                }
                try db.execute(
                    sql: """
                        INSERT INTO entry (position, label, sequence, bytes)
                        VALUES ((SELECT COALESCE(MAX(position) + 1, 0) FROM entry), ?, ?, ?)
                        """,
                    arguments: [Data(entry.label.bytes), Int64(clamping: entry.sequence), Data(entry.bytes)])
            }
        } catch {
            throw Self.translate(error)
        }
    }

    package func entries(from position: Int, count: Int) async throws(ClaimStoreError) -> [LogEntry] {
        do {
            return try await pool.read { db in
                let rows = try Data.fetchAll(
                    db, sql: "SELECT bytes FROM entry WHERE position >= ? ORDER BY position LIMIT ?",
                    arguments: [position, max(0, count)])
                return try rows.map(Self.entry)
            }
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
        return migrator
    }

    private static func insert(
        _ holder: PublicIdentity, _ handle: Handle, _ label: Label, limit: Int, in db: Database
    ) throws {
        let held = try Int.fetchOne(
            db, sql: "SELECT COUNT(*) FROM holding WHERE identity = ?", arguments: [Data(holder.bytes)])
        guard held ?? 0 < limit else { throw ClaimStoreError.tooManyHandles }
        try db.execute(
            sql: "INSERT INTO holding (label, handle, identity) VALUES (?, ?, ?)",
            arguments: [Data(label.bytes), handle.text, Data(holder.bytes)])
    }

    private static func newest(_ label: Label, in db: Database) throws -> LogEntry? {
        try Data.fetchOne(
            db, sql: "SELECT bytes FROM entry WHERE label = ? ORDER BY sequence DESC LIMIT 1",
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
        default: .unavailable("\(error)")
        }
    }
}
