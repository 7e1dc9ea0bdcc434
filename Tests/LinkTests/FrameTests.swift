import Identity
import NIOCore
import Sodium
import Testing

@testable import Link

/// Frames of an open link (protocol.md, "Frames"), good ones and all kinds of bad ones.
@Suite struct FrameTests {
    /// A responder behind `ready`, and a peer that writes what it likes.
    private func open(_ limits: LinkLimits = .standard) throws -> (Side, RawPeer.Box) {
        let (local, responder) = try Pair.locals(limits)
        let side = Side(answering: responder, TestClock())
        return (
            side, RawPeer.Box(try .initiator(against: side, local, responder: responder.identity))
        )
    }

    private func expectSilentEnd(_ side: Side, _ violation: Violation, _ bytes: [UInt8]) {
        let written = side.written
        side.receive(bytes)
        #expect(side.end == .violation(violation))
        #expect(side.flush().isEmpty && side.written == written)
    }

    // MARK: Sizes

    @Test(arguments: [
        (1, 256), (252, 256), (253, 1024), (1020, 1024), (1021, 4096), (4092, 4096), (4093, 16384),
        (16380, 16384), (16381, 65280), (65276, 65280),
    ]) func theSenderTakesTheSmallestSize(content: Int, size: Int) throws {
        let pair = try Pair.open()
        let envelope = [UInt8](repeating: 0xa5, count: content)
        pair.initiator.send(envelope)
        let bytes = pair.initiator.flush()
        #expect(bytes.count == 2 + size + 17)
        pair.responder.receive(bytes)
        #expect(pair.responder.envelopes == [envelope])
    }

    @Test func aLargerSizeAndItsPaddingAreAccepted() throws {
        let (side, peer) = try open()
        side.receive(try peer.raw.frame(0, [7], size: 16384))
        var plaintext: [UInt8] = [0, 0, 0, 1, 8] + [UInt8](repeating: 0xff, count: 251)
        side.receive(try peer.raw.seal(plaintext, tag: .message))
        plaintext[4] = 9
        side.receive(try peer.raw.seal(plaintext, tag: .message))
        #expect(side.envelopes == [[7], [8], [9]])
        #expect(side.end == nil)
    }

    @Test(arguments: [
        0, 1, 16, 17, 18, 255, 256, 272, 274, 1024, 1040, 1042, 4096, 16384, 65280, 65296, 65298, 65535,
    ]) func anyOtherLengthEndsBeforeMoreIsRead(length: Int) throws {
        let (side, _) = try open()
        expectSilentEnd(side, .frameLength, [UInt8(length >> 8), UInt8(length & 0xff)])
    }

    /// The length is authenticated, not only used.
    @Test func aFrameUnderAnotherLengthFails() throws {
        let (side, peer) = try open()
        let frame = try peer.raw.frame(0, [1])
        let other =
            [UInt8(1041 >> 8), UInt8(1041 & 0xff)] + frame.dropFirst(2)
            + [UInt8](repeating: 0, count: 768)
        expectSilentEnd(side, .frameAuthentication, other)
    }

    @Test func contentLongerThanItsFrameIsRefused() throws {
        for claimed in [253, 256, 65276, 0xffffff] {
            let (side, peer) = try open()
            expectSilentEnd(
                side, .contentLength,
                try peer.raw.frame(0, [UInt8](repeating: 1, count: 252), claiming: claimed))
        }
    }

    // MARK: Kinds and tags

    @Test(arguments: 6...255) func unknownKindsAreRefused(kind: Int) throws {
        let (side, peer) = try open()
        expectSilentEnd(side, .kind, try peer.raw.frame(UInt8(kind), [1]))
    }

    @Test func envelopesAreNotEmptyAndOthersAre() throws {
        do {
            let (side, peer) = try open()
            expectSilentEnd(side, .emptyEnvelope, try peer.raw.frame(.envelope))
        }
        for kind in [Frame.Kind.ready, .ping, .pong] {
            let (side, peer) = try open()
            expectSilentEnd(side, .contentNotEmpty, try peer.raw.frame(kind, [0]))
        }
        let (side, peer) = try open()
        expectSilentEnd(side, .contentNotEmpty, try peer.raw.frame(.close, [0], tag: .final))
    }

