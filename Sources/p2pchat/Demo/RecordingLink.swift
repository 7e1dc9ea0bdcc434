import Directory
import Identity

/// A link whose decrypted envelopes are kept: what the directory itself could read.
struct RecordingLink: EnvelopeLink {
    let link: any EnvelopeLink
    let tape: Tape

    var remote: PublicIdentity { link.remote }
    var isInitiator: Bool { link.isInitiator }
    var remoteEndpoint: Endpoint { link.remoteEndpoint }
    var localEndpoint: Endpoint { link.localEndpoint }

    func send(_ envelope: [UInt8]) async throws {
        tape.record(envelope)
        try await link.send(envelope)
    }

    func receive() async throws -> [UInt8]? {
        let envelope = try await link.receive()
        if let envelope { tape.record(envelope) }
        return envelope
    }

    func ping(timeout: Duration) async -> Bool { await link.ping(timeout: timeout) }
    func close() async { await link.close() }
    func cut() { link.cut() }
}
