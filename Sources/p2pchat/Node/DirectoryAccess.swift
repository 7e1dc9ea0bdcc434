import Chat
import Directory
import FoundationEssentials
import Identity
import Link

extension Link: EnvelopeLink {}

/// Dials peers and directories over real links.
struct LinkNetwork: PeerNetwork {
    let keys: IdentityKeys

    func dial(_ endpoint: Endpoint, expecting identity: PublicIdentity) async throws -> any EnvelopeLink {
        do {
            return try await LinkDialer.dial(endpoint, expecting: identity, purpose: .peer, identity: keys)
        } catch LinkError.handshakeFailed {
            throw DialError.anotherKey
        } catch let error as LinkError {
            throw DialError.failed(error.description)
        }
    }

    /// - Throws: `DirectoryError.notReachable`; `CommandError` when something else answers.
    func dial(_ reference: DirectoryReference) async throws -> any EnvelopeLink {
        do {
            return try await LinkDialer.dial(
                reference.endpoint, expecting: reference.identity, purpose: .directory, identity: keys)
        } catch LinkError.handshakeFailed {
            throw CommandError(
                .refused,
                """
                what answers at \(reference.endpoint) is not the directory \(reference.identity.shortFingerprint), or it \
                does not admit this identity; nothing was sent
                """,
                hint: "ask its operator for the reference: host:port#fingerprint")
        } catch let error as LinkError {
            throw DirectoryError.notReachable("\(reference.endpoint) \(error)")
        }
    }
}

/// The directory as a home uses it: through the session that keeps it online, or through a link of the moment.
protocol DirectoryAccess: PeerDirectory {
    var reference: DirectoryReference { get }
    /// One's own.
    var keys: IdentityKeys { get }
    func list() async throws -> [PeerEntry]
    func close() async
}

extension DirectoryAccess {
    var identity: PublicIdentity { reference.identity }

    /// Over a link of its own, of an identity that is thrown away.
    func sealedPresence(of contact: PublicIdentity) async throws -> PeerEntry? {
        try await DirectoryVisit(reference: reference, keys: .generate(), store: nil)
            .with { [keys] in try await $0.sealedPresence(of: contact, for: keys) }
    }
}

/// The directory through the session of a process that is online.
struct SessionDirectory: DirectoryAccess {
    let session: DirectorySession
    let keys: IdentityKeys

    var reference: DirectoryReference { session.reference }

    func lookup(_ query: PeerQuery) async throws -> PeerEntry? { try await session.lookup(query) }

    func confirm(handle: Handle, identity: PublicIdentity) async throws -> Bool {
        try await session.confirm(handle, identity: identity)
    }

    func holder(of handle: Handle) async throws -> PublicIdentity? { try await session.holder(of: handle) }

    func standing(of identity: PublicIdentity, as handle: Handle) async throws -> PinStanding {
        try await session.standing(of: identity, as: handle)
    }

    func list() async throws -> [PeerEntry] { try await session.list() }
    func close() async { await session.stop() }
}

/// The directory through a link that is made when something is asked first; it publishes nothing.
actor VisitingDirectory: DirectoryAccess {
    nonisolated let reference: DirectoryReference
    nonisolated let keys: IdentityKeys
    private let log: LogBook
    /// One's own, whose entry is looked at from time to time; nil where it is not to be.
    private let handle: Handle?
    private var client: DirectoryClient?
    private let runs: AsyncStream<DirectoryClient>
    private let runsIn: AsyncStream<DirectoryClient>.Continuation

    init(reference: DirectoryReference, keys: IdentityKeys, log: LogBook, handle: Handle? = nil) {
        self.handle = handle
        self.reference = reference
        self.keys = keys
        self.log = log
        (runs, runsIn) = AsyncStream.makeStream()
    }

    /// Reads the link until `close()`.
    nonisolated func run() async {
        await withDiscardingTaskGroup { group in
            for await client in runs {
                group.addTask { _ = await client.run() }
            }
        }
    }

    func connected() async throws -> DirectoryClient {
        if let client { return client }
        let made = DirectoryClient(
            link: try await LinkNetwork(keys: keys).dial(reference), identity: keys, log: log)
        runsIn.yield(made)
        do {
            try await made.checkLog()
            do {
                if let handle, isOwnHandleDue { try await made.checkOwn(handle) }
            } catch DirectoryError.rateLimited {
                // What is asked next says so where it matters, and the entry is looked at the next time.
            }
        } catch {
            await made.close()
            throw error
        }
        // Two may have asked at once; the first link is as good as the second.
        if let client {
            await made.close()
            return client
        }
        client = made
        return made
    }

    /// Whether the own handle's entry was not looked at for a while: a script that sends many messages does not pay for it each time.
    nonisolated var isOwnHandleDue: Bool {
        guard let handle else { return false }
        let age = Date().timeIntervalSince1970 - Double(log.memory.own[Label(handle)]?.checked ?? 0)
        return !(0..<Self.ownHandlePause).contains(age)
    }

    /// Seconds.
    private static let ownHandlePause = 600.0

    func lookup(_ query: PeerQuery) async throws -> PeerEntry? { try await connected().lookup(query) }

    func confirm(handle: Handle, identity: PublicIdentity) async throws -> Bool {
        try await connected().confirm(handle, identity: identity)
    }

    func holder(of handle: Handle) async throws -> PublicIdentity? {
        try await connected().holder(of: handle)
    }

    func standing(of identity: PublicIdentity, as handle: Handle) async throws -> PinStanding {
        try await connected().standing(of: identity, as: handle)
    }

    func list() async throws -> [PeerEntry] { try await connected().list() }

    func close() async {
        await client?.close()
        runsIn.finish()
    }
}
