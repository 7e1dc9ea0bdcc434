import Identity
import NIOCore
import NIOEmbedded
import Testing

@testable import Link

/// The handler on an embedded channel: when it writes, closes, reads, and what its clock does.
@Suite struct HandlerTests {
    /// One handler on a channel whose clock stands still until it is moved.
    private final class Bench {
        let channel = EmbeddedChannel()
        let mailbox: LinkMailbox
        private(set) var opened: LinkActions.Opened?
        private(set) var conclusions = 0
        let reads = ReadCounter()

        init(_ limits: LinkLimits = .standard, start: @escaping LinkHandler.Start) throws {
            mailbox = LinkMailbox(limits: limits)
            let loop = channel.embeddedEventLoop
            let handler = LinkHandler(
                limits: limits, mailbox: mailbox,
                clock: { .nanoseconds(Int64(loop.now.uptimeNanoseconds)) }, start: start,
                concluded: { [unowned self] conclusion in
                    conclusions += 1
                    if case .opened(let opened, _) = conclusion { self.opened = opened }
                })
            try channel.pipeline.syncOperations.addHandlers([reads, handler])
            try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
        }

        static func responder(_ limits: LinkLimits = .standard) throws -> (Bench, LocalSide, LocalSide) {
            let (initiator, responder) = try Pair.locals(limits)
            let bench = try Bench(limits) { now, _ in
                .answering(local: responder, at: now) { _ in true }
            }
            return (bench, initiator, responder)
        }

        /// All writes so far, one element a write.
        func writes() throws -> [[UInt8]] {
            var writes: [[UInt8]] = []
            while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
                writes.append(Array(buffer.readableBytesView))
            }
            return writes
        }

        func receive(_ bytes: [UInt8]) throws { try channel.writeInbound(ByteBuffer(bytes: bytes)) }
        func pass(_ time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }

        /// Opens the link with a dialler that lives outside the channel.
        func open(_ initiator: LocalSide, _ responder: LocalSide) throws -> Side {
            let side = Side(dialling: responder.identity, initiator, TestClock())
            for _ in 0..<3 {
                let bytes = side.flush()
                if !bytes.isEmpty { try receive(bytes) }
                for write in try writes() { side.receive(write) }
            }
            return side
        }
    }

    /// Counts how often the socket would be read.
    private final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        private(set) var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }

    @Test func aDiallerWritesActOneAtOnce() throws {
        let (local, responder) = try Pair.locals()
        let bench = try Bench { now, actions in
            .dialling(responder.identity, local: local, at: now, &actions)
        }
        #expect(try bench.writes().map(\.count) == [1233])
    }

    @Test func openingEndsWithOneWriteAFlight() throws {
        let (bench, initiator, responder) = try Bench.responder()
        let side = Side(dialling: responder.identity, initiator, TestClock())
        try bench.receive(side.flush())
        let second = try bench.writes()
        #expect(second.map(\.count) == [1200])
        side.receive(second[0])
        try bench.receive(side.flush())
        #expect(try bench.writes().map(\.count) == [24 + 275])
        #expect(bench.opened?.remote == initiator.identity)
    }

    @Test func silenceForFiveSecondsCloses() throws {
        let (bench, _, _) = try Bench.responder()
        bench.pass(.milliseconds(4999))
        #expect(bench.channel.isActive)
        bench.pass(.milliseconds(1))
        #expect(!bench.channel.isActive)
        #expect(bench.mailbox.end == .handshakeTimeout)
        #expect(bench.conclusions == 1)
        #expect(try bench.writes().isEmpty)
    }

    @Test func anActOfOneByteASecondIsClosedAfterFive() throws {
        let (bench, initiator, responder) = try Bench.responder()
        let act = Side(dialling: responder.identity, initiator, TestClock()).flush()
        for byte in act {
            guard bench.channel.isActive else { break }
            try bench.receive([byte])
            bench.pass(.seconds(1))
        }
        #expect(bench.mailbox.end == .handshakeTimeout)
        #expect(bench.conclusions == 1)
        #expect(bench.channel.embeddedEventLoop.now == .uptimeNanoseconds(5_000_000_000))
        #expect(try bench.writes().isEmpty)
    }

    @Test func aViolationClosesWithoutAByte() throws {
        let (bench, initiator, responder) = try Bench.responder()
        let side = try bench.open(initiator, responder)
        side.send([1])
        var frame = side.flush()
        frame[20] ^= 1
        try bench.receive(frame)
        bench.channel.embeddedEventLoop.run()
        #expect(!bench.channel.isActive)
        #expect(bench.mailbox.end == .violation(.frameAuthentication))
        #expect(bench.conclusions == 1)
        #expect(try bench.writes().isEmpty)
    }

    /// A ping and a violation in one read: not even the pong is written.
    @Test func aViolationTakesBackWhatWasDue() throws {
        let (bench, initiator, responder) = try Bench.responder()
        let side = try bench.open(initiator, responder)
        side.ping()
        try bench.receive(side.flush() + [0, 0])
        #expect(bench.mailbox.end == .violation(.frameLength))
        #expect(bench.conclusions == 1)
        #expect(try bench.writes().isEmpty)
    }

    @Test func pingsAndDeathFollowTheClock() throws {
        let (bench, initiator, responder) = try Bench.responder()
        _ = try bench.open(initiator, responder)
        bench.pass(.seconds(14))
        #expect(try bench.writes().isEmpty)
        bench.pass(.seconds(1))
        #expect(try bench.writes().map(\.count) == [275])
        bench.pass(.seconds(29))
        #expect(bench.channel.isActive)
        bench.pass(.seconds(1))
        #expect(!bench.channel.isActive)
        #expect(bench.mailbox.end == .silence)
        #expect(bench.conclusions == 1)
    }

    @Test func nothingIsWrittenWhileTheSocketIsFull() throws {
        let (bench, initiator, responder) = try Bench.responder()
        let side = try bench.open(initiator, responder)
        bench.channel.isWritable = false
        for _ in 0..<50 {
            side.ping()
            try bench.receive(side.flush())
        }
        // Nor does a ping that is due spin or pile up.
        bench.pass(.seconds(30))
        #expect(try bench.writes().isEmpty)
        bench.channel.isWritable = true
        bench.channel.pipeline.fireChannelWritabilityChanged()
        #expect(try bench.writes().map(\.count) == [275])
    }

    @Test func aFullMailboxStopsReading() throws {
        var limits = LinkLimits.standard
        limits.untakenBytes = 1000
        let (bench, initiator, responder) = try Bench.responder(limits)
        let side = try bench.open(initiator, responder)
        side.send([UInt8](repeating: 1, count: 1001))
        try bench.receive(side.flush())
        let before = bench.reads.count
        bench.channel.read()
        #expect(bench.reads.count == before)
        // While reading is held, the peer's silence is one's own doing.
        bench.pass(.seconds(100))
        #expect(bench.channel.isActive)
    }

    @Test func aLostConnectionIsACut() throws {
        let (bench, initiator, responder) = try Bench.responder()
        _ = try bench.open(initiator, responder)
        bench.channel.pipeline.fireChannelInactive()
        #expect(bench.mailbox.end == .cut)
        #expect(bench.conclusions == 1)
    }

    @Test func endOfStreamWithoutFinalIsACut() throws {
        let (bench, initiator, responder) = try Bench.responder()
        _ = try bench.open(initiator, responder)
        bench.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(bench.mailbox.end == .cut)
        #expect(bench.conclusions == 1)
        #expect(!bench.channel.isActive)
    }
}
