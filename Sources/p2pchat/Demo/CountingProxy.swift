import Identity
import NIOCore
import NIOPosix
import Synchronization

/// Everything that passed a point: how many bytes, and whether some bytes are among them.
final class Tape: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    func record(_ part: some Sequence<UInt8>) { bytes.withLock { $0 += part } }

    var count: Int { bytes.withLock { $0.count } }

    func contains(_ text: String) -> Bool {
        let wanted = Array(text.utf8)
        return bytes.withLock { bytes in
            guard let first = wanted.first, bytes.count >= wanted.count else { return false }
            return bytes.indices.dropLast(wanted.count - 1).contains { index in
                bytes[index] == first && bytes[index..<(index + wanted.count)].elementsEqual(wanted)
            }
        }
    }
}

/// A TCP relay in front of the demonstration's directory that keeps a copy of what passes.
struct CountingProxy: Sendable {
    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    let endpoint: Endpoint
    private let listener: NIOAsyncChannel<Connection, Never>
    private let upstream: Endpoint
    private let tape: Tape

    static func start(before upstream: Endpoint, tape: Tape) async throws -> CountingProxy {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture { try Self.wrap(channel) }
            }
        guard let port = listener.channel.localAddress?.port, let port = UInt16(exactly: port) else {
            throw CommandError(.inputOutput, "the relay has no port")
        }
        return CountingProxy(
            endpoint: try Endpoint(host: "127.0.0.1", port: port), listener: listener, upstream: upstream,
            tape: tape)
    }

    /// Relays until the task is cancelled.
    func run() async {
        // What fails here ends one connection, which its two ends notice.
        try? await listener.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    group.addTask { try? await relay(connection) }
                }
            }
        }
    }

    private func relay(_ near: Connection) async throws {
        let far = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: upstream.host, port: Int(upstream.port)) { channel in
                channel.eventLoop.makeCompletedFuture { try Self.wrap(channel) }
            }
        try await near.executeThenClose { fromNear, toNear in
            try await far.executeThenClose { fromFar, toFar in
                try await withThrowingDiscardingTaskGroup { group in
                    group.addTask { try await copy(fromNear, toFar) }
                    group.addTask { try await copy(fromFar, toNear) }
                }
            }
        }
    }

    private func copy(
        _ source: NIOAsyncChannelInboundStream<ByteBuffer>, _ sink: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        for try await bytes in source {
            tape.record(bytes.readableBytesView)
            try await sink.write(bytes)
        }
        // Half-closed, as the link's goodbye needs it.
        sink.finish()
    }

    private static func wrap(_ channel: any Channel) throws -> Connection {
        try Connection(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
    }
}
