import Glibc
import Identity
import Testing

@testable import Link

/// A dialler whose task is cancelled: it ends at once, wherever it is, and leaves no socket behind.
@Suite(.timeLimit(.minutes(5))) struct DialCancellationTests {
    private let client: IdentityKeys
    private let server: IdentityKeys
    /// Longer than the test may take: only a cancellation ends anything.
    private let patient: LinkLimits

    init() throws {
        client = try IdentityKeys.generate()
        server = try IdentityKeys.generate()
        var limits = LinkLimits.standard
        limits.connect = .seconds(600)
        limits.handshake = .seconds(600)
        patient = limits
    }

    private func dial(_ endpoint: Endpoint) -> Task<Link, any Error> {
        Task {
            try await LinkDialer.dial(
                endpoint, expecting: server.publicIdentity, purpose: .peer, identity: client, limits: patient)
        }
    }

    private func sockets(to endpoint: Endpoint, become count: Int) async {
        while OpenSockets.count(to: endpoint.port) != count { await Task.yield() }
    }

    @Test(arguments: ["127.0.0.1", "localhost"]) func whileNothingAnswers(host: String) async throws {
        let listener = try FullListener()
        let endpoint = try Endpoint(host: host, port: listener.endpoint.port)
        // The connection that fills the queue is one of this process, too.
        await sockets(to: endpoint, become: 1)
        let dialling = dial(endpoint)
        await sockets(to: endpoint, become: 2)
        dialling.cancel()
        await #expect(throws: CancellationError.self) { try await dialling.value }
        await sockets(to: endpoint, become: 1)
    }

    @Test func duringTheHandshake() async throws {
        let silent = try await SilentListener.bind()
        let dialling = dial(silent.endpoint)
        await silent.accepted()
        dialling.cancel()
        await #expect(throws: CancellationError.self) { try await dialling.value }
        await sockets(to: silent.endpoint, become: 0)
        await silent.close()
    }

    @Test func beforeItBegins() async throws {
        let silent = try await SilentListener.bind()
        for host in ["127.0.0.1", "localhost"] {
            let endpoint = try Endpoint(host: host, port: silent.endpoint.port)
            let dialling = Task {
                while !Task.isCancelled { await Task.yield() }
                return try await LinkDialer.dial(
                    endpoint, expecting: server.publicIdentity, purpose: .peer, identity: client,
                    limits: patient)
            }
            dialling.cancel()
            await #expect(throws: CancellationError.self) { try await dialling.value }
        }
        await sockets(to: silent.endpoint, become: 0)
        await silent.close()
    }

    /// At whatever moment it comes: nothing is left open, and a link that came about all the same is dropped.
    @Test func atAnyMoment() async throws {
        let listener = try await LinkListener.bind(
            Endpoint("127.0.0.1:0"), purpose: .peer, identity: server
        ) { _ in true }
        async let serving: Void = {
            for await link in listener.links { _ = try? await link.receive() }
        }()
        for number in 0..<60 {
            let endpoint = try Endpoint(
                host: number % 2 == 0 ? "127.0.0.1" : "localhost", port: listener.localEndpoint.port)
            let dialling = dial(endpoint)
            for _ in 0..<number * number { await Task.yield() }
            dialling.cancel()
            // It may have been faster.
            if let link = try? await dialling.value { link.cut() }
        }
        await sockets(to: listener.localEndpoint, become: 0)
        await listener.close()
        await serving
    }
}
