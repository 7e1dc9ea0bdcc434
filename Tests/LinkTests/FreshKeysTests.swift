import Identity
import Sodium
import Testing

@testable import Link

/// Acts inside a link (protocol.md, "Fresh keys inside a link"), undisturbed, interleaved with everything, and wrong.
@Suite struct FreshKeysTests {
    /// Due after 4 KiB in either direction.
    private static var early: LinkLimits {
        var limits = LinkLimits.standard
        limits.renewalBytes = 4096
        limits.renewalNotWithin = .zero
        return limits
    }

    private static let act1 = 2 + 4096 + 17
    private static let act3 = 2 + 1024 + 17
    private static let small = 2 + 256 + 17

    // MARK: When

    @Test func anHourIsEnough() throws {
        let pair = try Pair.open(random: true)
        for _ in 0..<359 {
            pair.clock.now += .seconds(10)
            pair.initiator.advance()
            pair.responder.advance()
            pair.settle()
        }
        let before = pair.responder.written
        pair.clock.now += .seconds(10)
        pair.initiator.advance()
        let flight = pair.initiator.flush()
        #expect(flight.count == Self.act1 || flight.count == Self.act1 + Self.small)
        pair.responder.receive(flight)
        pair.settle()
        #expect(pair.responder.written - before == Self.act1 + 2 * Self.small)
        #expect(pair.initiator.end == nil && pair.responder.end == nil)
        pair.initiator.send([1])
        pair.responder.send([2])
        pair.settle()
        #expect(pair.responder.envelopes == [[1]])
        #expect(pair.initiator.envelopes == [[2]])
    }

    @Test(arguments: [true, false]) func aVolumeInEitherDirectionIsEnough(there: Bool) throws {
        let pair = try Pair.open(Self.early, random: true)
        let side = there ? pair.initiator : pair.responder
        // `ready` was the responder's first frame, and counts.
        for _ in 0..<(there ? 14 : 13) { side.send([1]) }
        pair.settle()
        let before = pair.initiator.written
        side.send([1])
        pair.settle()
        #expect(pair.initiator.written >= before + Self.act1 + Self.act3)
        #expect(pair.initiator.end == nil && pair.responder.end == nil)
    }

    @Test func manyTimesOver() throws {
        let pair = try Pair.open(Self.early, random: true)
        for number in 0..<300 {
            pair.initiator.send([UInt8(number & 0xff), 1])
            pair.responder.send([UInt8(number & 0xff), 2])
            pair.settle()
        }
        #expect(pair.responder.envelopes == (0..<300).map { [UInt8($0 & 0xff), 1] })
        #expect(pair.initiator.envelopes == (0..<300).map { [UInt8($0 & 0xff), 2] })
    }

    @Test func keysOf75MinutesEndTheLink() throws {
        var limits = LinkLimits.standard
        // A peer that never renews.
        limits.renewalAge = .seconds(1_000_000)
        let pair = try Pair.open(limits)
        for _ in 0..<449 {
            pair.clock.now += .seconds(10)
            pair.initiator.advance()
            pair.responder.advance()
            pair.settle()
        }
        #expect(pair.initiator.end == nil && pair.responder.end == nil)
        pair.clock.now += .seconds(10)
        pair.initiator.advance()
        pair.responder.advance()
        #expect(pair.initiator.end == .keysExpired)
        #expect(pair.responder.end == .keysExpired)
        #expect(pair.initiator.flush().isEmpty && pair.responder.flush().isEmpty)
    }

    // MARK: Interleavings

