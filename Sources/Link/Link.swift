package import Identity
import NIOCore

/// One encrypted connection to one proved identity. It carries envelopes in order and knows nothing of what is in
/// them (docs/protocol.md, "Frames").
///
/// Dropping the last reference cuts the link.
package final class Link: Sendable {
    /// The peer, proved by the handshake.
    package let remote: PublicIdentity
    /// Whether the own side dialled.
    package let isInitiator: Bool
    /// Where the peer's connection comes from, or was dialled.
    package let remoteEndpoint: Endpoint
    /// The own end of the connection.
    package let localEndpoint: Endpoint
    /// The 64-byte hash of the opening handshake, the same on both sides and no secret: what a higher layer may bind to this
    /// very link. Fresh keys do not change it.
    package let handshakeHash: [UInt8]

    private let mailbox: LinkMailbox

    init(
        _ opened: LinkActions.Opened, isInitiator: Bool, remote: Endpoint, local: Endpoint,
        mailbox: LinkMailbox
    ) {
        self.remote = opened.remote
        self.isInitiator = isInitiator
        self.remoteEndpoint = remote
        self.localEndpoint = local
        self.handshakeHash = opened.hash
        self.mailbox = mailbox
    }

    deinit {
        mailbox.cut()
    }

    /// Queues an envelope of 1…65,276 bytes. Suspends while 1 MiB waits to be sent, so a slow peer slows the sender;
    /// who comes first is served first. Returning means queued, not received.
    ///
    /// - Throws: `LinkError.tooLarge`, `.empty`; `.closed` behind a goodbye of either side, `.cut` and
    ///   `.protocolViolation` when the link is gone; `CancellationError`.
    package func send(_ envelope: [UInt8]) async throws {
        try await mailbox.send(envelope)
    }

    /// The next envelope, or nil behind the peer's goodbye. What came before an end is still handed out first. For one
    /// consumer at a time; one that does not come stops the socket from being read, which slows the peer.
    ///
    /// - Throws: `LinkError.cut` when the link ended without a goodbye, `.protocolViolation`; `CancellationError`.
    package func receive() async throws -> [UInt8]? {
        try await mailbox.receive()
    }

    /// All envelopes that are there, oldest first and at most `limit`, waiting for the first one; empty behind the peer's
    /// goodbye. Otherwise like `receive`, and cheaper for whoever can use several at once. Of large ones take few at a time:
    /// memory that is given back soon is still in the cache when the next ones need it.
    package func receiveBatch(limit: Int) async throws -> [[UInt8]] {
        try await mailbox.receiveBatch(limit: limit)
    }

    /// Whether the peer answers within `timeout`. False as well while `receive` is so far behind that nothing is read.
    package func ping(timeout: Duration) async -> Bool {
        let mailbox = mailbox
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask { await mailbox.ping() }
            group.addTask {
                // Cancelled once the pong is there.
                try? await Task.sleep(for: timeout)
                return false
            }
            let answered = await group.next() ?? false
            group.cancelAll()
            return answered
        }
    }

    /// Says goodbye behind what is queued, and waits for the peer's, but no longer than 5 s.
    package func close() async {
        await mailbox.close()
    }

    /// Drops the link at once; for the peer it is cut.
    package func cut() {
        mailbox.cut()
    }
}
