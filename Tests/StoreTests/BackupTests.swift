import FoundationEssentials
import Testing
import Wire

@testable import Store

@Suite struct BackupTests {
    @Test func everythingOutAndInAgain() async throws {
        let old = try StoreHome()
        let store = try old.open()
        for start in stride(from: 0, to: 1_200, by: 200) {
            let sent = try await store.appendOutgoing(
                (start..<start + 100).map { try message($0) }, to: old.bob, at: time(1))
            _ = try await store.appendIncoming(
                (start..<start + 100).map { try message($0, "in \($0)") }, from: old.alice, at: time(2))
            try await store.raise([sent[0].row: .sent, sent[1].row: .delivered, sent[2].row: .read])
        }
        var taken: [StoredMessage] = []
        try await store.forEachMessage { taken.append($0) }
        #expect(taken == (try await store.history(with: nil, after: 0, before: nil, limit: 9_999)))
        #expect(taken.count == 1_200)
        var bobs = 0
        try await store.forEachMessage(with: old.bob) { message in
            #expect(message.peer == old.bob)
            bobs += 1
        }
        #expect(bobs == 600)

        let new = try StoreHome()
        let restored = try new.open()
        _ = try await restored.appendIncoming([message(0, "in 0")], from: old.alice, at: time(9))
        #expect(try await restored.restore(messages: taken) == 1_199)
        #expect(try await restored.restore(messages: taken) == 0)
        let read = try await restored.history(with: nil, after: 1, before: nil, limit: 9_999)
        func fields(_ messages: [StoredMessage]) -> [StoredMessage] {
            messages.map {
                StoredMessage(
                    row: 0, peer: $0.peer, id: $0.id, direction: $0.direction, sentAt: $0.sentAt,
                    storedAt: $0.storedAt, content: $0.content, state: $0.state)
            }
        }
        let expected = taken.filter { $0.peer != old.alice || $0.text != "in 0" }
        #expect(fields(read) == fields(expected))
        // What was not delivered is still to be; what came was seen, and is not reported once more.
        #expect(try await restored.outboxCount(of: old.bob) == 600 - 12)
        let state = try await restored.conversation(with: old.alice)
        #expect(state.unread == 0 && state.reported == state.seen)
        #expect(try await restored.unreported(with: old.alice, limit: 9).isEmpty)
    }
}
