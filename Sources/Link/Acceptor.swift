import Identity
import NIOCore
import NIOPosix
import Synchronization

/// Keeps a listening socket alive, and turns what it accepts into links.
final class Acceptor: Sendable {
    private struct State {
        var channel: (any Channel)?
        var isClosed = false
    }

    private let state = Mutex(State())
    private let admission: Admission
    private let local: LocalSide
    private let authorize: @Sendable (PublicIdentity) -> Bool
    private let taker: AsyncStream<Link>.Continuation

    init(
        _ local: LocalSide, _ taker: AsyncStream<Link>.Continuation,
        authorize: @escaping @Sendable (PublicIdentity) -> Bool
    ) {
        self.local = local
        self.taker = taker
        self.authorize = authorize
        admission = Admission(limits: local.limits)
    }

    private func makeBootstrap() -> ServerBootstrap {
        let (local, taker, authorize, admission) = (local, taker, authorize, admission)
        return ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(LinkBootstrap.noDelay, value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.recvAllocator, value: LinkBootstrap.receiveAllocator())
            .childChannelOption(.writeBufferWaterMark, value: LinkBootstrap.writeMark(local.limits))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let ticket = try admission.admit(channel)
                    let mailbox = LinkMailbox(limits: local.limits)
                    let handler = LinkHandler(
                        limits: local.limits, mailbox: mailbox,
                        start: { now, _ in .answering(local: local, at: now, authorize: authorize) },
                        concluded: { conclusion in
                            admission.leave(ticket)
                            Acceptor.handOver(conclusion, mailbox, to: taker)
                        })
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
    }

    /// A link that nobody takes is dropped with its last reference.
    private static func handOver(
        _ conclusion: LinkHandler.Conclusion, _ mailbox: LinkMailbox, to taker: AsyncStream<Link>.Continuation
    ) {
        guard case .opened(let opened, let channel) = conclusion else { return }
        guard let link = LinkBootstrap.link(opened, on: channel, isInitiator: false, mailbox: mailbox) else {
            mailbox.cut()
            return
        }
        taker.yield(link)
    }

    func listen(on endpoint: Endpoint) async throws -> SocketAddress? {
        let bootstrap = makeBootstrap()
        let channel =
            endpoint.isNumeric
            ? try await bootstrap.bind(to: SocketAddress(ipAddress: endpoint.host, port: Int(endpoint.port)))
                .get()
            : try await bootstrap.bind(host: endpoint.host, port: Int(endpoint.port)).get()
        keep(channel)
        return channel.localAddress
    }

    /// The listening socket; another one after it had to be opened again.
    var channel: (any Channel)? { state.withLock { $0.channel } }

    func shutDown() {
        let channel = state.withLock { state in
            state.isClosed = true
            return state.channel
        }
        channel?.close(promise: nil)
        taker.finish()
        admission.dropAll()
    }

    func close() async {
        shutDown()
        // Fails only when it is closed already.
        try? await channel?.closeFuture.get()
    }

    /// `accept` reports errors of single connections, and of the whole system (no more descriptors). NIO waits and goes on after most of
    /// them, and closes the socket after the rest; then it is opened again.
    private func keep(_ channel: any Channel) {
        let isClosed = state.withLock { state in
            state.channel = channel
            return state.isClosed
        }
        if isClosed { channel.close(promise: nil) }
        guard let address = channel.localAddress else { return }
        channel.closeFuture.whenComplete { _ in self.reopen(address, channel.eventLoop) }
    }

    private func reopen(_ address: SocketAddress, _ loop: any EventLoop) {
        guard !state.withLock({ $0.isClosed }) else { return }
        loop.scheduleTask(in: .seconds(1)) {
            guard !self.state.withLock({ $0.isClosed }) else { return }
            self.makeBootstrap().bind(to: address).whenComplete { result in
                switch result {
                case .success(let channel): self.keep(channel)
                case .failure: self.reopen(address, loop)
                }
            }
        }
    }
}
