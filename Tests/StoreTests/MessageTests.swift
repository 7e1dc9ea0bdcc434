import FoundationEssentials
import Identity
import Testing
import Wire

@testable import Store

@Suite struct MessageTests {
    private let home: StoreHome
    private let store: HomeStore

    init() throws {
        home = try StoreHome()
        store = try home.open()
    }

    @Test func whatIsAppendedIsReadAgain() async throws {
        let offer = try FileOffer(
            name: "grüße.txt", size: .max, root: [UInt8](repeating: 7, count: 32))
        let file = NewMessage(id: try messageID(2), sentAt: time(2.5), content: .file(offer))
        let sent = try await store.appendOutgoing([message(1), file], to: home.bob, at: time(3))
        #expect(sent.map(\.content) == [.text("message 1"), .file(offer)])
        #expect(sent.map(\.state) == [.queued, .queued])
        #expect(sent.map(\.sentAt) == [time(1), time(2.5)])
        #expect(sent.map(\.storedAt) == [time(3), time(3)])
        let got = try await store.appendIncoming([message(1, "ja")], from: home.bob, at: time(4))
        #expect(got.compactMap { $0 }.map(\.direction) == [.incoming])
        let all = sent + got.compactMap { $0 }
        #expect(try await store.history(with: home.bob, after: nil, before: nil, limit: 10) == all)
        let again = try home.open()
        #expect(try await again.history(with: nil, after: nil, before: nil, limit: 10) == all)
        #expect(try await again.message(try messageID(1), with: home.bob, direction: .incoming) == all[2])
        #expect(try await again.message(try messageID(1), with: home.alice, direction: .incoming) == nil)
    }

    @Test func aDuplicateOfOneSenderIsToldAndAnotherSendersIsNot() async throws {
        _ = try await store.appendIncoming([message(1), message(2)], from: home.bob, at: time(0))
        let again = try await store.appendIncoming(
            [message(2, "other"), message(3), message(3)], from: home.bob, at: time(1))
        #expect(again.map { $0?.text } == [nil, "message 3", nil])
        let other = try await store.appendIncoming([message(2)], from: home.alice, at: time(1))
        #expect(other.map { $0?.text } == ["message 2"])
        #expect(
            try await store.history(with: home.bob, after: nil, before: nil, limit: 9).map(\.text)
                == ["message 1", "message 2", "message 3"])
    }

    @Test func anOutgoingIdIsStoredOnce() async throws {
        let first = try await store.appendOutgoing([message(1)], to: home.bob, at: time(0))
        try await store.raise([first[0].row: .sent])
        let again = try await store.appendOutgoing([message(1, "other")], to: home.bob, at: time(9))
        #expect(again.map(\.text) == ["message 1"])
        #expect(again.map(\.state) == [.sent])
        #expect(try await store.outboxCount(of: home.bob) == 1)
    }

    @Test func manyAtOnceKeepTheirOwn() async throws {
        let store = store
        let bob = home.bob
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<300 {
                group.addTask {
                    let stored = try await store.appendOutgoing([message(number)], to: bob, at: time(0))
                    #expect(stored.map(\.text) == ["message \(number)"])
                    #expect(
                        try await store.message(messageID(number), with: bob, direction: .outgoing)
                            == stored[0])
                }
            }
            try await group.waitForAll()
        }
        let all = try await store.history(with: bob, after: nil, before: nil, limit: 1_000)
        #expect(Set(all.map(\.text)).count == 300)
        #expect(all.map(\.row) == all.map(\.row).sorted())
    }

    @Test func orderIsKept() async throws {
        let numbers = Array(0..<500)
        _ = try await store.appendIncoming(numbers.map { try message($0) }, from: home.bob, at: time(0))
        let read = try await store.history(with: home.bob, after: 0, before: nil, limit: 500)
        #expect(read.map(\.text) == numbers.map { "message \($0)" })
    }

    @Test func historyInPages() async throws {
        _ = try await store.appendIncoming((1...4).map { try message($0) }, from: home.bob, at: time(0))
        _ = try await store.appendIncoming([message(5)], from: home.alice, at: time(0))
        _ = try await store.appendIncoming([message(6)], from: home.bob, at: time(0))
        func texts(
            _ peer: PublicIdentity?, after: Int64? = nil, before: Int64? = nil, _ limit: Int
        ) async throws -> [Int] {
            try await store.history(with: peer, after: after, before: before, limit: limit)
                .map { Int($0.text.dropFirst(8)) ?? 0 }
        }
        #expect(try await texts(nil, 3) == [4, 5, 6])
        #expect(try await texts(home.bob, 3) == [3, 4, 6])
        #expect(try await texts(home.bob, before: 4, 2) == [2, 3])
        #expect(try await texts(home.bob, after: 2, 2) == [3, 4])
        #expect(try await texts(nil, after: 1, before: 6, 9) == [2, 3, 4, 5])
        #expect(try await texts(nil, after: 6, 9) == [])
        #expect(try await texts(StoreHome.keys(9).publicIdentity, 9) == [])
        #expect(try await texts(nil, 0) == [])
    }

    @Test func theRowOfAnIdIsTheFirstThatCame() async throws {
        _ = try await store.appendOutgoing([message(7)], to: home.bob, at: time(0))
        _ = try await store.appendIncoming([message(1), message(7)], from: home.alice, at: time(0))
        _ = try await store.appendIncoming([message(7)], from: home.bob, at: time(0))
        #expect(try await store.row(ofIncoming: messageID(7)) == 3)
        #expect(try await store.row(ofIncoming: messageID(8)) == nil)
    }
}
