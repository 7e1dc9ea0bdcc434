import FoundationEssentials
import GRDB
import Identity
import Testing
import Wire

@testable import Store

@Suite struct SealingTests {
    private let home: StoreHome

    init() throws {
        home = try StoreHome()
    }

    @Test func theFilesShowNothingOfWhatIsStored() async throws {
        let store = try home.open()
        let hidden = try PublicIdentity(bytes: StoreHome.keys(7).publicIdentity.bytes)
        let root = (0..<32).map { UInt8($0 * 7 % 251) }
        try store.save(
            Contact(
                identity: hidden,
                handles: [KnownHandle(directory: home.alice, handle: try Handle("wilhelmina"))],
                since: time(0), nickname: "Auntie Wil", standing: .request))
        try store.save(
            HomeSettings(handle: try Handle("ferdinand"), listen: try Endpoint("example.net:4711")))
        let id = MessageID.make(at: time(0))
        let offer = try FileOffer(name: "tax-return.pdf", size: 0x1234_5678_9abc, root: root)
        let sent = try await store.appendOutgoing(
            [NewMessage(id: id, sentAt: time(1), content: .text("meet me at the harbour"))], to: hidden,
            at: time(2))
        _ = try await store.appendIncoming(
            [NewMessage(id: id, sentAt: time(1), content: .file(offer))], from: hidden, at: time(2))
        try await store.raise([sent[0].row: .read])
        try await store.save(
            StoredTransfer(
                id: id, peer: hidden, direction: .incoming, path: "/var/somewhere/tax.part", offer: offer,
                state: "running"))
        try await store.setRetention(0x0123_4567, with: hidden)
        let texts = [
            "wilhelmina", "Auntie", "request", "ferdinand", "example.net", "4711", "harbour", "tax-return",
            "tax.part", "running", hidden.fingerprint, String(hidden.shortFingerprint.dropFirst(4)),
            home.alice.fingerprint, id.description,
        ]
        let words =
            texts.map { Array($0.utf8) } + [
                hidden.bytes, hidden.x25519PublicKey, home.alice.bytes, home.keys.publicIdentity.bytes,
                Array(hidden.bytes.prefix(8)), id.bytes, Array(id.bytes.prefix(6)), root,
                Array(root.prefix(8)),
                [0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc], [0x01, 0x23, 0x45, 0x67],
            ]
        let files = try home.files()
        #expect(files.keys.sorted() == ["home.sqlite", "home.sqlite-shm", "home.sqlite-wal"])
        for (name, bytes) in files {
            for word in words { #expect(bytes.firstRange(of: word) == nil, "\(word) in \(name)") }
        }
    }

    @Test func incomingAndOutgoingLookAlike() async throws {
        let store = try home.open()
        let sent = try await store.appendOutgoing([message(1)], to: home.bob, at: time(0))
        _ = try await store.appendIncoming([message(2)], from: home.bob, at: time(0))
        try await store.raise([sent[0].row: .read])
        let rows = try store.pool.read {
            try Row.fetchAll(
                $0, sql: "SELECT conversation, length(hash), length(state), length(sealed) FROM message")
        }
        #expect(rows.count == 2 && rows[0] == rows[1])
    }

    /// What one who can write the file, and has no key, may try.
    @Test(
        arguments: [
            "UPDATE message SET sealed = (SELECT sealed FROM message WHERE row = 2) WHERE row = 1",
            "UPDATE message SET state = (SELECT state FROM message WHERE row = 2) WHERE row = 1",
            "UPDATE message SET sealed = state WHERE row = 1",
            "UPDATE message SET state = sealed WHERE row = 1",
            "UPDATE message SET sealed = x'' WHERE row = 1",
            "UPDATE message SET state = x'' WHERE row = 1",
            "UPDATE message SET row = 9 WHERE row = 1",
            "UPDATE message SET conversation = 2 WHERE row = 1",
            "UPDATE message SET conversation = 77 WHERE row = 1",
        ])
    func whatWasMovedIsNoticed(_ sql: String) async throws {
        let first = try home.open()
        _ = try await first.appendOutgoing([message(1), message(2)], to: home.bob, at: time(0))
        _ = try await first.appendOutgoing([message(1)], to: home.alice, at: time(0))
        try await first.pool.write { try $0.execute(sql: sql) }
        let store = try home.open()
        await #expect {
            _ = try await store.history(with: nil, after: nil, before: nil, limit: 9)
        } throws: { error in
            guard case .altered("message", _) = error as? StoreError else { return false }
            return true
        }
    }

    @Test func swappedConversationsAreNoticed() async throws {
        let first = try home.open()
        _ = try await first.appendOutgoing([message(1)], to: home.bob, at: time(0))
        _ = try await first.appendOutgoing([message(1)], to: home.alice, at: time(0))
        let values = try await first.pool.read {
            try Data.fetchAll($0, sql: "SELECT sealed FROM conversation ORDER BY row")
        }
        try await first.pool.write { database in
            for (row, value) in [(1, values[1]), (2, values[0])] {
                try database.execute(
                    sql: "UPDATE conversation SET sealed = ? WHERE row = ?", arguments: [value, row])
            }
        }
        let store = try home.open()
        await #expect(throws: StoreError.altered(table: "conversation", row: 1)) {
            try await store.conversations()
        }
        await #expect(throws: StoreError.altered(table: "conversation", row: 1)) {
            try await store.appendOutgoing([message(2)], to: home.bob, at: time(0))
        }
    }

    @Test func everyValueHasANonceOfItsOwn() async throws {
        let store = try home.open()
        let sent = try await store.appendOutgoing(
            (0..<300).map { try message($0) }, to: home.bob, at: time(0))
        try await store.raise(Dictionary(uniqueKeysWithValues: sent.map { ($0.row, .sent) }))
        let nonces = try await store.pool.read { database in
            try Data.fetchAll(database, sql: "SELECT sealed FROM message UNION ALL SELECT state FROM message")
                .map { Array($0.prefix(24)) }
        }
        #expect(Set(nonces).count == 600)
    }
}
