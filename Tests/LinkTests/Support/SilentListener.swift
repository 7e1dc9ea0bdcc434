import Identity
import NIOCore
import NIOPosix
import Synchronization

@testable import Link

/// Accepts connections and says nothing.
final class SilentListener: Sendable {
    let endpoint: Endpoint
    private let channel: any Channel
    private let arrivals: AsyncStream<Void>

    private init(_ channel: any Channel, _ arrivals: AsyncStream<Void>, _ endpoint: Endpoint) {
        self.channel = channel
        self.arrivals = arrivals
        self.endpoint = endpoint
    }

    static func bind() async throws -> SilentListener {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                arrived.yield()
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let endpoint = Endpoint(channel.localAddress) else { throw LinkError.system }
        return SilentListener(channel, arrivals, endpoint)
    }

    /// Waits for a connection.
    func accepted() async {
        for await _ in arrivals { return }
    }

    func close() async { try? await channel.close() }
}

/// Counts across tasks.
final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }
    func increment() { count.withLock { $0 += 1 } }
}

extension LinkListener {
    /// Closes the listening socket as a failing `accept` would.
    func failForTesting() { acceptor.channel?.close(promise: nil) }
}
