import FoundationEssentials
import Identity
import Testing
import Wire

@testable import Store

@Suite struct SeenTests {
    private let home: StoreHome
    private let store: HomeStore

    init() throws {
        home = try StoreHome()
        store = try home.open()
    }

    @Test func marksMoveForwardAndOutliveTheProcess() async throws {
        #expect(try await store.conversation(with: home.bob) == ConversationState())
        _ = try await store.appendIncoming((1...3).map { try message($0) }, from: home.bob, at: time(0))
        _ = try await store.appendOutgoing([message(4)], to: home.bob, at: time(0))
        _ = try await store.appendIncoming([message(5)], from: home.alice, at: time(0))
        #expect(try await store.conversation(with: home.bob) == ConversationState(unread: 3, last: 4))
        #expect(try await store.unseen(with: nil, limit: 9).map(\.row) == [1, 2, 3, 5])
        #expect(try await store.unseen(with: home.bob, limit: 2).map(\.row) == [1, 2])
        #expect(try await store.unreported(with: home.bob, limit: 9).map(\.row) == [])
        try await store.markSeen(with: home.bob, upTo: 2)
        try await store.markSeen(with: home.bob, upTo: 1)
        #expect(
            try await store.unreported(with: home.bob, limit: 9).map(\.id) == [messageID(1), messageID(2)])
        #expect(try await store.unreported(with: home.bob, limit: 1).map(\.row) == [1])
        try await store.markReported(with: home.bob, upTo: 1)
        #expect(try await store.unreported(with: home.bob, limit: 9).map(\.row) == [2])
        let again = try home.open()
        #expect(
            try await again.conversation(with: home.bob)
                == ConversationState(seen: 2, reported: 1, unread: 1, last: 4))
        #expect(
            try await again.conversations() == [
                ConversationSummary(peer: home.bob, unread: 1, last: 4),
                ConversationSummary(peer: home.alice, unread: 1, last: 5),
            ])
    }

    @Test func aMarkAboveEverythingDoesNotCoverWhatComesLater() async throws {
        _ = try await store.appendIncoming([message(1)], from: home.bob, at: time(0))
        try await store.markSeen(with: home.bob, upTo: .max)
        _ = try await store.appendIncoming([message(2)], from: home.bob, at: time(0))
        #expect(
            try await store.conversation(with: home.bob) == ConversationState(seen: 1, unread: 1, last: 2))
    }

    @Test func aMarkBeforeAnyMessageIsNothing() async throws {
        try await store.markSeen(with: home.bob, upTo: 7)
        #expect(try await store.conversations() == [])
    }
}
