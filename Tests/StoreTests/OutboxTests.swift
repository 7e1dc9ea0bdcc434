import FoundationEssentials
import Identity
import Testing
import Wire

@testable import Store

@Suite struct OutboxTests {
    private let home: StoreHome
    private let store: HomeStore

    init() throws {
        home = try StoreHome()
        store = try home.open()
    }

    private func texts(_ store: HomeStore, after row: Int64 = 0, limit: Int = 1_000) async throws -> [String]
    {
        try await store.outbox(of: home.bob, after: row, limit: limit).map(\.text)
    }

    @Test func whatIsNotDeliveredIsInTheOutbox() async throws {
        #expect(try await store.peersWithOutbox() == [])
        let sent = try await store.appendOutgoing((1...4).map { try message($0) }, to: home.bob, at: time(0))
        _ = try await store.appendIncoming([message(5)], from: home.bob, at: time(0))
        #expect(try await texts(store) == ["message 1", "message 2", "message 3", "message 4"])
        try await store.raise([sent[0].row: .sent, sent[1].row: .delivered, sent[2].row: .read])
        #expect(try await texts(store) == ["message 1", "message 4"])
        #expect(try await texts(store, after: sent[0].row) == ["message 4"])
        #expect(try await texts(store, limit: 1) == ["message 1"])
        #expect(try await store.outboxCount(of: home.bob) == 2)
        #expect(try await store.outboxCount(of: home.alice) == 0)
        #expect(try await store.peersWithOutbox() == [home.bob])
        // And after a restart.
        let again = try home.open()
        #expect(try await texts(again) == ["message 1", "message 4"])
        #expect(try await again.outboxCount(of: home.bob) == 2)
        #expect(try await again.peersWithOutbox() == [home.bob])
        try await again.raise([sent[0].row: .delivered, sent[3].row: .delivered])
        #expect(try await texts(again) == [])
        #expect(try await again.peersWithOutbox() == [])
        #expect(try await home.open().peersWithOutbox() == [])
    }

    @Test func aStateIsNeverLowered() async throws {
        let row = try await store.appendOutgoing([message(1)], to: home.bob, at: time(0))[0].row
        func state() async throws -> DeliveryState? {
            try await store.message(messageID(1), with: home.bob, direction: .outgoing)?.state
        }
        for (raised, expected) in [
            (DeliveryState.sent, DeliveryState.sent), (.queued, .sent), (.delivered, .delivered),
            (.sent, .delivered), (.read, .read), (.delivered, .read),
        ] {
            try await store.raise([row: raised])
            #expect(try await state() == expected)
        }
        #expect(try await home.open().outboxCount(of: home.bob) == 0)
    }

    @Test func incomingAndMissingRowsAreNotRaised() async throws {
        let incoming = try await store.appendIncoming([message(1)], from: home.bob, at: time(0))
        let row = try #require(incoming[0]).row
        try await store.raise([row: .read, 99: .read, -1: .sent])
        #expect(try await store.history(with: nil, after: nil, before: nil, limit: 9) == incoming)
    }

    @Test func deliveriesInAnyOrderOverManyMessages() async throws {
        let sent = try await store.appendOutgoing(
            (0..<3_000).map { try message($0) }, to: home.bob, at: time(0))
        // Every third stays; delivered from both ends.
        let delivered = sent.enumerated().filter { $0.offset % 3 != 0 }.map(\.element.row)
        let kept = sent.enumerated().filter { $0.offset % 3 == 0 }.map(\.element.text)
        for start in stride(from: 0, to: delivered.count / 2, by: 100) {
            let end = min(start + 100, delivered.count / 2)
            let rows = delivered[start..<end] + delivered.reversed()[start..<end]
            try await store.raise(Dictionary(uniqueKeysWithValues: rows.map { ($0, .delivered) }))
        }
        #expect(try await texts(store, limit: 5_000) == kept)
        #expect(try await store.outboxCount(of: home.bob) == kept.count)
        let again = try home.open()
        #expect(try await again.outboxCount(of: home.bob) == kept.count)
        // From the front, until few are left: the mark moves along, and none is lost.
        try await again.raise(
            Dictionary(uniqueKeysWithValues: sent.dropLast(10).map { ($0.row, .delivered) }))
        let last = try home.open()
        #expect(try await texts(last) == kept.suffix(3))
        #expect(try await last.outboxCount(of: home.bob) == 3)
    }

    @Test func onlyAQueuedMessageCanBeEdited() async throws {
        let row = try await store.appendOutgoing([message(1)], to: home.bob, at: time(5))[0].row
        #expect(try await store.edit(messageID(1), to: home.bob, text: "better") == .edited)
        #expect(try await store.edit(messageID(1), to: home.alice, text: "better") == .unknown)
        try await store.raise([row: .sent])
        #expect(try await store.edit(messageID(1), to: home.bob, text: "late") == .alreadySent)
        let stored = try #require(try await texts(store).first)
        #expect(stored == "better")
        let message = try await store.message(messageID(1), with: home.bob, direction: .outgoing)
        #expect(message?.sentAt == time(1))
        #expect(message?.storedAt == time(5))
    }

    @Test func whatIsNotDeliveredCanBeTakenBack() async throws {
        let sent = try await store.appendOutgoing((1...3).map { try message($0) }, to: home.bob, at: time(0))
        try await store.raise([sent[1].row: .sent, sent[2].row: .delivered])
        #expect(try await store.cancel([messageID(1)], to: home.bob)[messageID(1)] == .queued)
        #expect(try await store.cancel([messageID(1)], to: home.bob)[messageID(1)] == nil)
        #expect(try await store.cancel([messageID(2)], to: home.bob)[messageID(2)] == .sent)
        #expect(try await store.cancel([messageID(3)], to: home.bob)[messageID(3)] == nil)
        #expect(try await store.outboxCount(of: home.bob) == 0)
        #expect(
            try await store.history(with: nil, after: nil, before: nil, limit: 9).map(\.text) == ["message 3"]
        )
        // A row is not used again, so that a reader's place stays what it was.
        let next = try await store.appendOutgoing([message(4)], to: home.bob, at: time(0))
        #expect(next[0].row > sent[2].row)
    }

    @Test func aRowIsNotUsedAgainAfterTheLastMessageIsGone() async throws {
        let row = try await store.appendOutgoing([message(1)], to: home.bob, at: time(0))[0].row
        #expect(try await store.cancel([messageID(1)], to: home.bob)[messageID(1)] == .queued)
        let again = try home.open()
        #expect(try await again.appendOutgoing([message(2)], to: home.bob, at: time(0))[0].row > row)
    }
}
