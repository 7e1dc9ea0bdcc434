import Identity
import Testing

@testable import Link

/// Every single-bit change of every byte of the handshake and of the first frames, and a cut at every offset.
///
/// With fixed material both sides say the same each time, so one recorded run gives the bytes to change; only the side
/// that reads them has to be played again.
@Suite struct AlteredBytesTests {
    /// What each side wrote in an undisturbed run, in order: act 1; act 2; act 3 and header; header and `ready`; then one
    /// envelope each way, and the goodbyes.
    private struct Recording {
        var first: [UInt8]
        var second: [UInt8]
        var third: [UInt8]
        var ready: [UInt8]
        var there: [UInt8]
        var back: [UInt8]
        var goodbye: [UInt8]
        var answer: [UInt8]
    }

    private static func record() throws -> Recording {
        let pair = try Pair()
        let first = pair.initiator.flush()
        pair.responder.receive(first)
        let second = pair.responder.flush()
        pair.initiator.receive(second)
        let third = pair.initiator.flush()
        pair.responder.receive(third)
        let ready = pair.responder.flush()
        pair.initiator.receive(ready)
        pair.initiator.send([1, 2, 3])
        let there = pair.initiator.flush()
        pair.responder.receive(there)
        pair.responder.send([4, 5, 6])
        let back = pair.responder.flush()
        pair.initiator.receive(back)
        pair.initiator.close()
        let goodbye = pair.initiator.flush()
        pair.responder.receive(goodbye)
        let answer = pair.responder.flush()
        pair.initiator.receive(answer)
        try #require(pair.initiator.end == .goodbye)
        try #require(pair.responder.end == .goodbye)
        return Recording(
            first: first, second: second, third: third, ready: ready, there: there, back: back,
            goodbye: goodbye,
            answer: answer)
    }

    /// A responder that has read what came before.
    private static func responder(_ read: [[UInt8]]) throws -> Side {
        let side = Side(answering: try Pair.locals().responder, TestClock())
        for flight in read {
            side.receive(flight)
            _ = side.flush()
        }
        return side
    }

    private static func initiator(_ read: [[UInt8]]) throws -> Side {
        let (local, responder) = try Pair.locals()
        let side = Side(dialling: responder.identity, local, TestClock())
        _ = side.flush()
        for flight in read {
            side.receive(flight)
            _ = side.flush()
        }
        return side
    }

    /// Feeds a changed flight; the side must end with a violation and write nothing. `spared` are the bytes whose change
    /// can only show in what follows, which is then fed, too.
    private static func check(
        _ flight: [UInt8], _ range: Range<Int>, then following: [UInt8], _ make: () throws -> Side
    ) throws {
        for index in range {
            for bit in 0..<8 {
                var changed = flight
                changed[index] ^= 1 << UInt8(bit)
                let side = try make()
                let before = (written: side.written, envelopes: side.envelopes)
                side.receive(changed)
                let output = side.flush()
                if index >= flight.count - 0 || side.end == nil { side.receive(following) }
                guard case .violation(let violation) = side.end else {
                    Issue.record("bit \(bit) of byte \(index) went unnoticed")
                    continue
                }
                #expect(violation != .local)
                #expect(side.envelopes == before.envelopes)
                #expect(!side.peerFinished)
                if following.isEmpty { #expect(output.isEmpty && side.written == before.written) }
            }
        }
    }

    private static let actSlices = 4

    private static func slice(_ count: Int, _ part: Int) -> Range<Int> {
        count * part / actSlices..<count * (part + 1) / actSlices
    }

    @Test(arguments: 0..<actSlices) func everyBitOfActOne(part: Int) throws {
        let good = try Self.record()
        try Self.check(good.first, Self.slice(Act.firstSize, part), then: []) { try Self.responder([]) }
    }

    @Test(arguments: 0..<actSlices) func everyBitOfActTwo(part: Int) throws {
        let good = try Self.record()
        try Self.check(good.second, Self.slice(Act.secondSize, part), then: []) { try Self.initiator([]) }
    }

    @Test(arguments: 0..<actSlices) func everyBitOfActThree(part: Int) throws {
        let good = try Self.record()
        try Self.check(good.third, Self.slice(Act.thirdSize, part), then: []) {
            try Self.responder([good.first])
        }
    }

    /// A changed header shows at the first frame under it.
    @Test func everyBitOfTheInitiatorsHeader() throws {
        let good = try Self.record()
        try Self.check(good.third, Act.thirdSize..<good.third.count, then: good.there) {
            try Self.responder([good.first])
        }
    }

    @Test func everyBitOfTheRespondersHeaderAndReady() throws {
        let good = try Self.record()
        // A length that grew waits for more bytes: the next frame is some.
        try Self.check(
            good.ready, 0..<good.ready.count, then: good.back + [UInt8](repeating: 0, count: 65299)
        ) {
            try Self.initiator([good.second])
        }
    }

    @Test func everyBitOfTheFirstFrames() throws {
        let good = try Self.record()
        let more = [UInt8](repeating: 0, count: 65299)
        try Self.check(good.there, 0..<good.there.count, then: more) {
            try Self.responder([good.first, good.third])
        }
        try Self.check(good.back, 0..<good.back.count, then: more) {
            try Self.initiator([good.second, good.ready])
        }
        try Self.check(good.goodbye, 0..<good.goodbye.count, then: more) {
            try Self.responder([good.first, good.third, good.there])
        }
    }

    // MARK: Cuts

    /// Whatever the offset: only a whole `FINAL` is a goodbye.
    @Test func cutAtEveryOffsetTowardsTheResponder() throws {
        let good = try Self.record()
        let flights = [good.first, good.third, good.there, good.goodbye]
        for (number, flight) in flights.enumerated() {
            for offset in 0..<flight.count {
                let side = try Self.responder(Array(flights.prefix(number)))
                side.receive(flight.prefix(offset))
                let written = side.written
                if offset.isMultiple(of: 2) { side.endOfStream() } else { side.connectionLost() }
                #expect(side.end == .cut)
                #expect(!side.peerFinished)
                #expect(side.flush().isEmpty && side.written == written)
            }
        }
    }

    @Test func cutAtEveryOffsetTowardsTheInitiator() throws {
        let good = try Self.record()
        let flights = [good.second, good.ready, good.back]
        for (number, flight) in flights.enumerated() {
            for offset in 0..<flight.count {
                let side = try Self.initiator(Array(flights.prefix(number)))
                side.receive(flight.prefix(offset))
                if offset.isMultiple(of: 2) { side.endOfStream() } else { side.connectionLost() }
                #expect(side.end == .cut)
                #expect(!side.peerFinished)
            }
        }
        for offset in 0..<good.answer.count {
            let side = try Self.initiator(flights)
            side.close()
            _ = side.flush()
            side.receive(good.answer.prefix(offset))
            side.endOfStream()
            #expect(side.end == .cut)
        }
    }
}
