import FoundationEssentials
import GRDB
package import Identity
import Synchronization

/// The home's database: contacts, settings, messages, what is still to be delivered, transfers. Everything that says something
/// is sealed (docs/storage.md has the tables, the keys, and what the file shows without them).
///
/// Methods that are `async` never block a thread of the caller's; writes are durable when they return. Those that are not are for
/// contacts and settings, which are few.
package final class HomeStore: Sendable {
    let pool: DatabasePool
    let sealer: RowSealer
    let hasher: RowHasher
    let writer: GroupWriter
    /// Checking an identity costs more than opening a message, and conversations are few.
    private let identities = Mutex<[Int64: PublicIdentity]>([:])

    /// Opens the database at `path`, making it (mode 0600) when it is not there, and bringing an older one up to date.
    ///
    /// - Throws: `StoreError`. A file that this program cannot use is left as it is.
    package init(path: String, keys: IdentityKeys) throws {
        let schema = Schema(identity: keys)
        try DatabaseCheck.run(path: path, identity: keys)
        (pool, sealer, hasher) = try StoreError.mapping {
            // Made before SQLite opens it, so that it is never readable by others, whatever the umask is.
            if !FileManager.default.fileExists(atPath: path) {
                _ = FileManager.default.createFile(
                    atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
            }
            let pool = try DatabasePool(path: path, configuration: Self.configuration)
            try schema.migrator.migrate(pool)
            // After opening: what is set while preparing does not stay.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            let rows = try pool.read { try Self.wrappedKeys($0) }
            let storeKeys = try StoreKeys(rows: rows, for: keys)
            return (pool, storeKeys.sealer, storeKeys.hasher)
        }
        writer = GroupWriter(pool: pool, sealer: sealer, hasher: hasher)
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.maximumReaderCount = 4
        // A checkpoint after a deletion waits for those who still read the older state.
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA secure_delete = ON;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA cell_size_check = ON;
                    """)
        }
        return configuration
    }

    /// Reads one state of the database, without waiting for writers.
    func read<R: Sendable>(_ body: @escaping @Sendable (Database) throws -> R) async throws -> R {
        do {
            return try await pool.read(body)
        } catch {
            throw StoreError.from(error)
        }
    }

    /// Whose conversation this is. Rows of conversations are never used twice, so an answer stays true.
    func peer(ofConversation row: Int64, _ database: Database) throws -> PublicIdentity {
        if let known = identities.withLock({ $0[row] }) { return known }
        guard let record = try conversationRecord(row, database) else {
            throw StoreError.altered(table: SealedColumn.conversation.table, row: row)
        }
        let identity: PublicIdentity
        do {
            identity = try PublicIdentity(bytes: record.peer)
        } catch {
            throw StoredForm.unknown
        }
        identities.withLock { identities in
            if identities.count > Self.identityLimit { identities = [:] }
            // Not over what a change of the peer's key has put there meanwhile.
            if identities[row] == nil { identities[row] = identity }
        }
        return identity
    }

    /// A conversation has another peer from now on: its peer's new key.
    func remember(_ peer: PublicIdentity, ofConversation row: Int64) {
        identities.withLock { $0[row] = peer }
    }

    /// Every form in which the data key is kept.
    static func wrappedKeys(_ database: Database) throws -> [(row: Int64, wrapped: [UInt8])] {
        let query = try Query(database, StoreKeys.query)
        var rows: [(row: Int64, wrapped: [UInt8])] = []
        try query.each { stored in
            rows.append((stored.int64(0), stored.bytes(1)))
            return true
        }
        return rows
    }

    private static let identityLimit = 10_000

    func conversationRecord(_ row: Int64, _ database: Database) throws -> ConversationRecord? {
        let query = try Query(database, "SELECT sealed FROM conversation WHERE row = ?")
        query.bind(row, at: 1)
        return try query.first {
            try ConversationRecord(sealer.open($0.bytes(0), RowPlace(column: .conversation, row: row)))
        }
    }

    /// The row of the conversation; nil when there is none.
    func conversationRow(with peer: PublicIdentity, _ database: Database) throws -> Int64? {
        let query = try Query(database, "SELECT row FROM conversation WHERE hash = ?")
        query.bind(copying: try hasher.conversation(peer), at: 1)
        return try query.first { $0.int64(0) }
    }

    // MARK: Durability

    struct Durability: Equatable {
        let journal: String
        /// 2 is FULL.
        let synchronous: Int
        let secureDelete: Int
    }

    /// What is really in force on the writing connection; GRDB sets its own while it opens a database.
    func durability() throws -> Durability? {
        try StoreError.mapping {
            try pool.writeWithoutTransaction { database in
                guard let journal = try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                    let synchronous = try Int.fetchOne(database, sql: "PRAGMA synchronous"),
                    let secureDelete = try Int.fetchOne(database, sql: "PRAGMA secure_delete")
                else { return nil }
                return Durability(
                    journal: journal, synchronous: synchronous, secureDelete: secureDelete)
            }
        }
    }
}
