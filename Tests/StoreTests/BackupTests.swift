import Foundation
import Identity
import Sodium
import Store
import TestSupport
import Testing
import Wire

struct BackupTests {
    private let folder: TemporaryFolder
    private let keys: IdentityKeys
    private let bob: PublicIdentity
    private let carol: PublicIdentity
    private let now = Date(timeIntervalSince1970: 1_800_000_000.123)

    init() throws {
        folder = try TemporaryFolder()
        keys = try IdentityKeys.generate()
        bob = try IdentityKeys.generate().publicIdentity
        carol = try IdentityKeys.generate().publicIdentity
    }

    private var path: String { folder.path + "/backup" }

    private func store(_ name: String = "home") throws -> HomeStore {
        try HomeStore(path: "\(folder.path)/\(name).sqlite", keys: keys)
    }

    private func passphrase() throws -> SecretBytes { try SecretBytes(copying: Array("pass".utf8)) }

    private func new(_ text: String) -> NewMessage {
        NewMessage(id: MessageID.make(at: now), sentAt: now, content: .text(text))
    }

    private func write(_ store: HomeStore, history: Bool = true) async throws -> BackupSummary {
        let writer = try BackupWriter(
            path: path, keys: keys, recoveryHash: [UInt8](1...32), passphrase: passphrase(), cost: .least)
        let summary = try await store.backUp(to: writer, history: history, at: now)
        try writer.finish()
        return summary
    }

    private func reader() throws -> BackupReader {
        try BackupFile(path: path).open(passphrase: passphrase())
    }

    /// A home with something of everything.
    private func filled() async throws -> HomeStore {
        let store = try store()
        try store.save(
            HomeSettings(
                directory: try DirectoryReference("127.0.0.1:7600#\(carol.fingerprint)"),
                handle: try Handle("alice"), listen: try Endpoint("0.0.0.0:4000"), advertise: nil,
                isDiscoverable: true))
        try store.save(
            Contact(
                identity: bob, handles: [KnownHandle(directory: carol, handle: try Handle("bob"))],
                isVerified: true, since: now, nickname: "der Bob 🐟", isMuted: true))
        try store.save(Contact(identity: carol, replacement: bob, since: now, standing: .blocked))
        let sent = try await store.appendOutgoing(
            [new("one"), new("two\u{0}\u{1b}[2J\r\n"), new("three")], to: bob, at: now)
        try await store.raise([sent[0].row: .read, sent[1].row: .sent])
        let offer = try FileOffer(name: "a/b.txt", size: .max, root: [UInt8](0..<32))
        _ = try await store.appendIncoming(
            [new("four"), NewMessage(id: MessageID.make(at: now), sentAt: now, content: .file(offer))],
            from: carol, at: now)
        _ = try await store.appendOutgoing([new(String(repeating: "\u{1}", count: 64_000))], to: bob, at: now)
        try await store.setRetention(3_600, with: carol)
        return store
    }

    @Test func everythingComesBack() async throws {
        let home = try await filled()
        let summary = try await write(home)
        #expect(summary.contacts == 2)
        #expect(summary.messages == 6)
        let reader = try reader()
        #expect(try HomeStore.check(backup: reader) == summary)
        let second = try store("second")
        try await second.restore(backup: reader, history: true)
        #expect(try second.contacts() == home.contacts())
        #expect(try second.settings() == home.settings())
        let before = try await home.history(with: nil, after: nil, before: nil, limit: 100)
        let after = try await second.history(with: nil, after: nil, before: nil, limit: 100)
        #expect(before.map(\.id) == after.map(\.id))
        #expect(before.map(\.content) == after.map(\.content))
        #expect(before.map(\.peer) == after.map(\.peer))
        #expect(before.map(\.direction) == after.map(\.direction))
        #expect(before.map(\.sentAt) == after.map(\.sentAt))
        #expect(before.map(\.storedAt) == after.map(\.storedAt))
        #expect(try await second.conversation(with: carol).retention == 3_600)
    }

    /// They may have been delivered, or taken back, since the backup was made.
    @Test func whatWasQueuedIsNotSentAgain() async throws {
        _ = try await write(filled())
        let second = try store("second")
        try await second.restore(backup: reader(), history: true)
        let states = try await second.history(with: bob, after: nil, before: nil, limit: 100).map(\.state)
        #expect(states == [.read, .sent, .sent, .sent])
        #expect(try await second.peersWithOutbox() == [])
        #expect(try await second.outboxCount(of: bob) == 0)
        // What is written now goes, and takes none of the old along, after opening anew, too.
        let fresh = try await second.appendOutgoing([new("fresh")], to: bob, at: now)
        #expect(try await second.outbox(of: bob, after: 0, limit: 10).map(\.row) == fresh.map(\.row))
        try second.close()
        let again = try store("second")
        #expect(try await again.outbox(of: bob, after: 0, limit: 10).map(\.row) == fresh.map(\.row))
        #expect(try await again.outboxCount(of: bob) == 1)
        #expect(try await again.conversations().allSatisfy { $0.unread == 0 })
        // And nothing of it is kept for good because it never arrives.
        try await again.setRetention(60, with: bob)
        #expect(try await again.expire(at: now + 120) == 4)
        #expect(try await again.outboxCount(of: bob) == 1)
    }

