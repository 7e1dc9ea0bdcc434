import Identity
import Sodium
import Testing

@testable import Link

/// `REKEY` by count and by time, and the receiver's patience (protocol.md, "Frames").
@Suite struct RekeyTests {
    private struct Bench {
        let clock = TestClock()
        let side: Side
        let peer: RawPeer.Box

        init(_ limits: LinkLimits = .standard) throws {
            let (local, responder) = try Pair.locals(limits)
            side = Side(answering: responder, clock)
            peer = RawPeer.Box(try .initiator(against: side, local, responder: responder.identity))
        }

        func tags(_ count: Int) throws -> [SecretStreamTag] {
            for _ in 0..<count { side.send([1]) }
            return try peer.raw.open(side.flush()).map(\.tag)
        }
    }

    /// `ready` was the first frame.
    @Test func the1024thFrameCarriesRekey() throws {
        let bench = try Bench()
        let tags = try bench.tags(3000)
        let places = tags.indices.filter { tags[$0] == .rekey }.map { $0 + 2 }
        #expect(places == [1024, 2048])
        #expect(tags.allSatisfy { $0 == .message || $0 == .rekey })
    }

    @Test func theFirstFrameBehindTenMinutesCarriesRekey() throws {
        let bench = try Bench()
        bench.clock.now += .seconds(599)
        #expect(try bench.tags(2) == [.message, .message])
        bench.clock.now += .seconds(1)
        #expect(try bench.tags(3) == [.rekey, .message, .message])
        bench.clock.now += .seconds(599)
        #expect(try bench.tags(1) == [.message])
        bench.clock.now += .seconds(1)
        #expect(try bench.tags(2) == [.rekey, .message])
    }

    /// The frame that would carry `REKEY` says goodbye instead.
    @Test func finalTakesPrecedence() throws {
        let bench = try Bench()
        _ = try bench.tags(1022)
        bench.side.close()
        let last = try bench.peer.raw.open(bench.side.flush())
        #expect(last.map(\.tag) == [.final])
    }

    @Test(arguments: [true, false]) func the2048thFrameIsTheLastWithout(rekeys: Bool) throws {
        let bench = try Bench()
        for _ in 0..<2047 { bench.side.receive(try bench.peer.raw.frame(.envelope, [1])) }
        #expect(bench.side.end == nil)
        bench.side.receive(try bench.peer.raw.frame(.envelope, [2], tag: rekeys ? .rekey : .message))
        #expect(bench.side.end == (rekeys ? nil : .violation(.rekeyOverdue)))
        #expect(bench.side.envelopes.count == (rekeys ? 2048 : 2047))
    }

    @Test func the2048thFrameMayBeAGoodbye() throws {
        let bench = try Bench()
        for _ in 0..<2047 { bench.side.receive(try bench.peer.raw.frame(.envelope, [1])) }
        bench.side.receive(try bench.peer.raw.frame(.close, tag: .final))
        #expect(bench.side.peerFinished)
    }

    /// Earlier than need be, on every frame, and on any kind.
    @Test func rekeyIsAllowedAnyTime() throws {
        let bench = try Bench()
        for number in 0..<100 {
            bench.side.receive(try bench.peer.raw.frame(.envelope, [UInt8(number)], tag: .rekey))
            bench.side.receive(
                try bench.peer.raw.frame(.ping, tag: number.isMultiple(of: 3) ? .rekey : .message))
        }
        #expect(bench.side.end == nil)
        #expect(bench.side.envelopes.count == 100)
    }

    /// Both directions far beyond any counter, through the machines alone.
    @Test func longLinksGoOn() throws {
        let pair = try Pair.open()
        for _ in 0..<5000 {
            pair.initiator.send([1])
            pair.responder.send([2])
        }
        pair.settle()
        #expect(pair.initiator.envelopes.count == 5000)
        #expect(pair.responder.envelopes.count == 5000)
    }
}
