import FoundationEssentials
import GRDB
import Identity
import Sodium
import TestSupport
import Testing

@testable import Store

/// Files of earlier versions are read, and brought up to date.
@Suite struct MigrationTests {
    private let home: StoreHome

    init() throws {
        home = try StoreHome()
    }

    /// A database as the first version wrote it: rows sealed under a key of the identity, contacts without the later fields.
    private func makeFirstVersion(_ keys: IdentityKeys) throws {
        let database = try DatabaseQueue(path: home.path)
        try Schema(identity: home.keys).migrator.migrate(database, upTo: Schema.first)
        let key = try keys.storeKey("store")
        func seal(_ json: String, _ table: String, _ row: Int64) throws -> Data {
            let nonce = RandomBytes.bytes(24)
            let place = Array("p2pchat/1 row \(table) ".utf8) + withUnsafeBytes(of: row.bigEndian, Array.init)
            return Data(
                nonce + (try XChaCha20Poly1305.seal(Array(json.utf8), key: key, nonce: nonce, ad: place)))
        }
        try database.write { database in
            for (row, identity) in [(2, home.bob), (5, home.alice)] {
                let json = """
                    {"identity":"\(identity.fingerprint)","handles":[{"directory":"\(home.alice.fingerprint)",\
                    "handle":"bobby"}],"isVerified":true,"since":700000000}
                    """
                try database.execute(
                    sql: "INSERT INTO contact (row, sealed) VALUES (?, ?)",
                    arguments: [row, seal(json, "contact", Int64(row))])
            }
            try database.execute(
                sql: "INSERT INTO setting (row, sealed) VALUES (1, ?)",
                arguments: [seal(#"{"handle":"alice","isDiscoverable":true}"#, "setting", 1)])
        }
        try database.close()
    }

    @Test func theFirstVersionIsBroughtUpToDate() async throws {
        try makeFirstVersion(home.keys)
        do {
            let store = try home.open()
            let contacts = try store.contacts()
            #expect(contacts.map(\.identity) == [home.bob, home.alice])
            #expect(contacts.allSatisfy { $0.standing == .accepted && $0.nickname == nil && !$0.isMuted })
            #expect(contacts[0].handles == [KnownHandle(directory: home.alice, handle: try Handle("bobby"))])
            #expect(contacts[0].since == Date(timeIntervalSinceReferenceDate: 700_000_000))
            #expect(try store.settings() == HomeSettings(handle: try Handle("alice"), isDiscoverable: true))
            // Found by hash from now on.
            try store.removeContact(home.alice)
            _ = try await store.appendOutgoing([message(1)], to: home.bob, at: time(0))
        }
        let again = try home.open()
        #expect(try again.contacts().map(\.identity) == [home.bob])
        #expect(try await again.outboxCount(of: home.bob) == 1)
    }

    @Test func theFirstVersionOfAnotherIdentityStaysAsItIs() throws {
        try makeFirstVersion(StoreHome.keys(9))
        let before = try home.files()
        #expect(throws: StoreError.altered(table: "contact", row: 2)) { try home.open() }
        #expect(try home.files() == before)
    }

    @Test func anInterruptedBeginningIsTakenUp() throws {
        // Made, and ended before the first table was.
        do {
            _ = try DatabaseQueue(path: home.path).inDatabase {
                try $0.execute(sql: "PRAGMA user_version = 0; VACUUM")
            }
        }
        #expect(try home.open().contacts() == [])
        let other = try StoreHome()
        _ = FileManager.default.createFile(atPath: other.path, contents: nil)
        #expect(try other.open().contacts() == [])
    }

    @Test func aNewerVersionIsNamedAndStaysAsItIs() throws {
        do { _ = try home.open() }
        let database = try DatabaseQueue(path: home.path)
        try database.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('9 something new')") }
        try database.close()
        let before = try home.files()
        #expect(throws: StoreError.newerVersion(migration: "9 something new")) { try home.open() }
        #expect(try home.files() == before)
    }

    @Test func aNewerVersionThatWasKilledIsNamedAndStaysAsItIs() throws {
        do { _ = try home.open() }
        // The mark of the newer version stands in the log only.
        let database = try DatabaseQueue(path: home.path)
        try database.inDatabase { database in
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            try database.execute(sql: "INSERT INTO grdb_migrations VALUES ('9 something new')")
        }
        let killed = try StoreHome()
        for name in ["home.sqlite", "home.sqlite-wal"] {
            try FileManager.default.copyItem(
                atPath: home.folder.path + "/" + name, toPath: killed.folder.path + "/" + name)
        }
        try database.close()
        let before = try killed.files()
        #expect(before["home.sqlite-wal"]?.isEmpty == false)
        #expect(throws: StoreError.newerVersion(migration: "9 something new")) { try killed.open() }
        var after = try killed.files()
        // The index of the log is made by whoever reads it, and holds nothing of its own.
        after["home.sqlite-shm"] = nil
        #expect(after == before)
    }

    @Test func aDatabaseOfAnotherProgramStaysAsItIs() throws {
        let database = try DatabaseQueue(path: home.path)
        try database.write { try $0.execute(sql: "CREATE TABLE t (x); INSERT INTO t VALUES (1)") }
        try database.close()
        let before = try home.files()
        #expect(throws: StoreError.unreadable(reason: "it is a database of another program")) {
            try home.open()
        }
        #expect(try home.files() == before)
    }

    @Test func anotherIdentitysStaysAsItIs() async throws {
        do { _ = try await home.open().appendOutgoing([message(1)], to: home.bob, at: time(0)) }
        let before = try home.files()
        #expect(throws: StoreError.altered(table: "meta", row: 1)) {
            try HomeStore(path: home.path, keys: StoreHome.keys(9))
        }
        #expect(try home.files() == before)
        #expect(try await home.open().outboxCount(of: home.bob) == 1)
    }
}