    @Test func messagesCanBeLeftOut() async throws {
        let home = try await filled()
        #expect(try await write(home, history: false).messages == 0)
        let second = try store("second")
        try await second.restore(backup: reader(), history: true)
        #expect(try second.contacts().count == 2)
        #expect(try await second.conversations() == [])
        try FileManager.default.removeItem(atPath: path)
        _ = try await write(home)
        let third = try store("third")
        try await third.restore(backup: reader(), history: false)
        #expect(try third.contacts().count == 2)
        #expect(try await third.conversations() == [])
    }

    @Test(arguments: [
        "", "{}", "{\"type\":\"begin\",\"made\":1,\"history\":true}",
        "{\"type\":\"begin\",\"made\":1,\"history\":true}\n",
        "{\"type\":\"end\",\"contacts\":0,\"messages\":0}\n",
        "{\"type\":\"begin\",\"made\":1,\"history\":true}\n{\"type\":\"poem\"}\n{\"type\":\"end\",\"contacts\":0,\"messages\":0}\n",
        "{\"type\":\"begin\",\"made\":1,\"history\":true}\n{\"type\":\"end\",\"contacts\":1,\"messages\":0}\n",
        "{\"type\":\"begin\",\"made\":1,\"history\":true}\n{\"type\":\"end\",\"contacts\":0,\"messages\":0}\n{}\n",
        "{\"type\":\"begin\",\"made\":1,\"history\":true}\n{\"type\":\"conversation\",\"peer\":\"p2p1x\"}\n",
        "{\"type\":\"begin\",\"made\":1,\"history\":true}\n{\"type\":\"message\",\"conversation\":0,\"id\":\"x\",\"direction\":\"in\",\"sent\":1,\"stored\":1,\"state\":\"sent\",\"text\":\"x\"}\n",
        String(repeating: "x", count: 2 << 20),
    ])
    func contentThatIsNotUnderstoodIsRefused(content: String) async throws {
        let writer = try BackupWriter(
            path: path, keys: keys, recoveryHash: [UInt8](1...32), passphrase: passphrase(), cost: .least)
        try writer.append(Array(content.utf8))
        try writer.finish()
        let reader = try reader()
        #expect(throws: IdentityError.backup(.content)) { try HomeStore.check(backup: reader) }
    }

    @Test func aCutFileIsFoundBeforeAnythingIsWritten() async throws {
        _ = try await write(filled())
        let whole = try Data(contentsOf: URL(filePath: path))
        for length in [whole.count - 1, whole.count / 2, 70_000, 200] {
            try whole.prefix(length).write(to: URL(filePath: path))
            let reader = try reader()
            #expect(throws: IdentityError.backup(.truncated)) { try HomeStore.check(backup: reader) }
        }
    }

    /// Files of every format version ever written stay readable (Keys/README.md).
    @Test func theFixtureOpens() async throws {
        let fixture = PackageFolder.keyFixtures + "/backup-v1"
        let phrase = try String(contentsOfFile: fixture + "/passphrase.txt", encoding: .utf8)
        #expect(phrase.contains("worthless"))
        let line = Array(phrase.utf8.prefix { $0 != UInt8(ascii: "\n") })
        let reader = try BackupFile(path: fixture + "/home.backup")
            .open(passphrase: SecretBytes(copying: line))
        // The seed of RFC 8032, §7.1, test 1, which the whole world knows.
        #expect(
            reader.keys.publicIdentity.bytes.hex
                == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
        let summary = try HomeStore.check(backup: reader)
        #expect(summary.contacts == 1)
        #expect(summary.messages == 3)
        let store = try HomeStore(path: folder.path + "/fixture.sqlite", keys: reader.keys)
        try await store.restore(backup: reader, history: true)
        let contact = try #require(store.contacts().first)
        #expect(contact.nickname == "Bob")
        #expect(contact.isVerified)
        let messages = try await store.history(with: contact.identity, after: nil, before: nil, limit: 10)
        #expect(messages.map(\.state) == [.delivered, .delivered, .sent])
        #expect(messages.map(\.direction) == [.outgoing, .incoming, .outgoing])
    }
}
