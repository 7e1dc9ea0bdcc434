import Glibc
import NIOCore
import NIOPosix

/// The socket in the home folder through which commands of the same user use the process that is online.
struct ControlServer: Sendable {
    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private let channel: NIOAsyncChannel<Connection, Never>

    /// Listens; the caller holds the home's lock, so a socket file that is there belongs to nobody.
    static func bind(_ home: Home) async throws -> ControlServer {
        guard let address = ControlAddress(home) else {
            throw CommandError(.inputOutput, "cannot open the folder \(home.path)")
        }
        _ = unlink(home.controlPath)
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            // A client that sends its requests and then only reads still gets its answers.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(unixDomainSocketPath: address.path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Connection(wrappingChannelSynchronously: channel)
                }
            }
        // The folder is closed to others already; this holds when somebody opened it.
        _ = chmod(home.controlPath, 0o600)
        return ControlServer(channel: channel)
    }

    /// Answers until the task is cancelled.
    func run(_ operations: Operations) async {
        // An error here means that the socket broke; chat goes on without it.
        try? await channel.executeThenClose { connections in
            await withDiscardingTaskGroup { group in
                do {
                    for try await connection in connections {
                        group.addTask { await Self.serve(connection, operations) }
                    }
                } catch {
                    group.cancelAll()
                }
            }
        }
    }

    private static func serve(_ connection: Connection, _ operations: Operations) async {
        // A client that goes away in the middle is no concern of this process.
        try? await connection.executeThenClose { inbound, outbound in
            guard await isSameUser(connection.channel) else { return }
            let subscription = Subscription(node: operations.node)
            let gone = StopSignal()
            gone.onRaise { subscription.end() }
            connection.channel.closeFuture.whenComplete { _ in gone.raise() }
            try await ControlSession(operations: operations, outbound: outbound, gone: gone)
                .run(inbound, subscription)
        }
    }

    /// `struct ucred` of unix(7), which the C library declares only for GNU sources.
    private struct PeerCredentials {
        let pid: pid_t
        let uid: uid_t
        let gid: gid_t
    }

    private static func isSameUser(_ channel: any Channel) async -> Bool {
        guard let provider = channel as? any SocketOptionProvider else { return false }
        let credentials: PeerCredentials? = try? await provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        ).get()
        return credentials?.uid == geteuid()
    }
}
