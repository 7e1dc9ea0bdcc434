import Identity
import NIOCore
import Noise
import Sodium
import Testing

@testable import Link

/// The opening handshake between two machines (protocol.md, "Handshake").
@Suite struct HandshakeTests {
    @Test func actsHaveTheirSizes() throws {
        let pair = try Pair()
        let first = pair.initiator.flush()
        #expect(first.count == 1233)
        #expect(first.first == 1)
        pair.responder.receive(first)
        let second = pair.responder.flush()
        #expect(second.count == 1200)
        pair.initiator.receive(second)
        let third = pair.initiator.flush()
        #expect(third.count == 576 + 24)
        pair.responder.receive(third)
        #expect(pair.responder.flush().count == 24 + 2 + 256 + 17)
    }

    @Test(arguments: [false, true]) func bothSidesOpenAndAgree(random: Bool) throws {
        let pair = try Pair.open(random: random)
        let initiator = try Fixed.identity("initiator").publicIdentity
        let responder = try Fixed.identity("responder").publicIdentity
        #expect(pair.initiator.opened?.remote == responder)
        #expect(pair.responder.opened?.remote == initiator)
        #expect(pair.initiator.opened?.hash == pair.responder.opened?.hash)
        #expect(pair.initiator.opened?.hash.count == 64)
    }

    @Test func handshakesDiffer() throws {
        let one = try Pair.open(random: true)
        let other = try Pair.open(random: true)
        #expect(one.initiator.opened?.hash != other.initiator.opened?.hash)
    }

    @Test func aByteAtATimeOpensToo() throws {
        let pair = try Pair()
        while pair.initiator.opened == nil || pair.responder.opened == nil {
            let there = pair.initiator.flush()
            for byte in there { pair.responder.receive([byte]) }
            let back = pair.responder.flush()
            for byte in back { pair.initiator.receive([byte]) }
            try #require(!there.isEmpty || !back.isEmpty)
        }
    }

    @Test func theInitiatorIsNotOpenBeforeReady() throws {
        let pair = try Pair()
        pair.responder.receive(pair.initiator.flush())
        pair.initiator.receive(pair.responder.flush())
        pair.responder.receive(pair.initiator.flush())
        let answer = pair.responder.flush()
        pair.initiator.receive(answer.dropLast())
        #expect(pair.initiator.opened == nil)
        pair.initiator.receive(answer.suffix(1))
        #expect(pair.initiator.opened != nil)
    }

    // MARK: Refusals

    /// Runs a dialler against a responder; both must end, the responder without a byte behind what is given.
    private func expectRefusal(
        _ initiator: Side, _ responder: Side, at violation: Violation, responderWrote: Int
    ) {
        for _ in 0..<4 {
            responder.receive(initiator.flush())
            initiator.receive(responder.flush())
        }
        #expect(responder.end == .violation(violation))
        #expect(responder.written == responderWrote)
        #expect(responder.opened == nil)
        initiator.endOfStream()
        #expect(initiator.end == .cut)
        #expect(initiator.opened == nil)
    }

    @Test func anotherPurposeFails() throws {
        let clock = TestClock()
        let (local, responder) = try Pair.locals()
        let directory = LocalSide(
            keys: responder.keys, purpose: .directory, limits: .standard, material: responder.material)
        expectRefusal(
            Side(dialling: responder.identity, local, clock), Side(answering: directory, clock),
            at: .authentication, responderWrote: 0)
    }

    @Test func anotherResponderFails() throws {
        let clock = TestClock()
        let (local, responder) = try Pair.locals()
        let expected = try Fixed.identity("somebody else").publicIdentity
        expectRefusal(
            Side(dialling: expected, local, clock), Side(answering: responder, clock), at: .authentication,
            responderWrote: 0)
    }

    /// A and −A have one X25519 key; the prologue keeps them apart.
    @Test func theOtherSignOfTheResponderFails() throws {
        let clock = TestClock()
        let (local, responder) = try Pair.locals()
        var bytes = responder.identity.bytes
        bytes[31] ^= 0x80
        let negated = try PublicIdentity(bytes: bytes)
        #expect(negated.x25519PublicKey == responder.identity.x25519PublicKey)
        expectRefusal(
            Side(dialling: negated, local, clock), Side(answering: responder, clock), at: .authentication,
            responderWrote: 0)
    }

    @Test func whoIsNotAuthorizedLearnsNothing() throws {
        let clock = TestClock()
        let (local, responder) = try Pair.locals()
        expectRefusal(
            Side(dialling: responder.identity, local, clock),
            Side(answering: responder, clock) { _ in false }, at: .notAuthorized, responderWrote: 1200)
    }

    @Test func authorizeSeesTheProvedIdentity() throws {
        let clock = TestClock()
        let (local, responder) = try Pair.locals()
        let identity = local.identity
        let initiator = Side(dialling: responder.identity, local, clock)
        let answering = Side(answering: responder, clock) { $0 == identity }
        for _ in 0..<3 {
            answering.receive(initiator.flush())
            initiator.receive(answering.flush())
        }
        #expect(answering.opened != nil)
    }

    @Test func diallingOneselfIsRefusedByBothSides() throws {
        let clock = TestClock()
        let (_, local) = try Pair.locals()
        let dialler = Side(dialling: local.identity, local, clock)
        #expect(dialler.end == .violation(.ownIdentity))
        #expect(dialler.written == 0)

        // Somebody who leaves that check out.
        let responder = Side(answering: local, clock)
        let context = ExchangeContext(purpose: .peer, responder: local.identity, renewing: nil)
        let exchange = try InitiatorExchange(
            context, static: local.secretKey(), material: Fixed.material("initiator"))
        responder.receive(exchange.first)
        let finished = try exchange.readSecond(responder.flush()).writeThird(local.identity)
        responder.receive(finished.third)
        #expect(responder.end == .violation(.ownIdentity))
        #expect(responder.written == 1200)
    }

