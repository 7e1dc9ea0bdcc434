import Identity
import Testing

@testable import Link

/// Real sockets on loopback, from dial to goodbye.
@Suite(.timeLimit(.minutes(1))) struct EndToEndTests {
    private let server: IdentityKeys
    private let client: IdentityKeys

    init() throws {
        server = try IdentityKeys.generate()
        client = try IdentityKeys.generate()
    }

    private func listen(
        _ purpose: LinkPurpose = .peer, limits: LinkLimits = .standard,
        authorize: @escaping @Sendable (PublicIdentity) -> Bool = { _ in true }
    ) async throws -> LinkListener {
        try await LinkListener.bind(
            Endpoint("127.0.0.1:0"), purpose: purpose, identity: server, limits: limits, authorize: authorize)
    }

    private func dial(
        _ listener: LinkListener, expecting: PublicIdentity? = nil, limits: LinkLimits = .standard
    ) async throws -> Link {
        try await LinkDialer.dial(
            listener.localEndpoint, expecting: expecting ?? server.publicIdentity, purpose: .peer,
            identity: client, limits: limits)
    }

    /// Both ends of one link.
    private func pair(
        _ limits: LinkLimits = .standard
    ) async throws -> (dialled: Link, accepted: Link, listener: LinkListener) {
        let listener = try await listen(limits: limits)
        let dialled = try await dial(listener, limits: limits)
        var links = listener.links.makeAsyncIterator()
        return (dialled, try #require(await links.next()), listener)
    }

    // MARK: Good ones

    @Test func dialEchoAndGoodbye() async throws {
        let (link, other, listener) = try await pair()
        #expect(link.remote == server.publicIdentity)
        #expect(other.remote == client.publicIdentity)
        #expect(link.isInitiator && !other.isInitiator)
        #expect(link.handshakeHash == other.handshakeHash)
        #expect(link.remoteEndpoint == listener.localEndpoint)
        #expect(other.remoteEndpoint == link.localEndpoint)
        async let echo: Void = {
            while let envelope = try await other.receive() { try await other.send(envelope) }
        }()
        for size in [1, 252, 253, 65276] {
            let envelope = [UInt8](repeating: UInt8(size % 251), count: size)
            try await link.send(envelope)
            #expect(try await link.receive() == envelope)
        }
        #expect(await link.ping(timeout: .seconds(30)))
        await link.close()
        try await echo
        #expect(try await link.receive() == nil)
        #expect(try await other.receive() == nil)
        await #expect(throws: LinkError.closed) { try await link.send([1]) }
        await #expect(throws: LinkError.closed) { try await other.send([1]) }
        #expect(!(await link.ping(timeout: .seconds(30))))
        await listener.close()
    }

    @Test func aHostNameIsResolved() async throws {
        let listener = try await listen()
        let endpoint = try Endpoint(host: "localhost", port: listener.localEndpoint.port)
        let link = try await LinkDialer.dial(
            endpoint, expecting: server.publicIdentity, purpose: .peer, identity: client)
        await link.close()
    }

    @Test func manyLinksAtOnce() async throws {
        let listener = try await listen()
        async let serving: Void = {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for await link in listener.links {
                    group.addTask {
                        while let envelope = try await link.receive() { try await link.send(envelope) }
                    }
                }
                try await group.waitForAll()
            }
        }()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let link = try await dial(listener)
                    for round in 0..<20 {
                        try await link.send([UInt8(number), UInt8(round)])
                        #expect(try await link.receive() == [UInt8(number), UInt8(round)])
                    }
                    await link.close()
                }
            }
            try await group.waitForAll()
        }
        await listener.close()
        try await serving
    }

    @Test func bothCloseAtOnce() async throws {
        let (one, other, _) = try await pair()
        async let first: Void = one.close()
        async let second: Void = other.close()
        _ = await (first, second)
        #expect(try await one.receive() == nil)
        #expect(try await other.receive() == nil)
    }

    @Test func whatWasSentBeforeTheGoodbyeArrives() async throws {
        let (one, other, _) = try await pair()
        let big = [UInt8](repeating: 9, count: 60_000)
        async let reading = {
            var count = 0
            while let envelope = try await other.receive() {
                #expect(envelope == big)
                count += 1
            }
            return count
        }()
        for _ in 0..<100 { try await one.send(big) }
        await one.close()
        #expect(try await reading == 100)
    }

    /// The answering side has much to send when the goodbye comes: all of it, and its own goodbye, still leave the socket.
    @Test func whatTheAnswererHadQueuedArrives() async throws {
        var limits = LinkLimits.standard
        limits.queued = 64 << 20
        limits.untakenBytes = 64 << 20
        limits.batch = 16 << 20
        let (one, other, _) = try await pair(limits)
        let big = [UInt8](repeating: 9, count: 60_000)
        for _ in 0..<300 { try await other.send(big) }
        async let closing: Void = one.close()
        var count = 0
        while try await one.receive() != nil { count += 1 }
        #expect(count == 300)
        await closing
        #expect(try await other.receive() == nil)
    }

    // MARK: Refusals

    @Test func failuresToOpen() async throws {
        let listener = try await listen()
        let other = try IdentityKeys.generate().publicIdentity
        await #expect(throws: LinkError.handshakeFailed) { try await dial(listener, expecting: other) }
        await #expect(throws: LinkError.selfDial) {
            try await dial(listener, expecting: client.publicIdentity)
        }
        await #expect(throws: LinkError.handshakeFailed) {
            try await LinkDialer.dial(
                listener.localEndpoint, expecting: server.publicIdentity, purpose: .directory,
                identity: client)
        }
        let endpoint = listener.localEndpoint
        await listener.close()
        await #expect(throws: LinkError.refused) {
            try await LinkDialer.dial(
                endpoint, expecting: server.publicIdentity, purpose: .peer, identity: client)
        }
    }

    @Test func whoIsNotAuthorizedFailsLikeAnybody() async throws {
        let listener = try await listen { _ in false }
        await #expect(throws: LinkError.handshakeFailed) { try await dial(listener) }
        await listener.close()
    }

    @Test func aTakenPortSaysSo() async throws {
        let listener = try await listen()
        await #expect {
            try await LinkListener.bind(
                listener.localEndpoint, purpose: .peer, identity: server
            ) { _ in true }
        } throws: { error in
            guard case .cannotListen = error as? LinkError else { return false }
            return true
        }
        await listener.close()
    }

    /// Something else listens there and says nothing.
    @Test func aSilentPeerTimesOut() async throws {
        var limits = LinkLimits.standard
        limits.handshake = .milliseconds(50)
        let silent = try await SilentListener.bind()
        await #expect(throws: LinkError.timeout) {
            try await LinkDialer.dial(
                silent.endpoint, expecting: server.publicIdentity, purpose: .peer, identity: client,
                limits: limits)
        }
        #expect(
            await LinkDialer.probe(
                silent.endpoint, expecting: server.publicIdentity, purpose: .peer, limits: limits) == .timeout
        )
        await silent.close()
    }

    @Test func aCancelledDialEnds() async throws {
        let silent = try await SilentListener.bind()
        let (server, client) = (server, client)
        let endpoint = silent.endpoint
        let dialling = Task {
            try await LinkDialer.dial(
                endpoint, expecting: server.publicIdentity, purpose: .peer, identity: client)
        }
        _ = await silent.accepted()
        dialling.cancel()
        await #expect(throws: (any Error).self) { try await dialling.value }
        await silent.close()
    }

    @Test func probes() async throws {
        let listener = try await listen { _ in false }
        let other = try IdentityKeys.generate().publicIdentity
        func probe(_ identity: PublicIdentity, _ purpose: LinkPurpose = .peer) async -> ProbeOutcome {
            await LinkDialer.probe(listener.localEndpoint, expecting: identity, purpose: purpose)
        }
        // Nobody is authorized, and a probe never gets as far as that.
        #expect(await probe(server.publicIdentity) == .reachable)
        #expect(await probe(other) == .wrongIdentity)
        #expect(await probe(server.publicIdentity, .directory) == .wrongIdentity)
        await listener.close()
        #expect(await probe(server.publicIdentity) == .refused)
    }

    // MARK: Cuts

    @Test func aCutIsNeverAGoodbye() async throws {
        let (one, other, _) = try await pair()
        try await one.send([1])
        #expect(try await other.receive() == [1])
        one.cut()
        await #expect(throws: LinkError.cut) { try await other.receive() }
        await #expect(throws: LinkError.cut) { try await one.receive() }
        await #expect(throws: LinkError.cut) { try await other.send([1]) }
    }

    @Test func droppingTheLastReferenceCuts() async throws {
        let listener = try await listen()
        var dialled: Link? = try await dial(listener)
        var links = listener.links.makeAsyncIterator()
        let other = try #require(await links.next())
        #expect(dialled != nil)
        dialled = nil
        await #expect(throws: LinkError.cut) { try await other.receive() }
    }

    @Test func receivingCanBeCancelled() async throws {
        let (one, other, _) = try await pair()
        let waiting = Task { try await other.receive() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        // The link has not suffered.
        try await one.send([1])
        #expect(try await other.receive() == [1])
    }

    // MARK: Limits

    @Test func envelopesHaveBounds() async throws {
        let (one, other, _) = try await pair()
        await #expect(throws: LinkError.empty) { try await one.send([]) }
        await #expect(throws: LinkError.tooLarge) { try await one.send([UInt8](repeating: 0, count: 65277)) }
        try await one.send([UInt8](repeating: 0, count: 65276))
        #expect(try await other.receive()?.count == 65276)
    }

    /// A consumer that does not come stops the sender, with everything in between full; then all of it arrives, in order.
    @Test func aSlowConsumerSlowsTheSender() async throws {
        let (one, other, _) = try await pair()
        let total = 1000
        let sent = Counter()
        async let sending: Void = {
            for number in 0..<total {
                var envelope = [UInt8](repeating: 0, count: 60_000)
                envelope[0] = UInt8(number & 255)
                envelope[1] = UInt8(number >> 8)
                try await one.send(envelope)
                sent.increment()
            }
        }()
        // 60 MB do not fit between the two; when the count no longer moves while the consumer does not come, it is held.
        var last = -1
        while sent.value != last {
            last = sent.value
            try await Task.sleep(for: .milliseconds(200))
        }
        #expect(sent.value < total)
        #expect(!(await one.ping(timeout: .milliseconds(50))))
        for number in 0..<total {
            let envelope = try #require(try await other.receive())
            #expect(Int(envelope[0]) | Int(envelope[1]) << 8 == number)
        }
        try await sending
        #expect(await one.ping(timeout: .seconds(30)))
        await one.close()
    }

    /// Somebody leaves while the peer is sending at full speed: the goodbye is not stuck behind what nobody will read.
    @Test func closingWithoutReadingIsQuick() async throws {
        let (one, other, _) = try await pair()
        let sending = Task {
            while true { try await one.send([UInt8](repeating: 1, count: 60_000)) }
        }
        _ = try await other.receive()
        let taken = await ContinuousClock().measure { await other.close() }
        #expect(taken < .seconds(4))
        await #expect(throws: LinkError.closed) { try await sending.value }
    }

    /// Fresh keys under load, over real sockets.
    @Test func freshKeysUnderLoad() async throws {
        var limits = LinkLimits.standard
        limits.renewalBytes = 200_000
        limits.renewalNotWithin = .zero
        let (one, other, _) = try await pair(limits)
        async let echo: Void = {
            while let envelope = try await other.receive() { try await other.send(envelope) }
        }()
        async let sending: Void = {
            for number in 0..<2000 {
                try await one.send([UInt8(number & 255)] + [UInt8](repeating: 0, count: number * 7 % 5000))
            }
        }()
        for number in 0..<2000 {
            let envelope = try #require(try await one.receive())
            #expect(envelope.count == 1 + number * 7 % 5000 && envelope[0] == UInt8(number & 255))
        }
        try await sending
        await one.close()
        try await echo
    }

    // MARK: The listening socket

    /// Whatever closes the listening socket: it comes back on the same port.
    @Test func aListeningSocketThatFailsIsOpenedAgain() async throws {
        let listener = try await listen()
        listener.failForTesting()
        var link: Link?
        while link == nil { link = try? await dial(listener) }
        await link?.close()
        await listener.close()
    }
}
