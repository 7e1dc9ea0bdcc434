import FoundationEssentials
import GRDB
import Identity
import Testing
import Wire

@testable import Store

/// A home that changes over to another identity, and a peer that does.
@Suite struct NewKeyTests {
    let home: StoreHome
    let new: IdentityKeys

    init() throws {
        home = try StoreHome()
        new = try StoreHome.keys(7)
    }

    @Test func theDatabaseOpensAtEveryStepOfAChangeOver() async throws {
        let store = try home.open()
        _ = try await store.appendOutgoing([message(1, "kept")], to: home.bob, at: time(1))
        try store.save(Contact(identity: home.bob, since: time(0)))
        try store.save(Contact(identity: home.alice, since: time(0), standing: .declined))
        try store.save(HomeSettings(handle: Handle("alice")))
        #expect(throws: StoreError.altered(table: "meta", row: 1)) {
            try HomeStore(path: home.path, keys: new)
        }
        // Doing a step twice is as good as once: a crash may have come right behind it.
        for _ in 0..<2 { try store.prepare(for: new, after: home.keys, rotations: [[1, 2], [3]]) }
        for keys in [home.keys, new] {
            let opened = try HomeStore(path: home.path, keys: keys)
            #expect(try await opened.outbox(of: home.bob, after: 0, limit: 9).map(\.text) == ["kept"])
            #expect(try opened.settings().rotations == [[1, 2], [3]])
            #expect(try opened.settings().handle?.text == "alice")
            #expect(try opened.contacts().map(\.isUntold) == [true, false])
        }
        let opened = try HomeStore(path: home.path, keys: new)
        for _ in 0..<2 { try opened.finishChange(to: new) }
        #expect(throws: StoreError.altered(table: "meta", row: 1)) { try home.open() }
        let again = try HomeStore(path: home.path, keys: new)
        #expect(try await again.outbox(of: home.bob, after: 0, limit: 9).map(\.text) == ["kept"])
    }

    @Test func whatTheOldKeyOpenedIsNotLeftInTheFiles() async throws {
        let store = try home.open()
        let wrapped = try await store.read { try HomeStore.wrappedKeys($0) }[0].wrapped
        try store.prepare(for: new, after: home.keys, rotations: [[1]])
        try store.close()
        let opened = try HomeStore(path: home.path, keys: new)
        try opened.finishChange(to: new)
        for (name, bytes) in try home.files() {
            #expect(bytes.firstRange(of: Data(wrapped)) == nil, "\(name)")
        }
    }

    @Test func aConversationMovesWithItsOutboxMarksAndTransfers() async throws {
        let store = try home.open()
        let moved = new.publicIdentity
        _ = try await store.appendIncoming([message(1), message(2)], from: home.bob, at: time(2))
        let sent = try await store.appendOutgoing([message(3), message(4)], to: home.bob, at: time(3))
        try await store.raise([sent[0].row: .delivered])
        try await store.setRetention(60, with: home.bob)
        let seen = try await store.history(with: home.bob, after: nil, before: nil, limit: 1)
        #expect(seen.count == 1)
        let offer = try FileOffer(name: "a", size: 1, root: Array(repeating: 1, count: 32))
        try await store.save(
            StoredTransfer(
                id: messageID(9), peer: home.bob, direction: .incoming, path: "", offer: offer,
                state: "offered"))
        let before = try await store.history(with: home.bob, after: nil, before: nil, limit: 9)

        for _ in 0..<2 { try await store.moveConversation(from: home.bob, to: moved) }
        let after = try await store.history(with: moved, after: nil, before: nil, limit: 9)
        #expect(after.map(\.row) == before.map(\.row) && after.map(\.text) == before.map(\.text))
        #expect(after.map(\.state) == before.map(\.state) && after.allSatisfy { $0.peer == moved })
        #expect(try await store.history(with: home.bob, after: nil, before: nil, limit: 9).isEmpty)
        #expect(try await store.outbox(of: moved, after: 0, limit: 9).map(\.id) == [messageID(4)])
        #expect(try await store.peersWithOutbox() == [moved])
        #expect(try await store.conversation(with: moved).retention == 60)
        #expect(try await store.transfers().map(\.peer) == [moved])
        // What the peer sends again from its new key is known.
        #expect(try await store.appendIncoming([message(2)], from: moved, at: time(9)) == [nil])
        #expect(try await store.message(messageID(1), with: moved, direction: .incoming) != nil)
        // And all of it after a restart.
        let again = try home.open()
        #expect(
            try await again.history(with: moved, after: nil, before: nil, limit: 9).map(\.text)
                == after.map(\.text))
    }

    @Test func whatWasSaidWithTheNewKeyBeforeJoins() async throws {
        let store = try home.open()
        let moved = new.publicIdentity
        _ = try await store.appendIncoming([message(1), message(2)], from: home.bob, at: time(1))
        _ = try await store.appendOutgoing([message(3)], to: moved, at: time(2))
        // The second one of bob's came again, from his new key.
        _ = try await store.appendIncoming([message(2), message(5)], from: moved, at: time(3))
        _ = try await store.appendOutgoing([message(4)], to: home.bob, at: time(4))
        try await store.moveConversation(from: home.bob, to: moved)
        let all = try await store.history(with: moved, after: nil, before: nil, limit: 9)
        #expect(try all.map(\.id) == [1, 2, 3, 5, 4].map { try messageID($0) })
        #expect(
            try await store.outbox(of: moved, after: 0, limit: 9).map(\.id) == [messageID(3), messageID(4)])
        #expect(try await store.conversations().count == 1)
    }

    @Test func aContactIsReplacedInItsPlace() throws {
        let store = try home.open()
        try store.save(Contact(identity: home.bob, since: time(0), nickname: "bobby"))
        try store.save(Contact(identity: home.alice, since: time(1)))
        let moved = Contact(
            identity: new.publicIdentity, since: time(0), nickname: "bobby", former: [home.bob],
            isRevoked: true,
            isUntold: true)
        for _ in 0..<2 { try store.replaceContact(home.bob, with: moved) }
        #expect(try home.open().contacts() == [moved, Contact(identity: home.alice, since: time(1))])
        // The one that was pinned as a stranger gives way.
        try store.replaceContact(home.alice, with: moved)
        #expect(try home.open().contacts() == [moved])
    }
}
