import FoundationEssentials
import GRDB
import Identity
import TestSupport
import Testing
import Wire

@testable import Store

/// Damaged files: a clear error or the right content, never a trap, never a false message, and no byte changed where the file
/// could not be opened.
@Suite struct DamageTests {
    private let home: StoreHome

    init() throws {
        home = try StoreHome()
    }

    /// A closed database with a bit of everything.
    private func make() async throws -> (bytes: Data, messages: [StoredMessage]) {
        do {
            let store = try home.open()
            try store.save(Contact(identity: home.bob, since: time(0)))
            try store.save(HomeSettings(handle: try Handle("alice")))
            let sent = try await store.appendOutgoing(
                (0..<8).map { try message($0) }, to: home.bob, at: time(0))
            _ = try await store.appendIncoming((0..<8).map { try message($0) }, from: home.alice, at: time(0))
            try await store.raise([sent[0].row: .delivered])
            let messages = try await store.history(with: nil, after: nil, before: nil, limit: 99)
            try await store.clearLog()
            return (try Data(contentsOf: URL(filePath: home.path)), messages)
        }
    }

    /// Reads everything from a home whose database is these bytes.
    ///
    /// - Returns: The error that opening gave.
    private func tryOut(_ bytes: Data, _ log: Data? = nil, truth: [StoredMessage]) async throws -> StoreError?
    {
        let damaged = try StoreHome()
        try bytes.write(to: URL(filePath: damaged.path))
        if let log { try log.write(to: URL(filePath: damaged.path + "-wal")) }
        let before = try damaged.files()
        let store: HomeStore
        do {
            store = try damaged.open()
        } catch let error as StoreError {
            var after = try damaged.files()
            if log != nil { after["home.sqlite-shm"] = nil }
            #expect(after == before, "\(error)")
            return error
        }
        // Each may fail in its own way; what it gives is true.
        for read in [
            { _ = try store.contacts() }, { _ = try store.settings() },
            { _ = try await store.conversations() }, { _ = try await store.peersWithOutbox() },
            { _ = try await store.transfers() }, { _ = try await store.expire(at: time(0)) },
            { _ = try await store.row(ofIncoming: messageID(3)) },
            { _ = try await store.outbox(of: damaged.bob, after: 0, limit: 99) },
            { _ = try await store.unseen(with: nil, limit: 99) },
            { _ = try await store.appendIncoming([message(99)], from: damaged.alice, at: time(0)) },
        ] as [() async throws -> Void] {
            do {
                try await read()
            } catch {
                #expect(error is StoreError)
            }
        }
        do {
            for message in try await store.history(with: nil, after: nil, before: nil, limit: 999)
            where message.id != (try messageID(99)) {
                let original = truth.first { $0.row == message.row }
                // A state may be an older one that is still in the file: docs/storage.md.
                #expect(original?.content == message.content && original?.peer == message.peer)
            }
        } catch {
            #expect(error is StoreError)
        }
        return nil
    }

    @Test func truncatedAnywhere() async throws {
        let (bytes, messages) = try await make()
        for length in Array(stride(from: 1, to: bytes.count, by: 1_021)) + [bytes.count - 1] {
            let error = try await tryOut(bytes.prefix(length), truth: messages)
            guard case .unreadable = error else {
                Issue.record("\(length) of \(bytes.count) bytes: \(String(describing: error))")
                continue
            }
        }
    }

    @Test(arguments: 0..<8)
    func oneBitFlipped(_ part: Int) async throws {
        let (bytes, messages) = try await make()
        #expect(try await tryOut(bytes, truth: messages) == nil)
        // All of the header, and every so many bytes behind it.
        let places = Array(0..<100) + Array(stride(from: 100, to: bytes.count, by: 613))
        for (index, place) in places.enumerated() where index % 8 == part {
            var damaged = bytes
            damaged[place] ^= 1 << UInt8(place % 8)
            _ = try await tryOut(damaged, truth: messages)
        }
    }

    @Test func aDamagedLogIsAnOlderStateOrAnError() async throws {
        let store = try home.open()
        _ = try await store.appendIncoming((0..<20).map { try message($0) }, from: home.alice, at: time(0))
        let messages = try await store.history(with: nil, after: nil, before: nil, limit: 99)
        let files = try home.files()
        let bytes = try #require(files["home.sqlite"])
        let log = try #require(files["home.sqlite-wal"])
        for place in stride(from: 0, to: log.count, by: 1_501) {
            var damaged = log
            damaged[place] ^= 0x10
            _ = try await tryOut(bytes, damaged, truth: messages)
            _ = try await tryOut(bytes, log.prefix(place), truth: messages)
        }
        #expect(try await tryOut(bytes, log, truth: messages) == nil)
    }

    @Test(arguments: [
        "", "SQLite", "not a database at all", String(repeating: "SQLite format 3", count: 300),
    ])
    func notADatabase(_ text: String) async throws {
        let error = try await tryOut(Data(text.utf8), truth: [])
        if text.isEmpty {
            #expect(error == nil)
        } else {
            #expect(error == .unreadable(reason: "file is not a database"))
        }
    }

    @Test func aFolderInItsPlace() throws {
        try FileManager.default.createDirectory(atPath: home.path, withIntermediateDirectories: false)
        #expect(throws: StoreError.unreadable(reason: "it is not a regular file")) { try home.open() }
    }

    @Test func noFolder() throws {
        #expect(throws: StoreError.self) {
            try HomeStore(path: home.folder.path + "/nowhere/home.sqlite", keys: home.keys)
        }
    }
}
