import Directory
import DirectoryServer
import FoundationEssentials
import Identity
import Link
import NIOCore
import Wire

/// A directory on its port: links in, answers out.
struct DirectoryHost: Sendable {
    let identity: PublicIdentity
    let listener: LinkListener
    private let service: DirectoryService

    /// Listens at once; `run()` serves.
    ///
    /// - Parameter events: told of everybody who registers and leaves; must not block.
    static func start(
        _ endpoint: Endpoint, keys: IdentityKeys, log: DirectoryLog, allow: Set<PublicIdentity>?,
        options: ServiceOptions = ServiceOptions(), events: @escaping @Sendable (ServerEvent) -> Void
    ) async throws -> DirectoryHost {
        let listener: LinkListener
        do {
            listener = try await LinkListener.bind(endpoint, purpose: .directory, identity: keys) {
                allow?.contains($0) ?? true
            }
        } catch let error as LinkError {
            throw CommandError(
                .inputOutput, "\(endpoint): \(error)",
                hint: "choose another port with --listen HOST:PORT")
        }
        let service = DirectoryService(
            identity: keys.publicIdentity, log: log, allow: allow, options: options,
            probe: { endpoint, identity in
                Reachability(await LinkDialer.probe(endpoint, expecting: identity, purpose: .peer))
            },
            now: { Date() }, events: events)
        return DirectoryHost(identity: keys.publicIdentity, listener: listener, service: service)
    }

    /// Serves until `close()`.
    ///
    /// - Parameter wrap: puts something around each link, for the demonstration's count.
    func run(wrap: @escaping @Sendable (any EnvelopeLink) -> any EnvelopeLink = { $0 }) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await service.run() }
            for await link in listener.links {
                group.addTask { await service.serve(wrap(link)) }
            }
            group.cancelAll()
        }
    }

    /// Says goodbye to everybody and stops listening.
    func close() async {
        await service.close()
        await listener.close()
    }

    /// The reference to hand out. Where it listens on every address, the machine's first one that others can reach stands there.
    var reference: DirectoryReference {
        get throws {
            let bound = listener.localEndpoint
            guard bound.host == "0.0.0.0" || bound.host == "::" else {
                return DirectoryReference(endpoint: bound, identity: identity)
            }
            let family: NIOBSDSocket.ProtocolFamily = bound.host == "::" ? .inet6 : .inet
            let own = try System.enumerateDevices().compactMap(\.address).filter { $0.protocol == family }
                .compactMap(\.ipAddress).first {
                    !$0.hasPrefix("127.") && $0 != "::1" && !$0.hasPrefix("fe80:")
                }
            let host = own ?? (bound.host == "::" ? "::1" : "127.0.0.1")
            return DirectoryReference(
                endpoint: try Endpoint(host: host, port: bound.port), identity: identity)
        }
    }
}

extension Reachability {
    init(_ outcome: ProbeOutcome) {
        switch outcome {
        case .reachable: self = .reachable
        case .refused: self = .refused
        case .unreachable: self = .unroutable
        case .timeout: self = .timedOut
        case .wrongIdentity: self = .wrongIdentity
        }
    }
}
