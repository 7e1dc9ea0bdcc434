import FoundationEssentials
import Identity
import Store
import Testing
import Wire

@testable import Chat

/// Those who follow along beside the one who shows events.
@Suite struct EventHubTests {
    private func event(_ isOnline: Bool = true) throws -> ChatEvent {
        .presence(
            PeerSummary(identity: try Room.identity(1), handle: nil, trust: .unverified), isOnline: isOnline)
    }

    private func message(bytes: Int) throws -> ChatEvent {
        let now = Date(timeIntervalSince1970: 1_700_000_000)
        let peer = try Room.identity(1)
        return .message(
            IncomingMessage(
                peer: PeerSummary(identity: peer, handle: nil, trust: .unverified),
                stored: StoredMessage(
                    row: 1, peer: peer, id: MessageID.make(at: now), direction: .incoming, sentAt: now,
                    storedAt: now, content: .text(String(repeating: "x", count: bytes)), state: .delivered)))
    }

    /// How many events come before `missed`; nil when that does not come.
    private func countUntilMissed(_ follower: EventFollower) async -> Int? {
        var count = 0
        while let step = await follower.next() {
            if case .missed = step { return await follower.next() == nil ? count : nil }
            count += 1
        }
        return nil
    }

    @Test func whoDoesNotReadIsToldThatEventsAreMissedAndHoldsNobodyUp() async throws {
        let hub = EventHub()
        let (idle, quick) = (hub.follow(), hub.follow())
        for _ in 0..<5_000 {
            hub.publish(try event())
            #expect(await quick.next() != nil)
        }
        #expect(await countUntilMissed(idle) == 1024)
    }

    @Test func textsAreBoundedByTheirBytes() async throws {
        let hub = EventHub()
        let idle = hub.follow()
        for _ in 0..<200 { hub.publish(try message(bytes: 64_000)) }
        #expect(await countUntilMissed(idle) == 66)
    }

    @Test func whoIsSlowToBeShownHoldsNoFollowerUp() async throws {
        let queue = EventQueue(limit: 2)
        let follower = queue.hub.follow()
        let peer = try Room.identity(1)
        async let put: Void = {
            for _ in 0..<3 { await queue.put([try event()], of: peer) }
        }()
        for _ in 0..<3 { #expect(await follower.next() != nil) }
        await queue.finish()
        try await put
        #expect(await follower.next() == nil)
    }

    @Test func aFollowerEndsWhenItLeavesAndWhenTheQueueDoes() async throws {
        let hub = EventHub()
        let (gone, last) = (hub.follow(), hub.follow())
        async let waiting = last.next()
        hub.leave(gone)
        hub.publish(try event())
        #expect(await gone.next() == nil)
        #expect(await waiting != nil)
        hub.finish()
        #expect(await last.next() == nil)
        #expect(await hub.follow().next() == nil)
    }
}
