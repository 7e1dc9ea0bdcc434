import Identity
import Sodium
import Testing

@testable import Link

/// Goodbyes (protocol.md, "Close").
@Suite struct CloseTests {
    @Test(arguments: [true, false]) func aGoodbyeIsAnswered(byInitiator: Bool) throws {
        let pair = try Pair.open()
        let (closer, other) =
            byInitiator ? (pair.initiator, pair.responder) : (pair.responder, pair.initiator)
        closer.close()
        let final = closer.flush()
        #expect(final.count == 2 + 256 + 17)
        #expect(closer.shutDown)
        #expect(closer.end == nil)
        other.receive(final)
        #expect(other.peerFinished)
        let answer = other.flush()
        #expect(other.end == .goodbye)
        #expect(other.shutDown)
        closer.receive(answer)
        #expect(closer.end == .goodbye)
        #expect(closer.flush().isEmpty)
    }

    @Test func bothAtOnce() throws {
        let pair = try Pair.open()
        pair.initiator.close()
        pair.responder.close()
        let there = pair.initiator.flush()
        let back = pair.responder.flush()
        pair.responder.receive(there)
        pair.initiator.receive(back)
        #expect(pair.initiator.end == .goodbye)
        #expect(pair.responder.end == .goodbye)
        #expect(pair.initiator.flush().isEmpty)
        #expect(pair.responder.flush().isEmpty)
    }

    @Test func whatIsQueuedGoesFirst() throws {
        let pair = try Pair.open()
        for number in 0..<100 { pair.initiator.send([UInt8(number)]) }
        pair.initiator.close()
        pair.initiator.send([0xff])
        pair.settle()
        #expect(pair.responder.envelopes == (0..<100).map { [UInt8($0)] })
        #expect(pair.initiator.end == .goodbye)
        #expect(pair.responder.end == .goodbye)
    }

    @Test func theAnswererSendsItsQueueFirst() throws {
        let pair = try Pair.open()
        pair.responder.send([1])
        pair.responder.send([2])
        pair.initiator.close()
        pair.responder.receive(pair.initiator.flush())
        pair.initiator.receive(pair.responder.flush())
        #expect(pair.initiator.envelopes == [[1], [2]])
        #expect(pair.initiator.end == .goodbye)
    }

    /// What its user sent just before the goodbye became known is queued just behind it, and still goes first.
    @Test func theAnswererTakesMoreUntilItsFinalIsWritten() throws {
        let pair = try Pair.open()
        pair.initiator.close()
        pair.responder.receive(pair.initiator.flush())
        pair.responder.send([1])
        pair.initiator.receive(pair.responder.flush())
        pair.responder.send([2])
        #expect(pair.responder.flush().isEmpty)
        #expect(pair.initiator.envelopes == [[1]])
        #expect(pair.initiator.end == .goodbye)
    }

    /// Between the own `FINAL` and the peer's: processed, not answered.
    @Test func pingsBehindTheOwnFinalAreNotAnswered() throws {
        let (local, responder) = try Pair.locals()
        let side = Side(answering: responder, TestClock())
        var peer = try RawPeer.initiator(against: side, local, responder: responder.identity)
        side.close()
        #expect(try peer.open(side.flush()).map(\.tag) == [.final])
        side.receive(try peer.frame(.ping) + peer.frame(.envelope, [5]))
        #expect(side.flush().isEmpty)
        #expect(side.envelopes == [[5]])
        side.receive(try peer.frame(.close, tag: .final))
        #expect(side.end == .goodbye)
    }

    @Test func behindAFinalNothingIsPulled() throws {
        let (local, responder) = try Pair.locals()
        let side = Side(answering: responder, TestClock())
        var peer = try RawPeer.initiator(against: side, local, responder: responder.identity)
        side.receive(try peer.frame(.close, tag: .final) + [UInt8](repeating: 0xff, count: 1000))
        #expect(side.peerFinished)
        #expect(side.end == nil)
        #expect(try peer.open(side.flush()).map(\.tag) == [.final])
        #expect(side.end == .goodbye)
    }

    @Test func endOfStreamBehindAFinalIsStillAnswered() throws {
        let pair = try Pair.open()
        pair.initiator.close()
        pair.responder.receive(pair.initiator.flush())
        pair.responder.endOfStream()
        #expect(pair.responder.end == nil)
        pair.initiator.receive(pair.responder.flush())
        #expect(pair.responder.end == .goodbye)
        #expect(pair.initiator.end == .goodbye)
    }

    @Test func endOfStreamBehindTheOwnFinalIsACut() throws {
        let pair = try Pair.open()
        pair.initiator.close()
        _ = pair.initiator.flush()
        pair.initiator.endOfStream()
        #expect(pair.initiator.end == .cut)
    }

    @Test func fiveSecondsForAnAnswer() throws {
        let pair = try Pair.open()
        pair.initiator.close()
        _ = pair.initiator.flush()
        #expect(pair.initiator.deadline == pair.clock.now + .seconds(5))
        pair.clock.now += .milliseconds(4999)
        pair.initiator.advance()
        #expect(pair.initiator.end == nil)
        pair.clock.now += .milliseconds(1)
        pair.initiator.advance()
        #expect(pair.initiator.end == .closeTimeout)
    }

    /// The 5 s count from the wish: a queue that cannot be written does not hold a link open.
    @Test func fiveSecondsForAQueueThatDoesNotMove() throws {
        let pair = try Pair.open()
        pair.initiator.send([1])
        pair.initiator.close()
        pair.clock.now += .seconds(5)
        pair.initiator.advance()
        #expect(pair.initiator.end == .closeTimeout)
    }

    @Test func closingBeforeReadyJustEnds() throws {
        let pair = try Pair()
        let written = pair.initiator.written
        pair.initiator.close()
        #expect(pair.initiator.end == .cut)
        #expect(pair.initiator.flush().isEmpty && pair.initiator.written == written)
    }

    @Test func cutSaysNothing() throws {
        let pair = try Pair.open()
        pair.initiator.send([1])
        let written = pair.initiator.written
        pair.initiator.cut()
        #expect(pair.initiator.end == .cut)
        #expect(pair.initiator.flush().isEmpty && pair.initiator.written == written)
    }

    @Test func aGoodbyeEndsOnlyOnce() throws {
        let pair = try Pair.open()
        pair.initiator.close()
        pair.initiator.close()
        pair.settle()
        pair.initiator.connectionLost()
        pair.initiator.cut()
        #expect(pair.initiator.end == .goodbye)
    }
}
