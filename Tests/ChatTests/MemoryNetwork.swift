import Directory
import FoundationEssentials
import Identity
import Sodium
import Store
import Synchronization

@testable import Chat

/// One end of a link in memory.
final class MemoryLink: EnvelopeLink {
    private enum Item {
        case envelope([UInt8])
        case goodbye
        case cut
    }

    struct Cut: Error {}

    let remote: PublicIdentity
    let isInitiator: Bool
    let remoteEndpoint: Endpoint
    let localEndpoint: Endpoint
    private let incoming: AsyncStream<Item>
    private let incomingIn: AsyncStream<Item>.Continuation
    private let outgoing: AsyncStream<Item>.Continuation
    private let iterator: Mutex<Bool> = Mutex(true)
    /// What a ping answers: false stands for a peer that died without a word.
    private let answers: Answers

    /// Whether a pair of ends still carries anything.
    final class Answers: Sendable {
        let state = Mutex((isDead: false, isEnded: false))
        var isDead: Bool { state.withLock { $0.isDead } }
        func die() { state.withLock { $0.isDead = true } }
    }

    private init(
        remote: PublicIdentity, isInitiator: Bool, endpoint: Endpoint, incoming: AsyncStream<Item>,
        incomingIn: AsyncStream<Item>.Continuation, outgoing: AsyncStream<Item>.Continuation, answers: Answers
    ) {
        self.remote = remote
        self.isInitiator = isInitiator
        remoteEndpoint = endpoint
        localEndpoint = endpoint
        self.incoming = incoming
        self.incomingIn = incomingIn
        self.outgoing = outgoing
        self.answers = answers
    }

    /// - Returns: The initiator's end, the responder's end, and the switch that makes the link go dead silently.
    static func pair(_ initiator: PublicIdentity, _ responder: PublicIdentity, _ endpoint: Endpoint) -> (
        initiator: MemoryLink, responder: MemoryLink, answers: Answers
    ) {
        let (toInitiator, toInitiatorIn) = AsyncStream<Item>.makeStream()
        let (toResponder, toResponderIn) = AsyncStream<Item>.makeStream()
        let answers = Answers()
        return (
            MemoryLink(
                remote: responder, isInitiator: true, endpoint: endpoint, incoming: toInitiator,
                incomingIn: toInitiatorIn, outgoing: toResponderIn, answers: answers),
            MemoryLink(
                remote: initiator, isInitiator: false, endpoint: endpoint, incoming: toResponder,
                incomingIn: toResponderIn, outgoing: toInitiatorIn, answers: answers), answers
        )
    }

    func send(_ envelope: [UInt8]) async throws {
        if answers.isDead { return }
        if case .terminated = outgoing.yield(.envelope(envelope)) { throw Cut() }
    }

    func receive() async throws -> [UInt8]? {
        for await item in incoming {
            switch item {
            case .envelope(let bytes): return bytes
            case .goodbye:
                outgoing.yield(.goodbye)
                incomingIn.finish()
                return nil
            case .cut: throw Cut()
            }
        }
        throw Cut()
    }

    func ping(timeout: Duration) async -> Bool { !answers.isDead }

    func close() async {
        outgoing.yield(.goodbye)
        outgoing.finish()
    }

    func cut() {
        outgoing.yield(.cut)
        outgoing.finish()
        incomingIn.yield(.cut)
        incomingIn.finish()
    }
}

/// Peers by address, in memory: a dial becomes an accepted link at the other Messenger.
final class MemoryNetwork: Sendable {
    private struct State {
        var messengers: [Endpoint: Messenger] = [:]
        var answers: [MemoryLink.Answers] = []
        var dials = 0
    }

    private let state = Mutex(State())

    var dials: Int { state.withLock { $0.dials } }

    func put(_ messenger: Messenger?, at endpoint: Endpoint) {
        state.withLock { $0.messengers[endpoint] = messenger }
    }

    /// Every link there is goes silent, as when a machine loses its power.
    func killLinks() {
        state.withLock { $0.answers }.forEach { $0.die() }
    }

    func dial(_ endpoint: Endpoint, expecting: PublicIdentity, from identity: PublicIdentity) async throws
        -> MemoryLink
    {
        let messenger = state.withLock { state in
            state.dials += 1
            return state.messengers[endpoint]
        }
        guard let messenger else { throw DialError.failed("refuses connections") }
        guard messenger.identity == expecting else { throw DialError.anotherKey }
        let (near, far, answers) = MemoryLink.pair(identity, expecting, endpoint)
        state.withLock { $0.answers.append(answers) }
        await messenger.accept(far)
        return near
    }

    func view(of identity: PublicIdentity) -> View { View(network: self, identity: identity) }

