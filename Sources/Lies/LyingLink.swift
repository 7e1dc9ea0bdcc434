package import Directory
package import Identity
import Synchronization
import Wire

/// A directory's end of a link, put around an honest service's: what the service answers is changed on its way out.
package final class LyingLink: EnvelopeLink {
    private let link: any EnvelopeLink
    private let lie: @Sendable () -> Lie?
    private let asked = Mutex<[UInt64: DirectoryRequest.Body]>([:])

    /// - Parameter lie: which one is told at that moment; nil: the truth.
    package init(_ link: any EnvelopeLink, lie: @escaping @Sendable () -> Lie?) {
        self.link = link
        self.lie = lie
    }

    package var remote: PublicIdentity { link.remote }
    package var isInitiator: Bool { link.isInitiator }
    package var remoteEndpoint: Endpoint { link.remoteEndpoint }
    package var localEndpoint: Endpoint { link.localEndpoint }

    package func receive() async throws -> [UInt8]? {
        let envelope = try await link.receive()
        if let envelope, case .request(let request)? = try? DirectoryEnvelope(decoding: envelope) {
            asked.withLock { $0[request.id] = request.body }
        }
        return envelope
    }

    package func send(_ envelope: [UInt8]) async throws {
        guard case .response(let response) = try DirectoryEnvelope(decoding: envelope),
            let request = asked.withLock({ $0.removeValue(forKey: response.id) }), let lie = lie()
        else { return try await link.send(envelope) }
        let body = try await lie(request, response.body)
        try await link.send(DirectoryEnvelope.response(.init(id: response.id, body: body)).encoded())
    }

    package func ping(timeout: Duration) async -> Bool { await link.ping(timeout: timeout) }
    package func close() async { await link.close() }
    package func cut() { link.cut() }
}

/// Whom a directory lies to: each client may be told another lie.
package final class Mask: Sendable {
    private let lies = Mutex<[PublicIdentity: Lie]>([:])

    package init() {}

    /// From now on this client is told that lie, or the truth.
    package func tell(_ lie: Lie?, to client: PublicIdentity) {
        lies.withLock { $0[client] = lie }
    }

    /// Puts the lies around a link.
    package func wrap(_ link: any EnvelopeLink) -> any EnvelopeLink {
        let client = link.remote
        return LyingLink(link) { [self] in lies.withLock { $0[client] } }
    }
}
