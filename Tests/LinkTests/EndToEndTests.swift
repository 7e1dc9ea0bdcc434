import Identity
import Testing

@testable import Link

/// Real sockets on loopback, from dial to goodbye.
@Suite struct EndToEndTests {
    @Test func dialEchoAndGoodbye() async throws {
        let server = try IdentityKeys.generate()
        let client = try IdentityKeys.generate()
        let listener = try await LinkListener.bind(
            Endpoint("127.0.0.1:0"), purpose: .peer, identity: server
        ) { _ in true }
        async let echo: Void = {
            for await link in listener.links {
                #expect(link.remote == client.publicIdentity)
                while let envelope = try await link.receive() { try await link.send(envelope) }
            }
        }()

        let link = try await LinkDialer.dial(
            listener.localEndpoint, expecting: server.publicIdentity, purpose: .peer, identity: client)
        for size in [1, 252, 253, 65276] {
            let envelope = [UInt8](repeating: UInt8(size % 251), count: size)
            try await link.send(envelope)
            #expect(try await link.receive() == envelope)
        }
        #expect(await link.ping(timeout: .seconds(5)))
        await link.close()
        #expect(try await link.receive() == nil)
        await #expect(throws: LinkError.closed) { try await link.send([1]) }
        await listener.close()
        try await echo
    }
}
