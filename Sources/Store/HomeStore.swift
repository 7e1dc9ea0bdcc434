import FoundationEssentials
import GRDB
package import Identity
import Sodium

/// The home's database: contacts and settings, each row sealed (see `RowSealer`).
///
/// What the file shows without the key: how many contacts there are, their sizes, in which order they were added, and when the
/// file was last written.
package final class HomeStore: Sendable {
    private let database: DatabaseQueue
    private let sealer: RowSealer

    /// Opens the database at `path`, making it (mode 0600) when it is not there.
    ///
    /// - Throws: `StoreError`.
    package init(path: String, keys: IdentityKeys) throws {
        sealer = RowSealer(key: try keys.storeKey("store"))
        database = try Self.mapErrors {
            // Made before SQLite opens it, so that it is never readable by others, whatever the umask is.
            if !FileManager.default.fileExists(atPath: path) {
                _ = FileManager.default.createFile(
                    atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
            }
            var configuration = Configuration()
            // One sync a commit instead of several: a first message waits for it on both sides.
            configuration.journalMode = .wal
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA secure_delete = ON") }
            let database = try DatabaseQueue(path: path, configuration: configuration)
            try Self.migrator.migrate(database)
            // After opening: what is set while preparing does not stay.
            try database.inDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            return database
        }
        // A database of another identity is noticed at once and not in the middle of something.
        _ = try settings()
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 contacts and settings") { database in
            try database.execute(
                sql: """
                    CREATE TABLE contact (row INTEGER PRIMARY KEY AUTOINCREMENT, sealed BLOB NOT NULL) STRICT;
                    CREATE TABLE setting (row INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
                    """)
        }
        return migrator
    }

    // MARK: Contacts

    /// Every contact, in the order in which they were pinned.
    package func contacts() throws -> [Contact] {
        try rows().map(\.contact)
    }

    /// Adds the contact, or replaces the one with the same identity.
    package func save(_ contact: Contact) throws {
        let known = try rows().first { $0.contact.identity == contact.identity }?.row
        let content = Array(try JSONEncoder().encode(StoredContact(contact)))
        try Self.mapErrors {
            try database.write { database in
                // The row number is part of what is sealed, so it is taken before the content is known.
                if known == nil { try database.execute(sql: "INSERT INTO contact (sealed) VALUES (x'')") }
                let row = known ?? database.lastInsertedRowID
                let sealed = Data(try sealer.seal(content, table: "contact", row: row))
                try database.execute(
                    sql: "UPDATE contact SET sealed = ? WHERE row = ?", arguments: [sealed, row])
            }
        }
    }

    /// Removes the contact; nothing happens when there is none.
    package func removeContact(_ identity: PublicIdentity) throws {
        guard let known = try rows().first(where: { $0.contact.identity == identity }) else { return }
        try Self.mapErrors {
            try database.write {
                try $0.execute(sql: "DELETE FROM contact WHERE row = ?", arguments: [known.row])
            }
        }
    }

    private func rows() throws -> [(row: Int64, contact: Contact)] {
        let stored = try Self.mapErrors {
            try database.read { try Row.fetchAll($0, sql: "SELECT row, sealed FROM contact ORDER BY row") }
                .map { (row: $0["row"] as Int64, sealed: [UInt8]($0["sealed"] as Data)) }
        }
        return try stored.map { stored in
            let content = try sealer.open(stored.sealed, table: "contact", row: stored.row)
            return (
                stored.row,
                try Self.decoding {
                    try JSONDecoder().decode(StoredContact.self, from: Data(content)).contact()
                }
            )
        }
    }

    // MARK: Settings

    /// What was registered; the defaults when nothing was yet.
    package func settings() throws -> HomeSettings {
        let sealed = try Self.mapErrors {
            try database.read {
                try Data.fetchOne(
                    $0, sql: "SELECT sealed FROM setting WHERE row = ?", arguments: [Self.settingsRow])
            }
        }
        guard let sealed else { return HomeSettings() }
        let content = try sealer.open([UInt8](sealed), table: "setting", row: Self.settingsRow)
        return try Self.decoding {
            try JSONDecoder().decode(StoredSettings.self, from: Data(content)).settings()
        }
    }

    package func save(_ settings: HomeSettings) throws {
        let content = Array(try JSONEncoder().encode(StoredSettings(settings)))
        let sealed = Data(try sealer.seal(content, table: "setting", row: Self.settingsRow))
        try Self.mapErrors {
            try database.write {
                try $0.execute(
                    sql: "INSERT OR REPLACE INTO setting (row, sealed) VALUES (?, ?)",
                    arguments: [Self.settingsRow, sealed])
            }
        }
    }

    private static let settingsRow: Int64 = 1

    // MARK: Durability

    struct Durability: Equatable {
        let journal: String
        /// 2 is FULL.
        let synchronous: Int
    }

    /// What is really in force on the writing connection; GRDB sets its own while it opens a database.
    func durability() throws -> Durability? {
        try Self.mapErrors {
            try database.inDatabase { database in
                guard let journal = try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                    let synchronous = try Int.fetchOne(database, sql: "PRAGMA synchronous")
                else { return nil }
                return Durability(journal: journal, synchronous: synchronous)
            }
        }
    }

    // MARK: Errors

    private static func mapErrors<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as DatabaseError {
            switch error.resultCode {
            case .SQLITE_NOTADB, .SQLITE_CORRUPT, .SQLITE_ERROR, .SQLITE_MISMATCH:
                throw StoreError.unreadable(reason: error.message ?? "not a database")
            default:
                throw StoreError.inputOutput(reason: error.message ?? error.resultCode.description)
            }
        }
    }

    private static func decoding<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch {
            throw StoreError.unreadable(reason: "a row holds what this version cannot read")
        }
    }
}
