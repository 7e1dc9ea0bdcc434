import FoundationEssentials
import GRDB
import Identity

/// The tables and how they came to be (docs/storage.md). A step that was once released is never changed.
struct Schema {
    static let first = "1 contacts and settings"
    static let second = "2 messages, keyed hashes and a data key"
    static let third = "3 logs of directories"
    static let steps = [first, second, third]

    let identity: IdentityKeys

    var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration(Self.first) { database in
            try database.execute(
                sql: """
                    CREATE TABLE contact (row INTEGER PRIMARY KEY AUTOINCREMENT, sealed BLOB NOT NULL) STRICT;
                    CREATE TABLE setting (row INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
                    """)
        }
        migrator.registerMigration(Self.second) { [identity] database in
            try Self.addMessages(database, identity)
        }
        migrator.registerMigration(Self.third) { database in
            try database.execute(
                sql: """
                    CREATE TABLE log (
                        row INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE, sealed BLOB NOT NULL
                    ) STRICT;
                    CREATE TABLE log_page (row INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
                    CREATE TABLE evidence (
                        row INTEGER PRIMARY KEY AUTOINCREMENT, sealed BLOB NOT NULL
                    ) STRICT;
                    """)
        }
        return migrator
    }

    private static func addMessages(_ database: Database, _ identity: IdentityKeys) throws {
        try database.execute(
            sql: """
                CREATE TABLE meta (row INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
                ALTER TABLE contact ADD COLUMN hash BLOB;
                CREATE UNIQUE INDEX contact_hash ON contact (hash);
                CREATE TABLE conversation (
                    row INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE, sealed BLOB NOT NULL
                ) STRICT;
                CREATE TABLE message (
                    row INTEGER PRIMARY KEY, conversation INTEGER NOT NULL,
                    hash BLOB NOT NULL UNIQUE, state BLOB NOT NULL, sealed BLOB NOT NULL
                ) STRICT;
                CREATE TABLE counter (row INTEGER PRIMARY KEY, value INTEGER NOT NULL) STRICT;
                INSERT INTO counter (row, value) VALUES (1, 0);
                CREATE INDEX message_conversation ON message (conversation);
                CREATE TABLE transfer (
                    row INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL UNIQUE, sealed BLOB NOT NULL
                ) STRICT;
                """)
        let (keys, wrapped) = try StoreKeys.make(for: identity)
        try database.execute(
            sql: "INSERT INTO meta (row, sealed) VALUES (?, ?)", arguments: [StoreKeys.row, Data(wrapped)])
        try resealFirstVersion(database, identity, keys)
    }

    /// The first version sealed contacts and settings under a key of the identity itself.
    private static func resealFirstVersion(
        _ database: Database, _ identity: IdentityKeys, _ keys: StoreKeys
    ) throws {
        let old = FirstSealer(key: try identity.storeKey("store"))
        for column in [SealedColumn.contact, .setting] {
            let rows = try Row.fetchAll(database, sql: "SELECT row, sealed FROM \(column.table)")
            for stored in rows {
                let row: Int64 = stored["row"]
                let content = try old.open(Array(stored["sealed"] as Data), table: column.table, row: row)
                let sealed = Data(try keys.sealer.seal(content, RowPlace(column: column, row: row)))
                try database.execute(
                    sql: "UPDATE \(column.table) SET sealed = ? WHERE row = ?", arguments: [sealed, row])
                guard column == .contact else { continue }
                let contact = try StoredContact.read(content).contact()
                try database.execute(
                    sql: "UPDATE contact SET hash = ? WHERE row = ?",
                    arguments: [Data(try keys.hasher.contact(contact.identity)), row])
            }
        }
    }
}
