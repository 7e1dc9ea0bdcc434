package import Identity

/// One encrypted, authenticated connection as those see it who exchange envelopes over it: Chat, the directory's
/// client and its server. The executable makes the network's links conform; tests use links in memory.
package protocol EnvelopeLink: Sendable {
    /// Who is at the other end; proved by the handshake.
    var remote: PublicIdentity { get }
    /// Whether this side dialled.
    var isInitiator: Bool { get }
    /// Where the other end is seen to be: a numeric ip with its port.
    var remoteEndpoint: Endpoint { get }
    /// The ip and port of this side's socket.
    var localEndpoint: Endpoint { get }

    /// Hands over one envelope of 1 to 65,276 bytes; suspends while too much is queued already. Throws once the
    /// link is gone. That it returns does not say that the other side received anything.
    func send(_ envelope: [UInt8]) async throws
    /// The next envelope; nil after the other side's clean close. Throws when the link was cut. For one caller
    /// at a time.
    func receive() async throws -> [UInt8]?
    /// Whether the other side answered within `timeout`.
    func ping(timeout: Duration) async -> Bool
    /// Says goodbye, waits at most 5 s for what is queued and for the other side's goodbye.
    func close() async
    /// Drops the connection at once, without a goodbye.
    func cut()
}
