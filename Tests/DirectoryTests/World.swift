import Directory
import DirectoryServer
import Identity
import Sodium
import Synchronization
import Testing
import Wire

/// A directory in memory with its clock, what it dialled, and what its operator sees.
final class World: Sendable {
    let time = ManualTime()
    let store: any ClaimStore
    let log: DirectoryLog
    let service: DirectoryService
    let keys: IdentityKeys
    let operatorLog: Log<ServerEvent>
    let dialled: Log<Endpoint>
    /// What dial-backs find; by default everything is reachable.
    let network: Network

    init(
        store: any ClaimStore = MemoryClaimStore(), keys: IdentityKeys? = nil,
        allow: Set<PublicIdentity>? = nil,
        options: ServiceOptions = ServiceOptions(), signer: LogSigner? = nil,
        lastSigned: any LastSigned = MemoryLastSigned(), witnessing: DirectoryLog.Witnessing? = nil
    ) async throws {
        self.store = store
        self.keys = try keys ?? IdentityKeys.generate()
        let clock = time
        log = try await DirectoryLog(
            store: store, signer: signer ?? LogSigner(LogKeyFile.generate(), directory: self.keys),
            lastSigned: lastSigned,
            rules: ClaimRules(
                operator: self.keys.publicIdentity, handlesPerIdentity: options.limits.handlesPerIdentity),
            witnessing: witnessing, now: { clock.now })
        let (operatorLog, dialled, network, time) = (Log<ServerEvent>(), Log<Endpoint>(), Network(), time)
        (self.operatorLog, self.dialled, self.network) = (operatorLog, dialled, network)
        service = DirectoryService(
            identity: self.keys.publicIdentity, log: log, allow: allow, options: options,
            probe: { endpoint, _ in
                dialled.add(endpoint)
                return await network.answer(endpoint)
            },
            now: { time.now }, uptime: { time.uptime }, events: { operatorLog.add($0) })
    }

    /// Both ends of a link that the service serves.
    func link(
        _ keys: IdentityKeys, at address: String = "192.0.2.7:50000"
    ) throws -> (link: InMemoryLink, served: Task<Void, Never>) {
        let (client, server) = try InMemoryLink.pair(
            from: keys.publicIdentity, at: Endpoint(address), to: self.keys.publicIdentity)
        return (client, Task { await service.serve(server) })
    }

    func connect(_ keys: IdentityKeys, at address: String = "192.0.2.7:50000") throws -> Connection {
        let (link, served) = try link(keys, at: address)
        let time = time
        // A busy machine's seconds are not what these tests are about.
        let client = DirectoryClient(
            link: link, identity: keys, sleep: { _ in try await Task.sleep(for: .seconds(3_600)) },
            now: { time.now })
        return Connection(client: client, link: link, served: served, running: Task { await client.run() })
    }

    /// A new identity that is present, with a handle if one is given.
    @discardableResult
    func join(
        _ handle: String? = nil, at addresses: [String] = ["192.0.2.7:4000"], discoverable: Bool = true,
        keys: IdentityKeys? = nil
    ) async throws -> (connection: Connection, keys: IdentityKeys) {
        let keys = try keys ?? IdentityKeys.generate()
        let connection = try connect(keys)
        let handle = try handle.map { try Handle($0) }
        if let handle { try await connection.client.claim(handle, recoveryHash: nil) }
        _ = try await connection.client.publish(
            addresses: addresses.map { try Endpoint($0) }, discoverable: discoverable, handle: handle)
        return (connection, keys)
    }

    /// A link that speaks in raw envelopes.
    func raw(_ keys: IdentityKeys, at address: String = "192.0.2.7:50000") throws -> RawClient {
        let (link, served) = try link(keys, at: address)
        return RawClient(link: link, served: served)
    }
}

/// One client's link and the tasks that keep it going.
struct Connection {
    let client: DirectoryClient
    let link: InMemoryLink
    let served: Task<Void, Never>
    let running: Task<DirectoryError, Never>

    /// Cuts the link and waits until the service noticed.
    func cut() async {
        link.cut()
        await served.value
    }
}

/// A client that checks nothing and sends what it is told.
struct RawClient {
    let link: InMemoryLink
    let served: Task<Void, Never>

    func ask(_ body: DirectoryRequest.Body, id: UInt64 = 1) async throws -> [UInt8] {
        try await link.send(DirectoryEnvelope.request(.init(id: id, body: body)).encoded())
        return try #require(try await link.receive())
    }

    func answer(_ body: DirectoryRequest.Body) async throws -> DirectoryResponse.Body {
        guard case .response(let response) = try DirectoryEnvelope(decoding: await ask(body)) else {
            throw LinkCut()
        }
        return response.body
    }
}

/// What was added, in order.
final class Log<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    func add(_ element: Element) {
        elements.withLock { $0.append(element) }
    }

    var all: [Element] { elements.withLock { $0 } }
}

/// What dial-backs find.
final class Network: Sendable {
    private struct State {
        var answers: [Endpoint: Reachability] = [:]
        var held: [CheckedContinuation<Void, Never>] = []
        var isHolding = false
    }

    private let state = Mutex(State())
    private let heldUp: AsyncStream<Void>
    private let announce: AsyncStream<Void>.Continuation

    init() {
        (heldUp, announce) = AsyncStream.makeStream()
    }

    func set(_ endpoint: String, _ answer: Reachability) throws {
        let endpoint = try Endpoint(endpoint)
        state.withLock { $0.answers[endpoint] = answer }
    }

    /// From now on dial-backs wait for ``release()``.
    func hold() {
        state.withLock { $0.isHolding = true }
    }

    /// Waits until a dial-back waits.
    func untilHeld() async {
        for await _ in heldUp { return }
    }

    func release() {
        let held = state.withLock { state in
            state.isHolding = false
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    func answer(_ endpoint: Endpoint) async -> Reachability {
        await withCheckedContinuation { continuation in
            let isHeld = state.withLock { state in
                if state.isHolding { state.held.append(continuation) }
                return state.isHolding
            }
            if isHeld { announce.yield() } else { continuation.resume() }
        }
        return state.withLock { $0.answers[endpoint] ?? .reachable }
    }
}