    @Test func tagPushIsRefused() throws {
        let (side, peer) = try open()
        expectSilentEnd(side, .tag, try peer.raw.frame(.envelope, [1], tag: .push))
    }

    @Test func finalAndCloseOnlyTogether() throws {
        for kind in [Frame.Kind.envelope, .ping, .pong, .act] {
            let (side, peer) = try open()
            expectSilentEnd(
                side, .finalWithoutClose, try peer.raw.frame(kind, kind == .envelope ? [1] : [], tag: .final))
        }
        for tag in [SecretStreamTag.message, .rekey] {
            let (side, peer) = try open()
            expectSilentEnd(side, .closeWithoutFinal, try peer.raw.frame(.close, tag: tag))
        }
    }

    @Test func whatCameBeforeAViolationIsStillDelivered() throws {
        let (side, peer) = try open()
        let good = try peer.raw.frame(.envelope, [1])
        let bad = try peer.raw.frame(9, [2])
        let after = try peer.raw.frame(.envelope, [3])
        expectSilentEnd(side, .kind, good + bad + after)
        #expect(side.envelopes == [[1]])
        side.receive(after)
        #expect(side.envelopes == [[1]])
    }

    @Test func aFrameTwiceOrOutOfOrderIsRefused() throws {
        do {
            let (side, peer) = try open()
            let frame = try peer.raw.frame(.envelope, [1])
            side.receive(frame)
            expectSilentEnd(side, .frameAuthentication, frame)
        }
        let (side, peer) = try open()
        _ = try peer.raw.frame(.envelope, [1])
        expectSilentEnd(side, .frameAuthentication, try peer.raw.frame(.envelope, [2]))
    }

    // MARK: Ready

    @Test func readyFromTheInitiatorIsRefused() throws {
        let (side, peer) = try open()
        expectSilentEnd(side, .misplacedReady, try peer.raw.frame(.ready))
    }

    @Test func readyTwiceIsRefused() throws {
        let (local, responder) = try Pair.locals()
        let side = Side(dialling: responder.identity, local, TestClock())
        var peer = try RawPeer.responder(against: side, responder)
        side.receive(try peer.frame(.ready))
        #expect(side.opened != nil)
        expectSilentEnd(side, .misplacedReady, try peer.frame(.ready))
    }

    @Test(arguments: [Frame.Kind.envelope, .ping, .pong, .act, .close]) func anythingButReadyFirstIsRefused(
        kind: Frame.Kind
    ) throws {
        let (local, responder) = try Pair.locals()
        let side = Side(dialling: responder.identity, local, TestClock())
        var peer = try RawPeer.responder(against: side, responder)
        let frame = try peer.frame(
            kind, kind == .envelope ? [1] : [], tag: kind == .close ? .final : .message)
        expectSilentEnd(side, .notReady, frame)
        #expect(side.opened == nil)
    }

    // MARK: Splitting and joining

    @Test func framesMayArriveInAnyPieces() throws {
        let pair = try Pair.open()
        var expected: [[UInt8]] = []
        for count in [1, 300, 5000, 65276, 20, 17000] {
            expected.append(Fixed.bytes("\(count)", 1) + [UInt8](repeating: 3, count: count - 1))
            pair.initiator.send(expected[expected.count - 1])
        }
        let bytes = pair.initiator.flush()
        for step in [1, 2, 7, 273, 274, 275, 276, 1000, 65299, bytes.count] {
            let fresh = try Pair.open()
            for start in stride(from: 0, to: bytes.count, by: step) {
                fresh.responder.receive(bytes[start..<min(start + step, bytes.count)])
            }
            #expect(fresh.responder.envelopes == expected)
        }
    }
}

extension RawPeer {
    /// A reference to a peer that cannot be copied.
    final class Box {
        var raw: RawPeer

        init(_ raw: consuming RawPeer) { self.raw = raw }
    }
}