    /// Delivers pieces of both directions in an order drawn from a seed, while both sides send, ping and at the end close.
    /// Whatever the order, everything arrives, in order, and the goodbye is one.
    @Test(arguments: 0..<60) func anyInterleaving(seed: Int) throws {
        var dice = SeededDice(UInt64(seed))
        let pair = try Pair.open(Self.early, random: true)
        var there: [UInt8] = []
        var back: [UInt8] = []
        var sent = 0
        var answered = 0
        let closesFirst = Int.random(in: 0..<3, using: &dice)
        for _ in 0..<400 {
            switch Int.random(in: 0..<8, using: &dice) {
            case 0 where sent < 60:
                sent += 1
                pair.initiator.send([UInt8(sent)])
            case 1 where answered < 60:
                answered += 1
                pair.responder.send([UInt8(answered)])
            case 2: there += pair.initiator.flush()
            case 3: back += pair.responder.flush()
            case 4, 5:
                let count = min(there.count, Int.random(in: 1...1500, using: &dice))
                pair.responder.receive(there.prefix(count))
                there.removeFirst(count)
            case 6:
                let count = min(back.count, Int.random(in: 1...1500, using: &dice))
                pair.initiator.receive(back.prefix(count))
                back.removeFirst(count)
            default: pair.initiator.ping()
            }
        }
        if closesFirst != 1 { pair.initiator.close() }
        if closesFirst != 0 { pair.responder.close() }
        while true {
            there += pair.initiator.flush()
            back += pair.responder.flush()
            if there.isEmpty, back.isEmpty { break }
            pair.responder.receive(there)
            pair.initiator.receive(back)
            (there, back) = ([], [])
        }
        #expect(pair.initiator.end == .goodbye)
        #expect(pair.responder.end == .goodbye)
        #expect(pair.responder.envelopes == (0..<sent).map { [UInt8($0 + 1)] })
        #expect(pair.initiator.envelopes == (0..<answered).map { [UInt8($0 + 1)] })
    }

    /// A goodbye of either side, or both, at each point of the renewal.
    @Test(arguments: 0...4, [(true, false), (false, true), (true, true)])
    func aGoodbyeAtEachPoint(flights: Int, closes: (initiator: Bool, responder: Bool)) throws {
        let pair = try Pair.open(Self.early, random: true)
        for _ in 0..<15 { pair.initiator.send([1]) }
        for flight in 0..<flights {
            if flight.isMultiple(of: 2) {
                pair.responder.receive(pair.initiator.flush())
            } else {
                pair.initiator.receive(pair.responder.flush())
            }
        }
        if closes.initiator { pair.initiator.close() }
        if closes.responder { pair.responder.close() }
        // Both write before either reads, so the goodbye crosses whatever is under way.
        let there = pair.initiator.flush()
        let back = pair.responder.flush()
        pair.responder.receive(there)
        pair.initiator.receive(back)
        pair.settle()
        #expect(pair.initiator.end == .goodbye)
        #expect(pair.responder.end == .goodbye)
        #expect(pair.responder.envelopes.count == 15)
    }

    /// Act 3 with its header meets a responder that has said goodbye: it reads on under the new keys, and sends nothing.
    @Test func aResponderBehindItsFinalStillSwitchesItsReading() throws {
        let pair = try Pair.open(Self.early, random: true)
        for _ in 0..<15 { pair.initiator.send([1]) }
        pair.responder.receive(pair.initiator.flush())
        pair.responder.receive(pair.initiator.flush())
        let second = pair.responder.flush()
        pair.responder.close()
        let final = pair.responder.flush()
        #expect(final.count == Self.small)
        pair.initiator.receive(second)
        pair.initiator.send([2])
        let third = pair.initiator.flush()
        #expect(third.count == Self.act3 + Self.small)
        pair.responder.receive(third)
        #expect(pair.responder.flush().isEmpty)
        #expect(pair.responder.envelopes.last == [2])
        pair.initiator.receive(final)
        pair.responder.receive(pair.initiator.flush())
        #expect(pair.initiator.end == .goodbye)
        #expect(pair.responder.end == .goodbye)
    }

