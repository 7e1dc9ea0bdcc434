import Identity
import Synchronization
import Testing

@testable import Link

/// Whom a listener does not want (protocol.md, "Handshake"): asked once act 3 is verified, and told nothing.
@Suite(.timeLimit(.minutes(1))) struct RefusalTests {
    /// All that a dialler sees of a connection.
    private struct Sight: Equatable {
        var bytes = 0
        var end: PlainConnection.Arrival?
    }

    /// Whom the listener refuses, and whom it was asked about.
    private final class Refusals: Sendable {
        let refused = Mutex<Set<PublicIdentity>>([])
        let asked = Mutex<[PublicIdentity]>([])

        func authorize(_ identity: PublicIdentity) -> Bool {
            asked.withLock { $0.append(identity) }
            return refused.withLock { !$0.contains(identity) }
        }
    }

    private let server: IdentityKeys
    private let welcome: IdentityKeys
    private let unwelcome: IdentityKeys

    init() throws {
        server = try IdentityKeys.generate()
        welcome = try IdentityKeys.generate()
        unwelcome = try IdentityKeys.generate()
    }

    private func listen(_ refusals: Refusals) async throws -> LinkListener {
        try await LinkListener.bind(
            Endpoint("127.0.0.1:0"), purpose: .peer, identity: server, authorize: refusals.authorize)
    }

    private func dial(_ listener: LinkListener, as keys: IdentityKeys) async throws -> Link {
        try await LinkDialer.dial(
            listener.localEndpoint, expecting: server.publicIdentity, purpose: .peer, identity: keys)
    }

    /// Plays a dialler by hand.
    ///
    /// - Parameter last: makes what follows act 2 from a good act 3 and a stream header.
    private func visit(
        _ listener: LinkListener, as keys: IdentityKeys, last: ([UInt8], [UInt8]) -> [[UInt8]]
    ) async throws -> Sight {
        let local = LocalSide(keys: keys, purpose: .peer, limits: .standard)
        let exchange = try InitiatorExchange(
            ExchangeContext(purpose: .peer, responder: server.publicIdentity, renewing: nil),
            static: local.secretKey(), material: local.material)
        let connection = try PlainConnection(to: listener.localEndpoint, from: "127.0.0.1")
        connection.write(exchange.first)
        var second: [UInt8] = []
        var sight = Sight()
        while second.count < Act.secondSize {
            switch connection.arrival() {
            case .bytes(let bytes): second += bytes
            case nil: await Task.yield()
            case let end: return Sight(bytes: second.count, end: end)
            }
        }
        sight.bytes = second.count
        let third = try exchange.readSecond(second).writeThird(local.identity).third
        for part in last(third, local.material.streamHeader()) { connection.write(part) }
        while sight.end == nil {
            switch connection.arrival() {
            case .bytes(let bytes): sight.bytes += bytes.count
            case nil: await Task.yield()
            case let end: sight.end = end
            }
        }
        return sight
    }

    /// Whatever is wrong with an act 3, and however it is sent: act 2, then the end of the stream. So too for a good one of somebody
    /// who is refused.
    @Test func aRefusalLooksLikeAFailedActThree() async throws {
        let refusals = Refusals()
        refusals.refused.withLock { _ = $0.insert(unwelcome.publicIdentity) }
        let listener = try await listen(refusals)
        let expected = Sight(bytes: Act.secondSize, end: .endOfStream)
        for altered in [0, 40, 300, Act.thirdSize - 1] {
            for keys in [welcome, unwelcome] {
                let sight = try await visit(listener, as: keys) { third, header in
                    var third = third
                    third[altered] ^= 1
                    return [third + header]
                }
                #expect(sight == expected, "byte \(altered)")
            }
        }
        // Nobody has proved anything so far.
        #expect(refusals.asked.withLock { $0 } == [])
        #expect(try await visit(listener, as: unwelcome) { [$0 + $1] } == expected)
        #expect(try await visit(listener, as: unwelcome) { third, _ in [third] } == expected)
        #expect(
            try await visit(listener, as: unwelcome) { third, _ in
                [Array(third.prefix(100)), Array(third.dropFirst(100))]
            } == expected)
        #expect(
            refusals.asked.withLock { $0 } == [PublicIdentity](repeating: unwelcome.publicIdentity, count: 3))
        await listener.close()
    }

    @Test func theAnswerMayChangeWhileListening() async throws {
        let refusals = Refusals()
        let listener = try await listen(refusals)
        var accepted = listener.links.makeAsyncIterator()
        let first = try await dial(listener, as: unwelcome)
        let other = try #require(await accepted.next())

        refusals.refused.withLock { _ = $0.insert(unwelcome.publicIdentity) }
        await #expect(throws: LinkError.handshakeFailed) { try await dial(listener, as: unwelcome) }
        let welcomed = try await dial(listener, as: welcome)
        #expect(await accepted.next()?.remote == welcome.publicIdentity)
        // What is open is not the listener's.
        try await first.send([1])
        #expect(try await other.receive() == [1])

        refusals.refused.withLock { $0 = [] }
        let again = try await dial(listener, as: unwelcome)
        #expect(await accepted.next()?.remote == unwelcome.publicIdentity)
        // Once a handshake, in this order.
        let (one, two) = (unwelcome.publicIdentity, welcome.publicIdentity)
        #expect(refusals.asked.withLock { $0 } == [one, one, two, one])
        for link in [first, welcomed, again] { await link.close() }
        await listener.close()
    }
}
