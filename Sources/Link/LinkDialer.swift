package import Identity
import NIOCore
import NIOPosix
import Synchronization

/// Opens links.
package enum LinkDialer {
    /// Dials an endpoint, resolving a host name, and returns once the peer's `ready` is verified: from then on the peer is
    /// known to be `expecting`, and knows who dialled.
    ///
    /// - Throws: `LinkError.refused`, `.unreachable`, `.timeout`, `.handshakeFailed`, `.selfDial`; `CancellationError`.
    package static func dial(
        _ endpoint: Endpoint, expecting: PublicIdentity, purpose: LinkPurpose, identity: IdentityKeys,
        limits: LinkLimits = .standard
    ) async throws -> Link {
        guard expecting != identity.publicIdentity else { throw LinkError.selfDial }
        let local = LocalSide(keys: identity, purpose: purpose, limits: limits)
        switch try await attempt(
            endpoint, limits,
            start: { now, actions in
                .dialling(expecting, local: local, at: now, &actions)
            })
        {
        case .opened(let link): return link
        case .ended(let end): throw end.dialError
        }
    }

    enum Outcome: Sendable {
        case opened(Link)
        case ended(LinkEnd)

        init(_ conclusion: LinkHandler.Conclusion, _ mailbox: LinkMailbox) {
            switch conclusion {
            case .opened(let opened, let channel):
                let link = LinkBootstrap.link(opened, on: channel, isInitiator: true, mailbox: mailbox)
                self = link.map(Outcome.opened) ?? .ended(.cut)
            case .ended(let end):
                self = .ended(end)
            }
        }
    }

    /// One connection, up to its opening or its end. Cancelling the task ends it at once, whatever it is waiting for.
    static func attempt(
        _ endpoint: Endpoint, _ limits: LinkLimits, start: @escaping LinkHandler.Start
    ) async throws -> Outcome {
        let sockets = DialledSockets()
        let outcome = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Outcome.self)
        let bootstrap = ClientBootstrap(group: outcome.futureResult.eventLoop)
            .connectTimeout(TimeAmount(limits.connect))
            .channelOption(LinkBootstrap.noDelay, value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.recvAllocator, value: LinkBootstrap.receiveAllocator())
            .channelOption(.writeBufferWaterMark, value: LinkBootstrap.writeMark(limits))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try sockets.add(channel)
                    let mailbox = LinkMailbox(limits: limits)
                    try channel.pipeline.syncOperations.addHandler(
                        LinkHandler(limits: limits, mailbox: mailbox, start: start) { conclusion in
                            outcome.succeed(Outcome(conclusion, mailbox))
                        })
                }
            }
        return try await withTaskCancellationHandler {
            connect(bootstrap, endpoint, outcome.futureResult.eventLoop).whenFailure {
                outcome.fail(LinkError(connecting: $0))
            }
            let result = try await outcome.futureResult.get()
            try Task.checkCancellation()
            return result
        } onCancel: {
            // Before the sockets, because their end would be taken for the peer's; and without waiting for a resolver.
            outcome.fail(CancellationError())
            sockets.close()
        }
    }

    /// A numeric address needs no resolver, whose thread costs more than the whole handshake.
    private static func connect(
        _ bootstrap: ClientBootstrap, _ endpoint: Endpoint, _ loop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        guard endpoint.isNumeric else {
            return bootstrap.connect(host: endpoint.host, port: Int(endpoint.port))
        }
        do {
            return bootstrap.connect(
                to: try SocketAddress(ipAddress: endpoint.host, port: Int(endpoint.port)))
        } catch {
            return loop.makeFailedFuture(error)
        }
    }
}

/// The sockets of one attempt: more than one when a name has several addresses.
private final class DialledSockets: Sendable {
    /// nil once they were closed: none may be added then.
    private let channels = Mutex<[any Channel]?>([])

    func add(_ channel: any Channel) throws {
        try channels.withLock { channels in
            guard channels != nil else { throw CancellationError() }
            channels?.append(channel)
        }
    }

    func close() {
        let open = channels.withLock { channels in
            defer { channels = nil }
            return channels
        }
        for channel in open ?? [] { channel.close(promise: nil) }
    }
}
