import Identity
import Store
import Testing

@testable import p2pchat

/// The part of a conversation that is in memory.
@Suite struct FlowTests {
    private let peer: PublicIdentity

    init() throws { peer = try #require(People.bob) }

    private func messages(_ rows: ClosedRange<Int64>) -> [StoredMessage] {
        rows.map { message($0, "\($0)", to: peer) }
    }

    private func rows(_ flow: Flow) -> [Int64] { flow.items.compactMap { $0.message?.row } }

    private func opened(_ rows: ClosedRange<Int64>) -> Flow {
        var flow = Flow()
        flow.willRead()
        flow.open(peer, called: "bob", messages(rows))
        return flow
    }

    @Test func whatCameWhileItWasReadIsThereOnce() {
        var flow = opened(1...3)
        flow.append(message(4, "4", to: peer))
        flow.willRead()
        flow.append(message(5, "5", to: peer))
        flow.append(message(6, "6", to: peer))
        flow.open(peer, called: "bob", messages(1...5))
        #expect(rows(flow) == [1, 2, 3, 4, 5, 6])
        flow.append(message(6, "6", to: peer))
        #expect(rows(flow) == [1, 2, 3, 4, 5, 6])
    }

    @Test func whatWasDeletedGoes() {
        var flow = opened(1...3)
        flow.append(message(4, "4", to: peer))
        flow.willRead()
        flow.open(peer, called: "bob", [])
        #expect(rows(flow).isEmpty)
    }

    /// Scrolling through everything takes no more memory than a part of it.
    @Test func itStaysSmall() {
        let total: Int64 = 100_000
        let page = Int64(Flow.page)
        var flow = opened((total - page + 1)...total)
        while let first = flow.firstRow, first > 1 {
            flow.add(older: messages(max(1, first - page)...(first - 1)))
            #expect(rows(flow).count <= Flow.most)
        }
        #expect(flow.firstRow == 1 && !flow.reachesEnd)
        while let last = flow.lastRow, last < total {
            flow.add(newer: messages((last + 1)...min(total, last + page)))
            #expect(rows(flow).count <= Flow.most)
        }
        #expect(flow.lastRow == total)
        for row in (total + 1)...(total + 5000) { flow.append(message(row, "\(row)", to: peer)) }
        #expect(rows(flow).count <= Flow.most + Flow.page)
        #expect(flow.mayHaveOlder)
    }

    /// A part around a message: what is beyond it is read as one scrolls there.
    @Test func aPartInTheMiddle() {
        let page = Int64(Flow.page)
        var flow = Flow()
        flow.willRead()
        flow.open(
            peer, called: "bob", older: messages(301...(300 + page)),
            newer: messages((301 + page)...(300 + 2 * page)))
        #expect(flow.firstRow == 301 && flow.lastRow == 300 + 2 * page)
        #expect(flow.mayHaveOlder && !flow.reachesEnd)
        // What came while it was read is not put behind a gap.
        flow.willRead()
        flow.append(message(9_999, "9999", to: peer))
        flow.open(
            peer, called: "bob", older: messages(301...(300 + page)),
            newer: messages((301 + page)...(300 + 2 * page)))
        #expect(flow.lastRow == 300 + 2 * page)
        flow.willRead()
        flow.append(message(10_000, "10000", to: peer))
        flow.open(peer, called: "bob", older: messages(1...3), newer: messages(4...5))
        #expect(rows(flow) == [1, 2, 3, 4, 5, 10_000])
        #expect(flow.reachesEnd && !flow.mayHaveOlder)
    }

    @Test func noticesStayWhereTheyWereSaid() {
        var flow = opened(1...2)
        flow.append(notice: "between")
        flow.append(message(3, "3", to: peer))
        flow.willRead()
        flow.open(peer, called: "bob", messages(1...3))
        let kinds = flow.items.map { $0.message?.row ?? 0 }
        #expect(kinds == [1, 2, 0, 3])
        // Another conversation has its own.
        flow.willRead()
        flow.open(nil, called: "", [])
        #expect(flow.items.isEmpty)
        flow.willRead()
        flow.open(peer, called: "bob", messages(1...3))
        #expect(flow.items.count == 4)
    }

    @Test func aStateThatIsReachedWhileTheStoreIsReadIsKept() {
        let own = message(1, "own", to: peer, from: .outgoing, state: .sent)
        var flow = Flow()
        flow.willRead()
        flow.open(peer, called: "bob", [own])
        flow.willRead()
        let hasRisen = flow.raise([own.id], to: .delivered)
        // As it was when it was read.
        flow.open(peer, called: "bob", [own])
        #expect(hasRisen && flow.items.first?.message?.state == .delivered)
    }

    @Test func statesRiseAndNeverFall() {
        var flow = Flow()
        flow.willRead()
        let own = message(1, "own", to: peer, from: .outgoing, state: .queued)
        flow.open(peer, called: "bob", [own])
        let hasRisen = flow.raise([own.id], to: .read)
        let hasFallen = flow.raise([own.id], to: .delivered)
        #expect(hasRisen && !hasFallen)
        #expect(flow.items.first?.message?.state == .read)
    }

    /// The store is told later than the screen, and a message that was just sent comes with the state that it had then.
    @Test func whatIsBehindDoesNotLowerAState() {
        var flow = Flow()
        flow.willRead()
        flow.open(peer, called: "bob", [])
        let own = message(1, "own", to: peer, from: .outgoing, state: .sent)
        _ = flow.raise([own.id], to: .delivered)
        flow.append(own)
        #expect(flow.items.first?.message?.state == .delivered)
        _ = flow.raise([own.id], to: .read)
        flow.willRead()
        flow.reload([own])
        #expect(flow.items.first?.message?.state == .read)
    }
}
