import Directory
import Identity
import Synchronization

/// The link was cut, by either side.
struct LinkCut: Error {}

/// Two ends of a link in memory: what one sends the other receives, in order, without limit.
final class InMemoryLink: EnvelopeLink {
    let remote: PublicIdentity
    let isInitiator: Bool
    let remoteEndpoint: Endpoint
    let localEndpoint: Endpoint
    private let inbox: Mailbox
    private let outbox: Mailbox

    /// A link from `client`, seen at `address`, to `server`.
    static func pair(
        from client: PublicIdentity, at address: Endpoint, to server: PublicIdentity
    ) throws -> (client: InMemoryLink, server: InMemoryLink) {
        let (up, down) = (Mailbox(), Mailbox())
        let serverEndpoint = try Endpoint("192.0.2.1:7000")
        return (
            InMemoryLink(server, true, serverEndpoint, address, inbox: down, outbox: up),
            InMemoryLink(client, false, address, serverEndpoint, inbox: up, outbox: down)
        )
    }

    private init(
        _ remote: PublicIdentity, _ isInitiator: Bool, _ remoteEndpoint: Endpoint, _ localEndpoint: Endpoint,
        inbox: Mailbox, outbox: Mailbox
    ) {
        self.remote = remote
        self.isInitiator = isInitiator
        self.remoteEndpoint = remoteEndpoint
        self.localEndpoint = localEndpoint
        self.inbox = inbox
        self.outbox = outbox
    }

    func send(_ envelope: [UInt8]) async throws {
        try outbox.put(envelope)
    }

    func receive() async throws -> [UInt8]? {
        try await inbox.take()
    }

    func ping(timeout: Duration) async -> Bool { true }

    func close() async {
        outbox.end(.closed)
        inbox.end(.closed)
    }

    func cut() {
        outbox.end(.cut)
        inbox.end(.cut)
    }
}

/// One direction: a queue with an end.
private final class Mailbox: Sendable {
    enum End { case closed, cut }

    private struct State {
        var queue: [[UInt8]] = []
        var end: End?
        var taker: CheckedContinuation<[UInt8]?, any Error>?
    }

    private let state = Mutex(State())

    func put(_ envelope: [UInt8]) throws {
        let taker = try state.withLock { state in
            guard state.end == nil else { throw LinkCut() }
            let taker = state.taker
            state.taker = nil
            if taker == nil { state.queue.append(envelope) }
            return taker
        }
        taker?.resume(returning: envelope)
    }

    func take() async throws -> [UInt8]? {
        try await withCheckedThrowingContinuation { continuation in
            let result: Result<[UInt8]?, any Error>? = state.withLock { state in
                if !state.queue.isEmpty, state.end != .cut { return .success(state.queue.removeFirst()) }
                switch state.end {
                case .closed: return .success(nil)
                case .cut: return .failure(LinkCut())
                case nil:
                    state.taker = continuation
                    return nil
                }
            }
            if let result { continuation.resume(with: result) }
        }
    }

    func end(_ end: End) {
        let taker = state.withLock { state in
            if state.end == nil { state.end = end }
            defer { state.taker = nil }
            return state.taker
        }
        switch end {
        case .closed: taker?.resume(returning: nil)
        case .cut: taker?.resume(throwing: LinkCut())
        }
    }
}
