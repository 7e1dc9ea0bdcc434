package import Identity
import NIOCore
import NIOPosix

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

    /// One connection, up to its opening or its end.
    static func attempt(
        _ endpoint: Endpoint, _ limits: LinkLimits, start: @escaping LinkHandler.Start
    ) async throws -> Outcome {
        let group = MultiThreadedEventLoopGroup.singleton
        let outcome = group.next().makePromise(of: Outcome.self)
        let bootstrap = ClientBootstrap(group: outcome.futureResult.eventLoop)
            .connectTimeout(TimeAmount(limits.connect))
            .channelOption(LinkBootstrap.noDelay, value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.recvAllocator, value: LinkBootstrap.receiveAllocator())
            .channelOption(.writeBufferWaterMark, value: LinkBootstrap.writeMark(limits))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let mailbox = LinkMailbox(limits: limits)
                    try channel.pipeline.syncOperations.addHandler(
                        LinkHandler(limits: limits, mailbox: mailbox, start: start) { conclusion in
                            outcome.succeed(Outcome(conclusion, mailbox))
                        })
                }
            }

        let channel: any Channel
        do {
            channel = try await connect(bootstrap, endpoint)
        } catch {
            outcome.fail(error)
            throw LinkError(connecting: error)
        }
        return try await withTaskCancellationHandler {
            let result = try await outcome.futureResult.get()
            try Task.checkCancellation()
            return result
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    /// A numeric address needs no resolver, whose thread costs more than the whole handshake.
    private static func connect(_ bootstrap: ClientBootstrap, _ endpoint: Endpoint) async throws
        -> any Channel
    {
        if endpoint.isNumeric {
            let address = try SocketAddress(ipAddress: endpoint.host, port: Int(endpoint.port))
            return try await bootstrap.connect(to: address).get()
        }
        return try await bootstrap.connect(host: endpoint.host, port: Int(endpoint.port)).get()
    }
}