    /// The identity in act 3 must be the one whose key Noise has authenticated.
    @Test func claimingAnotherIdentityFails() throws {
        let clock = TestClock()
        let (local, responder) = try Pair.locals()
        let side = Side(answering: responder, clock)
        let context = ExchangeContext(purpose: .peer, responder: responder.identity, renewing: nil)
        let exchange = try InitiatorExchange(context, static: local.secretKey(), material: local.material)
        side.receive(exchange.first)
        let claimed = try Fixed.identity("somebody else").publicIdentity
        side.receive(try exchange.readSecond(side.flush()).writeThird(claimed).third)
        #expect(side.end == .violation(.identity))
        #expect(side.written == 1200)
    }

    @Test(arguments: [0, 2, 0x80, 0xff] as [UInt8]) func anotherVersionIsRefusedOnlyWhenAllIsRead(
        version: UInt8
    ) throws {
        let pair = try Pair()
        var first = pair.initiator.flush()
        first[0] = version
        pair.responder.receive(first.dropLast())
        #expect(pair.responder.end == nil)
        pair.responder.receive(first.suffix(1))
        #expect(pair.responder.end == .violation(.version))
        #expect(pair.responder.written == 0)
    }

    @Test func bytesBehindActOneAreRefused() throws {
        let pair = try Pair()
        pair.responder.receive(pair.initiator.flush() + [0])
        #expect(pair.responder.end == .violation(.earlyBytes))
        #expect(pair.responder.written == 0)
    }

    @Test func aFrameBeforeReadyIsRefused() throws {
        let clock = TestClock()
        let (local, responder) = try Pair.locals()
        let side = Side(answering: responder, clock)
        let context = ExchangeContext(purpose: .peer, responder: responder.identity, renewing: nil)
        let exchange = try InitiatorExchange(context, static: local.secretKey(), material: local.material)
        side.receive(exchange.first)
        let finished = try exchange.readSecond(side.flush()).writeThird(local.identity)
        let third = finished.third
        let keys = finished.takeKeys()
        var writer = try FrameWriter(
            key: keys.initiatorToResponder, header: Fixed.bytes("header", 24), limits: .standard,
            now: clock.now)
        var early = ByteBuffer()
        _ = try writer.write(.envelope, [1], at: clock.now, to: &early)
        side.receive(third + writer.header + Array(early.readableBytesView))
        #expect(side.end == .violation(.earlyBytes))
        #expect(side.written == 1200)
    }

    @Test func anInvalidEncapsulationKeyIsRefused() throws {
        let (local, responder) = try Pair.locals()
        let context = ExchangeContext(purpose: .peer, responder: responder.identity, renewing: nil)
        var noise = try context.noise(.initiator, static: local.secretKey(), local.material)
        // All coefficients 0xfff: above the modulus.
        let key = [UInt8](repeating: 0xff, count: Act.encapsulationKeySize)
        let side = Side(answering: responder, TestClock())
        side.receive(try [Act.version] + noise.writeMessage(payload: key))
        #expect(side.end == .violation(.encapsulation))
        #expect(side.written == 0)
    }

    // MARK: Time

    @Test func fiveSecondsAreAllThereIs() throws {
        let pair = try Pair()
        #expect(pair.initiator.deadline == pair.clock.now + .seconds(5))
        #expect(pair.responder.deadline == pair.clock.now + .seconds(5))
        pair.clock.now += .milliseconds(4999)
        pair.initiator.advance()
        pair.responder.advance()
        #expect(pair.initiator.end == nil)
        #expect(pair.responder.end == nil)
        pair.clock.now += .milliseconds(1)
        pair.initiator.advance()
        pair.responder.advance()
        #expect(pair.initiator.end == .handshakeTimeout)
        #expect(pair.responder.end == .handshakeTimeout)
        #expect(pair.responder.written == 0)
    }

    /// Each act in time, but all together too late: the deadline does not move with the acts.
    @Test func slowActsDoNotMoveTheDeadline() throws {
        let pair = try Pair()
        pair.clock.now += .seconds(2)
        pair.responder.receive(pair.initiator.flush())
        pair.clock.now += .seconds(2)
        pair.initiator.receive(pair.responder.flush())
        pair.clock.now += .seconds(2)
        let before = pair.responder.written
        pair.responder.receive(pair.initiator.flush())
        #expect(pair.responder.end == .handshakeTimeout)
        #expect(pair.responder.written == before)
    }

    @Test func aByteASecondIsTooSlow() throws {
        let pair = try Pair()
        for byte in pair.initiator.flush() {
            pair.responder.receive([byte])
            if pair.responder.end != nil { break }
            pair.clock.now += .seconds(1)
        }
        #expect(pair.responder.end == .handshakeTimeout)
        #expect(pair.responder.written == 0)
    }

    // MARK: Probes

    @Test func aProbeEndsBehindActTwo() throws {
        let clock = TestClock()
        let (local, responder) = try Pair.locals()
        let probe = Side(dialling: responder.identity, local, probing: true, clock)
        let side = Side(answering: responder, clock)
        side.receive(probe.flush())
        probe.receive(side.flush())
        #expect(probe.end == .proved)
        #expect(probe.written == 1233)
    }

    @Test func aProbeOfSomebodyElseProvesNothing() throws {
        let clock = TestClock()
        let (local, responder) = try Pair.locals()
        let probe = Side(dialling: responder.identity, local, probing: true, clock)
        _ = probe.flush()
        probe.receive(Fixed.bytes("noise", 64) + [UInt8](repeating: 7, count: 1136))
        #expect(probe.end == .violation(.authentication))
    }
}