    /// Act 2 meets an initiator that has said goodbye: no act 3 follows.
    @Test func anInitiatorBehindItsFinalSendsNoActThree() throws {
        let pair = try Pair.open(Self.early, random: true)
        for _ in 0..<15 { pair.initiator.send([1]) }
        pair.responder.receive(pair.initiator.flush())
        pair.responder.receive(pair.initiator.flush())
        let second = pair.responder.flush()
        #expect(second.count == Self.act1)
        pair.initiator.close()
        let final = pair.initiator.flush()
        pair.initiator.receive(second)
        #expect(pair.initiator.flush().isEmpty)
        pair.responder.receive(final)
        pair.initiator.receive(pair.responder.flush())
        #expect(pair.initiator.end == .goodbye)
        #expect(pair.responder.end == .goodbye)
    }

    // MARK: Wrong acts

    private struct Bench {
        let clock = TestClock()
        let side: Side
        let peer: RawPeer.Box
        let local: LocalSide
        let responder: LocalSide

        init(_ limits: LinkLimits = FreshKeysTests.early) throws {
            (local, responder) = try Pair.locals(limits, random: true)
            side = Side(answering: responder, clock)
            peer = RawPeer.Box(try .initiator(against: side, local, responder: responder.identity))
        }

        func exchange(_ local: LocalSide? = nil, hash: [UInt8]? = nil) throws -> InitiatorExchange {
            let local = local ?? self.local
            return try InitiatorExchange(
                ExchangeContext(
                    purpose: .peer, responder: responder.identity, renewing: hash ?? peer.raw.keys.hash),
                static: local.secretKey(), material: .random)
        }

        func act(_ content: [UInt8]) throws -> [UInt8] { try peer.raw.frame(.act, content) }

        func expectSilentEnd(_ violation: Violation, _ bytes: [UInt8]) {
            let written = side.written
            side.receive(bytes)
            #expect(side.end == .violation(violation))
            #expect(side.flush().isEmpty && side.written == written)
        }
    }

    @Test(arguments: [0, 1, 23, 24, 25, 576, 599, 601, 1200, 1232, 1234, 65276])
    func actsOfAnotherLengthAreRefused(count: Int) throws {
        let bench = try Bench()
        bench.expectSilentEnd(.actLength, try bench.act([UInt8](repeating: 1, count: count)))
    }

    @Test func actThreeWithoutActOneIsRefused() throws {
        let bench = try Bench()
        bench.expectSilentEnd(.actOrder, try bench.act([UInt8](repeating: 1, count: 600)))
    }

    @Test func actOneTwiceIsRefused() throws {
        let bench = try Bench()
        bench.side.receive(try bench.act(bench.exchange().first))
        #expect(!bench.side.flush().isEmpty)
        bench.expectSilentEnd(.actOrder, try bench.act(bench.exchange().first))
    }

    /// The answer to a good act is taken back when something bad comes right behind it.
    @Test func aViolationBehindAnActLeavesNoAnswer() throws {
        let bench = try Bench()
        bench.expectSilentEnd(.frameLength, try bench.act(bench.exchange().first) + [0, 0])
    }

    @Test func aResponderDoesNotBegin() throws {
        let (local, responder) = try Pair.locals(random: true)
        let side = Side(dialling: responder.identity, local, TestClock())
        var peer = try RawPeer.responder(against: side, responder)
        side.receive(try peer.frame(.ready))
        side.receive(try peer.frame(.act, [UInt8](repeating: 1, count: 1233)))
        #expect(side.end == .violation(.actLength))
    }

    @Test(arguments: [1200, 24]) func actsNobodyAskedForAreRefused(count: Int) throws {
        let (local, responder) = try Pair.locals(random: true)
        let side = Side(dialling: responder.identity, local, TestClock())
        var peer = try RawPeer.responder(against: side, responder)
        side.receive(try peer.frame(.ready))
        side.receive(try peer.frame(.act, [UInt8](repeating: 1, count: count)))
        #expect(side.end == .violation(.actOrder))
    }

    @Test func theHashInUseIsPartOfIt() throws {
        let bench = try Bench()
        let other = [UInt8](repeating: 0, count: 64)
        bench.expectSilentEnd(.authentication, try bench.act(bench.exchange(hash: other).first))
    }

