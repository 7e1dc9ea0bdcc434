import FoundationEssentials
import GRDB
import Identity
import Testing
import Wire

@testable import Store

@Suite struct DeletionTests {
    private let home: StoreHome
    private let store: HomeStore

    init() throws {
        home = try StoreHome()
        store = try home.open()
    }

    /// Every hash and sealed value of the rows that the condition names.
    private func stored(_ table: String, _ condition: String = "1") throws -> [[UInt8]] {
        let columns = table == "message" ? ["hash", "state", "sealed"] : ["hash", "sealed"]
        return try store.pool.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM \(table) WHERE \(condition)")
                .flatMap { row in columns.map { Array(row[$0] as Data) } }
        }
    }

    private func found(_ values: [[UInt8]]) throws -> Int {
        let bytes = RawBytes(values)
        return try home.files().values.reduce(0) { $0 + bytes.found(in: $1) }
    }

    /// Messages of two conversations in turn, of all sizes, so that they share pages and some have pages of their own.
    private func fill(_ count: Int) async throws {
        for start in stride(from: 0, to: count, by: 50) {
            for (peer, base) in [(home.alice, 0), (home.bob, 100_000)] {
                let messages = try (start..<start + 50).map { number in
                    try message(base + number, String(repeating: "x", count: 1 + number * number % 1_500))
                }
                let sent = try await store.appendOutgoing(Array(messages.prefix(10)), to: peer, at: time(0))
                _ = try await store.appendIncoming(Array(messages.suffix(40)), from: peer, at: time(0))
                try await store.raise(
                    Dictionary(uniqueKeysWithValues: sent.dropLast().map { ($0.row, .delivered) }))
            }
        }
        _ = try await store.appendIncoming(
            [message(999_999, String(repeating: "y", count: 64_000))], from: home.bob, at: time(0))
    }

    private func transfer(_ peer: PublicIdentity) throws -> StoredTransfer {
        StoredTransfer(
            id: try messageID(1), peer: peer, direction: .incoming, path: "/somewhere/part",
            offer: try FileOffer(name: "plan.pdf", size: 5, root: [UInt8](repeating: 9, count: 32)),
            state: "running")
    }

    @Test func nothingOfADeletedConversationIsLeft() async throws {
        try await fill(400)
        try await store.save(transfer(home.alice))
        try await store.save(transfer(home.bob))
        let gone =
            try stored("message", "conversation = 2") + stored("conversation", "row = 2")
            + stored("transfer", "row = 2")
        // All but the places that end one page and begin another: what is looked for can be found.
        #expect(try found(gone) > RawBytes(gone).count * 9 / 10)
        let others = try await store.history(with: home.alice, after: nil, before: nil, limit: 10_000)
        try await store.deleteConversation(with: home.bob)
        #expect(try found(gone) == 0)
        #expect(try await store.history(with: nil, after: nil, before: nil, limit: 10_000) == others)
        #expect(try await store.conversations().map(\.peer) == [home.alice])
        #expect(try await store.transfers() == [transfer(home.alice)])
        #expect(try await store.peersWithOutbox() == [home.alice])
    }

    @Test func nothingOfAnythingIsLeft() async throws {
        try await fill(300)
        try await store.save(transfer(home.bob))
        let gone = try stored("message") + stored("conversation") + stored("transfer")
        try await store.deleteAllConversations()
        #expect(try found(gone) == 0)
        #expect(try await store.history(with: nil, after: nil, before: nil, limit: 10) == [])
        #expect(try await store.conversations() == [])
        #expect(try await store.transfers() == [])
        #expect(try await store.peersWithOutbox() == [])
        // And it goes on.
        let sent = try await store.appendOutgoing([message(1)], to: home.bob, at: time(0))
        #expect(try await home.open().outbox(of: home.bob, after: 0, limit: 9) == sent)
    }

    @Test func deletingWhileOthersReadLeavesNothingEither() async throws {
        try await fill(200)
        let gone = try stored("message")
        let store = store
        let readers = Task {
            while !Task.isCancelled {
                _ = try await store.search(
                    SearchQuery("nothing"), with: nil, since: nil, before: nil, limit: 9)
            }
        }
        try await store.deleteAllConversations()
        readers.cancel()
        _ = await readers.result
        #expect(try found(gone) == 0)
    }

    @Test func nothingOfWhatExpiredIsLeft() async throws {
        for number in 0..<600 {
            // Old and new ones side by side.
            let at = time(number % 3 == 0 ? 0 : 1_000)
            _ = try await store.appendIncoming(
                [message(number, String(repeating: "z", count: number))], from: home.bob, at: at)
        }
        let queued = try await store.appendOutgoing([message(0), message(1)], to: home.bob, at: time(0))
        try await store.raise([queued[1].row: .delivered])
        _ = try await store.appendIncoming([message(0)], from: home.alice, at: time(0))
        #expect(try await store.expire(at: time(1e9)) == 0)
        try await store.setRetention(500, with: home.bob)
        #expect(try await store.conversation(with: home.bob).retention == 500)
        #expect(try await store.expire(at: time(499.999)) == 0)
        let gone = try stored("message", "row < 600 AND row % 3 = 1 OR row = \(queued[1].row)")
        #expect(try await store.expire(at: time(500)) == 201)
        #expect(try found(gone) == 0)
        let left = try await store.history(with: nil, after: nil, before: nil, limit: 1_000)
        #expect(left.count == 402)
        #expect(left.contains { $0.id == queued[0].id && $0.direction == .outgoing })
        #expect(try await store.outboxCount(of: home.bob) == 1)
        try await store.setRetention(nil, with: home.bob)
        #expect(try await home.open().expire(at: time(1e9)) == 0)
    }

    @Test func aTimeThatGoesBackExpiresNothingTwice() async throws {
        _ = try await store.appendIncoming([message(1)], from: home.bob, at: time(48 * 3_600))
        _ = try await store.appendIncoming([message(2)], from: home.bob, at: time(0))
        try await store.setRetention(3_600, with: home.bob)
        #expect(try await store.expire(at: time(-48 * 3_600)) == 0)
        #expect(try await store.expire(at: time(3_600)) == 1)
        #expect(
            try await store.history(with: nil, after: nil, before: nil, limit: 9).map(\.text) == ["message 1"]
        )
        try await store.setRetention(.max, with: home.bob)
        #expect(try await store.expire(at: .distantFuture) == 0)
        try await store.setRetention(0, with: home.bob)
        #expect(try await store.expire(at: .distantFuture) == 1)
    }

    @Test func nothingOfACancelledMessageIsLeft() async throws {
        _ = try await store.appendOutgoing((0..<50).map { try message($0) }, to: home.bob, at: time(0))
        let gone = try stored("message", "row = 25")
        #expect(try await store.cancel([messageID(24)], to: home.bob)[messageID(24)] == .queued)
        #expect(try found(gone) == 0)
    }

    @Test func nothingOfARemovedContactIsLeft() throws {
        for identity in [home.alice, home.bob] { try store.save(Contact(identity: identity, since: time(0))) }
        let gone = try stored("contact", "row = 2")
        try store.removeContact(home.bob)
        #expect(try found(gone) == 0)
        #expect(try store.contacts().map(\.identity) == [home.alice])
    }

    @Test func aRemovedTransferIsGone() async throws {
        var changed = try transfer(home.bob)
        try await store.save(changed)
        changed.chunksDone = 7
        changed.state = "paused"
        changed.path = ""
        try await store.save(changed)
        #expect(try await home.open().transfers() == [changed])
        try await store.removeTransfer(changed.id, peer: home.alice, direction: .incoming)
        try await store.removeTransfer(changed.id, peer: home.bob, direction: .outgoing)
        #expect(try await store.transfers() == [changed])
        try await store.removeTransfer(changed.id, peer: home.bob, direction: .incoming)
        #expect(try await store.transfers() == [])
    }
}
