import Identity
import Testing

@testable import Link

/// Pings, pongs and the end of patience (protocol.md, "Frames").
@Suite struct LivenessTests {
    @Test func fifteenSecondsOfSilenceSendAPing() throws {
        let pair = try Pair.open()
        let frame = 2 + 256 + 17
        pair.clock.now += .milliseconds(14_999)
        pair.initiator.advance()
        #expect(pair.initiator.flush().isEmpty)
        #expect(pair.initiator.deadline == pair.clock.now + .milliseconds(1))
        pair.clock.now += .milliseconds(1)
        pair.initiator.advance()
        let ping = pair.initiator.flush()
        #expect(ping.count == frame)
        pair.responder.receive(ping)
        let pong = pair.responder.flush()
        #expect(pong.count == frame)
        pair.initiator.receive(pong)
        #expect(pair.initiator.pongs == 1)
        #expect(pair.initiator.flush().isEmpty)
    }

    /// What counts is having sent nothing: whoever sends anyhow need not ping.
    @Test func sendingPostponesThePing() throws {
        let pair = try Pair.open()
        for _ in 0..<10 {
            pair.clock.now += .seconds(10)
            pair.initiator.advance()
            pair.initiator.send([1])
            pair.responder.receive(pair.initiator.flush())
            pair.responder.advance()
            pair.initiator.receive(pair.responder.flush())
        }
        // Only the responder, which sent nothing of its own, pinged.
        #expect(pair.initiator.pongs == 0)
        #expect(pair.responder.pongs > 0)
        #expect(pair.initiator.end == nil)
    }

    @Test func aLinkThatIsPingedLives() throws {
        let pair = try Pair.open()
        for _ in 0..<240 {
            pair.clock.now += .seconds(15)
            pair.initiator.advance()
            pair.responder.advance()
            pair.settle()
        }
        #expect(pair.initiator.end == nil)
        #expect(pair.responder.end == nil)
    }

    @Test func fortyFiveSecondsWithoutAFrameAreTheEnd() throws {
        let pair = try Pair.open()
        pair.clock.now += .milliseconds(44_999)
        pair.initiator.advance()
        #expect(pair.initiator.end == nil)
        pair.clock.now += .milliseconds(1)
        pair.initiator.advance()
        #expect(pair.initiator.end == .silence)
        #expect(pair.initiator.flush().isEmpty)
    }

    /// Bytes are not frames: a peer that only dribbles is gone, too.
    @Test func halfAFrameIsNoSignOfLife() throws {
        let pair = try Pair.open()
        pair.responder.send([1])
        let frame = pair.responder.flush()
        for byte in frame.prefix(50) {
            pair.clock.now += .seconds(1)
            pair.initiator.receive([byte])
        }
        #expect(pair.initiator.end == .silence)
    }

    /// After a sleep the bytes are there before the timer: the link is dead all the same.
    @Test func whatIsOverdueComesBeforeWhatArrives() throws {
        let pair = try Pair.open()
        pair.responder.send([1])
        let frame = pair.responder.flush()
        pair.clock.now += .seconds(3600)
        pair.initiator.receive(frame)
        #expect(pair.initiator.end == .silence)
        #expect(pair.initiator.envelopes.isEmpty)
    }

    /// A peer that asks and asks and never reads gets one answer.
    @Test func onePongAnswersAllPings() throws {
        let (local, responder) = try Pair.locals()
        let side = Side(answering: responder, TestClock())
        var peer = try RawPeer.initiator(against: side, local, responder: responder.identity)
        for _ in 0..<1000 { side.receive(try peer.frame(.ping)) }
        let frames = try peer.open(side.flush())
        #expect(frames.map(\.kind) == [Frame.Kind.pong.rawValue])
        side.receive(try peer.frame(.ping))
        #expect(try peer.open(side.flush()).map(\.kind) == [Frame.Kind.pong.rawValue])
    }

    @Test func onePingIsWrittenForAllThatAsk() throws {
        let pair = try Pair.open()
        for _ in 0..<5 { pair.initiator.ping() }
        let ping = pair.initiator.flush()
        #expect(ping.count == 2 + 256 + 17)
    }

    /// While nobody reads, the peer's silence is one's own.
    @Test func aPausedSideDoesNotBlameThePeer() throws {
        let pair = try Pair.open()
        pair.initiator.setPaused(true)
        for _ in 0..<20 {
            pair.clock.now += .seconds(15)
            pair.initiator.advance()
            #expect(!pair.initiator.flush().isEmpty)
        }
        #expect(pair.initiator.end == nil)
        pair.initiator.setPaused(false)
        pair.clock.now += .milliseconds(44_999)
        pair.initiator.advance()
        #expect(pair.initiator.end == nil)
        pair.clock.now += .milliseconds(1)
        pair.initiator.advance()
        #expect(pair.initiator.end == .silence)
    }
}
