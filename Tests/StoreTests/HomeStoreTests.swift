import FoundationEssentials
import GRDB
import Identity
import Testing

@testable import Store

@Suite struct HomeStoreTests {
    private let home: StoreHome
    private var keys: IdentityKeys { home.keys }
    private var directory: PublicIdentity { home.alice }
    private var peer: PublicIdentity { home.bob }
    private var path: String { home.path }

    init() throws {
        home = try StoreHome()
    }

    private var contact: Contact {
        get throws {
            Contact(
                identity: peer, handles: [KnownHandle(directory: directory, handle: try Handle("bobby"))],
                isVerified: true, replacement: directory, since: Date(timeIntervalSince1970: 1_700_000_000),
                nickname: "Bobby B", standing: .blocked, isMuted: true)
        }
    }

    @Test func contactsAndSettingsOutliveTheProcess() throws {
        let settings = HomeSettings(
            directory: DirectoryReference(endpoint: try Endpoint("127.0.0.1:7600"), identity: directory),
            handle: try Handle("alice"), listen: try Endpoint("0.0.0.0:4000"),
            advertise: try Endpoint("192.0.2.1:4000"),
            isDiscoverable: true, goesWithoutDirectory: true)
        do {
            let store = try HomeStore(path: path, keys: keys)
            #expect(try store.settings() == HomeSettings())
            try store.save(try contact)
            try store.save(settings)
        }
        let store = try HomeStore(path: path, keys: keys)
        #expect(try store.contacts() == [try contact])
        #expect(try store.settings() == settings)
    }

    @Test func savingAgainReplacesAndRemovingRemoves() throws {
        let store = try HomeStore(path: path, keys: keys)
        var contact = try contact
        try store.save(contact)
        contact.replacement = nil
        contact.isVerified = false
        contact.nickname = nil
        contact.standing = .accepted
        try store.save(contact)
        #expect(try store.contacts() == [contact])
        try store.removeContact(peer)
        try store.removeContact(peer)
        #expect(try store.contacts().isEmpty)
    }

    @Test func theFilesSayNothing() throws {
        let store = try HomeStore(path: path, keys: keys)
        try store.save(try contact)
        // While it is open, what was written stands in the write-ahead log.
        for file in [path, path + "-wal"] {
            let bytes = try Data(contentsOf: URL(filePath: file))
            #expect(bytes.count > 0)
            for word in ["bobby", peer.fingerprint, directory.fingerprint] {
                #expect(bytes.firstRange(of: Data(word.utf8)) == nil)
            }
            #expect(bytes.firstRange(of: Data(peer.bytes)) == nil)
        }
    }

    @Test func commitsSurviveALossOfPower() throws {
        let store = try HomeStore(path: path, keys: keys)
        #expect(
            try store.durability() == HomeStore.Durability(journal: "wal", synchronous: 2, secureDelete: 1))
    }

    @Test func theFileIsClosedToOthers() throws {
        let store = try HomeStore(path: path, keys: keys)
        try store.save(try contact)
        for file in [path, path + "-wal", path + "-shm"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect((attributes[.posixPermissions] as? Int) == 0o600)
        }
    }

    @Test func anotherIdentityCannotOpenIt() throws {
        do { try HomeStore(path: path, keys: keys).save(HomeSettings(isDiscoverable: true)) }
        let other = try StoreHome.keys(9)
        #expect(throws: StoreError.altered(table: "meta", row: 1)) {
            try HomeStore(path: path, keys: other)
        }
    }

    @Test func swappedRowsAreNoticed() throws {
        do {
            let store = try HomeStore(path: path, keys: keys)
            try store.save(Contact(identity: peer, since: Date(timeIntervalSince1970: 0)))
            try store.save(Contact(identity: directory, since: Date(timeIntervalSince1970: 0)))
        }
        try DatabaseQueue(path: path).write { database in
            let first = try Data.fetchOne(database, sql: "SELECT sealed FROM contact WHERE row = 1")
            try database.execute(
                sql: "UPDATE contact SET sealed = (SELECT sealed FROM contact WHERE row = 2) WHERE row = 1")
            try database.execute(sql: "UPDATE contact SET sealed = ? WHERE row = 2", arguments: [first])
        }
        let store = try HomeStore(path: path, keys: keys)
        #expect(throws: StoreError.altered(table: "contact", row: 1)) { try store.contacts() }
    }

    @Test func aFileThatIsNoDatabaseIsRefused() throws {
        try Data([UInt8](repeating: 7, count: 4096)).write(to: URL(filePath: path))
        #expect(throws: StoreError.self) { try HomeStore(path: path, keys: keys) }
    }
}
