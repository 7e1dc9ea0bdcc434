import FoundationEssentials
import Identity
import Testing
import Wire

@testable import Store

@Suite struct SurroundingsTests {
    private let home: StoreHome
    private let store: HomeStore

    init() throws {
        home = try StoreHome()
        store = try home.open()
    }

    private func say(_ texts: [String], _ peer: PublicIdentity, from number: Int) async throws {
        _ = try await store.appendIncoming(
            try texts.enumerated().map { try message(number + $0.offset, $0.element) }, from: peer,
            at: time(0))
    }

    private func around(
        _ words: String, _ count: Int, atMost most: (messages: Int, bytes: Int) = (1_000, 1 << 20)
    ) async throws -> [[[String]]] {
        let query = SearchQuery(words)
        let found = try await store.search(
            query, with: nil, since: nil, before: nil, order: .oldestFirst, limit: 100)
        return try await store.surroundings(of: found, count, query, since: nil, atMost: most)
            .map { [$0.before.map(\.text), $0.after.map(\.text)] }
    }

    @Test func whatStandsAroundIsOfTheSameConversation() async throws {
        try await say(["a", "hit 1", "b"], home.alice, from: 1)
        try await say(["x", "hit 2", "y"], home.bob, from: 4)
        try await say(["c", "hit 3"], home.alice, from: 7)
        #expect(
            try await around("hit", 1) == [[["a"], ["b"]], [["x"], ["y"]], [["c"], []]])
        // What follows ends before the next one that is found; what comes before does not.
        #expect(
            try await around("hit", 9) == [
                [["a"], ["b", "c"]], [["x"], ["y"]], [["a", "hit 1", "b", "c"], []],
            ])
        #expect(try await around("nowhere", 9) == [])
    }

    @Test func asManyAsFitAndAtLeastOne() async throws {
        let long = String(repeating: "l", count: 1_000)
        try await say(
            (0..<10).flatMap { _ in ["\(long) before", "hit", "\(long) behind"] }, home.alice, from: 1)
        #expect(try await around("hit", 1, atMost: (9, 1 << 20)).count == 3)
        #expect(try await around("hit", 1, atMost: (1_000, 5_000)).count == 2)
        #expect(try await around("hit", 1, atMost: (1, 1)).count == 1)
        // Each side has a neighbour, and no more bytes than are allowed.
        #expect(try await around("hit", 3, atMost: (1, 1)).map { $0.map(\.count) } == [[1, 1]])
    }

    /// Deleted after it was found.
    @Test func aMessageThatIsGone() async throws {
        try await say(["a", "hit"], home.alice, from: 1)
        let query = SearchQuery("hit")
        let found = try await store.search(query, with: nil, since: nil, before: nil, limit: 9)
        try await store.deleteConversation(with: home.alice)
        let around = try await store.surroundings(of: found, 1, query, since: nil, atMost: (9, 99))
        #expect(around == [Surroundings()])
    }
}
