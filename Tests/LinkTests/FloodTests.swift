import Identity
import Testing

@testable import Link

/// Connections that never say a word, on real sockets.
@Suite struct FloodTests {
    private let server: IdentityKeys
    private let client: IdentityKeys
    private let patient: LinkLimits

    init() throws {
        server = try IdentityKeys.generate()
        client = try IdentityKeys.generate()
        var limits = LinkLimits.standard
        // Only room, not time, makes anybody go.
        limits.handshake = .seconds(600)
        patient = limits
    }

    private func listen() async throws -> LinkListener {
        try await LinkListener.bind(
            Endpoint("127.0.0.1:0"), purpose: .peer, identity: server, limits: patient
        ) { _ in true }
    }

    @Test(.enabled(if: PlainConnection.allowFiles(4096), "needs 4,096 open files"), .timeLimit(.minutes(2)))
    func aThousandSilentConnectionsDoNotKeepAnHonestOneOut() async throws {
        let listener = try await listen()
        let flood = try (0..<1000).map { number in
            try PlainConnection(
                to: listener.localEndpoint, from: "127.\(1 + number % 50).\(number / 50).7")
        }
        // 256 places in all: the others are closed, by and by.
        while flood.count(where: \.isClosed) < 1000 - patient.pending { await Task.yield() }
        var link: Link?
        for _ in 0..<5 where link == nil {
            // One in 257 newcomers is drawn itself; a person would try again, too.
            link = try? await LinkDialer.dial(
                listener.localEndpoint, expecting: server.publicIdentity, purpose: .peer, identity: client)
        }
        #expect(link != nil)
        #expect(flood.count { !$0.isClosed } <= patient.pending)
        await link?.close()
        await listener.close()
        withExtendedLifetime(flood) {}
    }

    @Test(.timeLimit(.minutes(1))) func oneAddressHasEightPlaces() async throws {
        let listener = try await listen()
        let greedy = try (0..<20).map { _ in
            try PlainConnection(to: listener.localEndpoint, from: "127.9.9.9")
        }
        while greedy.count(where: \.isClosed) < 12 { await Task.yield() }
        #expect(greedy.count { !$0.isClosed } == 8)
        let link = try await LinkDialer.dial(
            listener.localEndpoint, expecting: server.publicIdentity, purpose: .peer, identity: client)
        #expect(greedy.count { !$0.isClosed } == 8)
        await link.close()
        await listener.close()
    }

    @Test(.timeLimit(.minutes(1))) func closingTheListenerDropsWhoWaits() async throws {
        let listener = try await listen()
        let silent = try PlainConnection(to: listener.localEndpoint, from: "127.0.0.2")
        let link = try await LinkDialer.dial(
            listener.localEndpoint, expecting: server.publicIdentity, purpose: .peer, identity: client)
        var accepted = listener.links.makeAsyncIterator()
        let other = await accepted.next()
        await listener.close()
        while !silent.isClosed { await Task.yield() }
        #expect(await accepted.next() == nil)
        // What was open stays open.
        try await link.send([1])
        #expect(try await other?.receive() == [1])
        await link.close()
    }
}