    struct View: PeerNetwork {
        let network: MemoryNetwork
        let identity: PublicIdentity

        func dial(_ endpoint: Endpoint, expecting: PublicIdentity) async throws -> any EnvelopeLink {
            try await network.dial(endpoint, expecting: expecting, from: identity)
        }
    }
}

/// A directory in memory, which can be made to say anything.
final class MemoryDirectory: PeerDirectory {
    let identity: PublicIdentity
    private struct State {
        var entries: [PeerEntry] = []
        var holders: [Handle: PublicIdentity] = [:]
        var confirmations = 0
        /// What the log says of identities other than that they hold their handle or not.
        var standings: [PublicIdentity: PinStanding] = [:]
        var isSilent = false
        var refusals: [DirectoryError] = []
    }

    private let state = Mutex(State())
    private let sealed = Mutex([PeerEntry]())

    init(identity: PublicIdentity) { self.identity = identity }

    /// How often somebody asked whose a handle is.
    var confirmations: Int { state.withLock { $0.confirmations } }

    func publish(_ entry: PeerEntry) {
        state.withLock { state in
            state.entries.removeAll { $0.identity == entry.identity }
            state.entries.append(entry)
            if let handle = entry.handle { state.holders[handle] = entry.identity }
        }
    }

    /// From now on the log says this of the identity.
    func say(_ standing: PinStanding, of identity: PublicIdentity) {
        state.withLock { $0.standings[identity] = standing }
    }

    /// Nobody has the handle any more.
    func free(_ handle: Handle) {
        state.withLock { $0.holders[handle] = nil }
    }

    /// Whether it answers nothing any more.
    func setSilent(_ isSilent: Bool) { state.withLock { $0.isSilent = isSilent } }

    /// The next questions are answered with these.
    func refuse(_ refusals: DirectoryError...) { state.withLock { $0.refusals += refusals } }

    /// How many of them are left.
    var refusalsLeft: Int { state.withLock { $0.refusals.count } }

    struct Silent: Error {}

    private func answer<Value>(_ body: (inout State) -> Value) throws -> Value {
        try state.withLock { state in
            guard !state.isSilent else { throw Silent() }
            guard state.refusals.isEmpty else { throw state.refusals.removeFirst() }
            return body(&state)
        }
    }

    func standing(of identity: PublicIdentity, as handle: Handle) async throws -> PinStanding {
        try answer { state in
            if state.holders[handle] == identity { return .holds }
            return state.standings[identity] ?? .gone(holder: state.holders[handle])
        }
    }

    func lookup(_ query: PeerQuery) async throws -> PeerEntry? {
        try answer { state in
            let found = state.entries.first {
                switch query {
                case .handle(let handle): $0.handle == handle && state.holders[handle] == $0.identity
                case .identity(let identity): $0.identity == identity
                case .address(let endpoint): $0.addresses.contains(endpoint)
                }
            }
            guard let found, let handle = found.handle, state.holders[handle] != found.identity else {
                return found
            }
            // A presence goes on without a handle that its identity does not hold any more.
            return PeerEntry(identity: found.identity, handle: nil, addresses: found.addresses)
        }
    }

    /// Of somebody who is not discoverable, for contacts.
    func leaveSealed(_ entry: PeerEntry) { sealed.withLock { $0.append(entry) } }

    func sealedPresence(of contact: PublicIdentity) async throws -> PeerEntry? {
        sealed.withLock { $0.first { $0.identity == contact } }
    }

    func confirm(handle: Handle, identity: PublicIdentity) async throws -> Bool {
        try answer { state in
            state.confirmations += 1
            return state.holders[handle] == identity
        }
    }

    func holder(of handle: Handle) async throws -> PublicIdentity? {
        try answer { $0.holders[handle] }
    }
}

final class MemoryContacts: ContactStore {
    private let state = Mutex([Contact]())

    func contacts() throws -> [Contact] { state.withLock { $0 } }

    func save(_ contact: Contact) throws {
        state.withLock { contacts in
            if let index = contacts.firstIndex(where: { $0.identity == contact.identity }) {
                contacts[index] = contact
            } else {
                contacts.append(contact)
            }
        }
    }

    func replaceContact(_ identity: PublicIdentity, with contact: Contact) throws {
        state.withLock { contacts in
            if contact.identity != identity { contacts.removeAll { $0.identity == contact.identity } }
            guard let index = contacts.firstIndex(where: { $0.identity == identity }) else { return }
            contacts[index] = contact
        }
    }

    func removeContact(_ identity: PublicIdentity) throws {
        state.withLock { $0.removeAll { $0.identity == identity } }
    }
}