    /// Somebody else cannot take a link over in the middle, not even with a proof of who he is.
    @Test func anotherIdentityIsRefused() throws {
        let bench = try Bench()
        let other = LocalSide(
            keys: try Fixed.identity("somebody else"), purpose: .peer, limits: .standard, material: .random)
        let exchange = try bench.exchange(other)
        bench.side.receive(try bench.act(exchange.first))
        let second = try bench.peer.raw.open(bench.side.flush())
        let third = try exchange.readSecond(second[0].content).writeThird(other.identity).third
        bench.expectSilentEnd(.identity, try bench.act(third + [UInt8](repeating: 0, count: 24)))
    }

    @Test func actOneTooEarlyIsRefused() throws {
        let bench = try Bench(.standard)
        bench.clock.now += .milliseconds(999)
        bench.expectSilentEnd(.actTooEarly, try bench.act(bench.exchange().first))
        let later = try Bench(.standard)
        later.clock.now += .seconds(1)
        later.side.receive(try later.act(later.exchange().first))
        #expect(later.side.end == nil)
    }

    /// Within the first second, but behind much data: allowed, both directions together.
    @Test func actOneBehindMuchDataIsNotTooEarly() throws {
        var limits = LinkLimits.standard
        limits.renewalNotBelow = 20_000
        let bench = try Bench(limits)
        for _ in 0..<33 {
            bench.side.receive(try bench.peer.raw.frame(.envelope, [1]))
            bench.side.send([1])
            _ = try bench.peer.raw.open(bench.side.flush())
        }
        let exchange = try bench.exchange()
        bench.side.receive(try bench.act(exchange.first))
        #expect(bench.side.end == nil)
    }

    /// Every bit of a renewal's acts is under the frame's own authentication; but the acts do not lean on it.
    @Test func alteredActsInsideGoodFramesAreRefused() throws {
        for index in stride(from: 0, to: Act.firstSize, by: 37) {
            let bench = try Bench()
            var first = try bench.exchange().first
            first[index] ^= 1
            bench.expectSilentEnd(index == 0 ? .version : .authentication, try bench.act(first))
        }
        for index in stride(from: 0, to: Act.thirdSize, by: 37) {
            let bench = try Bench()
            let exchange = try bench.exchange()
            bench.side.receive(try bench.act(exchange.first))
            let second = try bench.peer.raw.open(bench.side.flush())[0].content
            var third = try exchange.readSecond(second).writeThird(bench.local.identity).third
            third[index] ^= 1
            bench.expectSilentEnd(.authentication, try bench.act(third + [UInt8](repeating: 0, count: 24)))
        }
    }

    /// The first frame under the new keys is `ready`, and nothing else.
    @Test(arguments: [true, false]) func readyComesFirstUnderTheNewKeys(isReady: Bool) throws {
        let (local, responder) = try Pair.locals(Self.early, random: true)
        let side = Side(dialling: responder.identity, local, TestClock())
        let peer = RawPeer.Box(try .responder(against: side, responder))
        side.receive(try peer.raw.frame(.ready))
        for _ in 0..<15 { side.send([1]) }
        let flight = try peer.raw.open(side.flush())
        let first = try #require(flight.first { $0.kind == Frame.Kind.act.rawValue })
        let context = ExchangeContext(
            purpose: .peer, responder: responder.identity, renewing: peer.raw.keys.hash)
        let exchange = try ResponderExchange(
            answering: first.content, context, static: responder.secretKey(), material: .random)
        side.receive(try peer.raw.frame(.act, exchange.second))
        let third = try #require(try peer.raw.open(side.flush()).first)
        let keys = try exchange.readThird(Array(third.content.prefix(576))).takeKeys()
        let push = try SecretStreamPush(key: keys.responderToInitiator)
        side.receive(try peer.raw.frame(.act, push.header))
        #expect(side.end == nil)
        peer.raw.push = push
        side.receive(try peer.raw.frame(isReady ? .ready : .ping))
        #expect(side.end == (isReady ? nil : .violation(.notReady)))
    }
}
