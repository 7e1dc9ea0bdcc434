import Chat
import Directory
import FoundationEssentials
import Identity
import Store
import Wire

/// What commands can ask of a home's node, be it in their own process or in the one that is online.
struct Operations: Sendable {
    let node: Node

    func send(_ parameters: SendParameters) async throws -> SendResult {
        try await finish(begin(parameters))
    }

    /// A message in the outbox, which somebody waits for.
    struct Begun: Sendable {
        fileprivate let message: StoredMessage
        fileprivate let peer: ResolvedPeer
        fileprivate let deadline: ContinuousClock.Instant
        fileprivate let queue: Bool
    }

    /// Finds the peer and puts the message into the outbox.
    func begin(_ parameters: SendParameters) async throws -> Begun {
        // Also checked here, because it may come over the control socket.
        let seconds = parameters.timeout ?? Self.usualTimeout
        guard seconds > 0, seconds <= Self.longestTimeout else {
            throw CommandError(
                .usage, "the timeout is more than 0 and at most \(Int(Self.longestTimeout)) seconds")
        }
        let queue = parameters.queue ?? false
        let timeout = Duration.seconds(seconds)
        let deadline = ContinuousClock.now + timeout
        // Finding counts as waiting, too.
        let found = try await within(timeout) {
            try await node.messenger.resolve(parameters.peer, orOffline: queue)
        }
        guard let peer = found else { throw ChatError.notDelivered(reason: "no answer in time") }
        let message = try await node.messenger.send(parameters.text, to: peer)
        return Begun(message: message, peer: peer, deadline: deadline, queue: queue)
    }

    /// Waits until the peer has acknowledged it. Otherwise, also when whoever waits goes away, it is taken back, unless it is to
    /// stay in the outbox.
    func finish(_ begun: Begun) async throws -> SendResult {
        let left = max(.milliseconds(1), begun.deadline - ContinuousClock.now)
        do {
            try await node.messenger.waitDelivered(begun.message.id, to: begun.peer, timeout: left)
            return await result(begun, .delivered, nil)
        } catch {
            // A task of its own, because this one may be cancelled.
            return try await Task { try await giveUp(begun, because: error) }.value
        }
    }

    private func giveUp(_ begun: Begun, because error: any Error) async throws -> SendResult {
        let (id, peer) = (begun.message.id, begun.peer)
        guard !begun.queue else {
            let now = try await node.messenger.archive.message(
                id, with: peer.identity, direction: .outgoing)
            return await result(begun, now?.state ?? .queued, CommandError(describing: error).message)
        }
        // Without being asked to keep it, nothing is sent behind the caller's back. What was on its way may have arrived.
        guard let before = try await node.messenger.cancel(id, to: peer.identity) else {
            return await result(begun, .delivered, nil)
        }
        if before >= .sent { throw SentUnacknowledged(reason: error) }
        throw error
    }

    private func result(_ begun: Begun, _ state: DeliveryState, _ reason: String?) async -> SendResult {
        SendResult(
            id: begun.message.id.description,
            peer: PeerJSON(await node.messenger.summary(of: begun.peer.identity)),
            state: state.description, reason: reason)
    }

    /// The message was taken back after it had left.
    struct SentUnacknowledged: Error {
        let reason: any Error
    }

    static let usualTimeout: Double = 30
    /// A day, in seconds.
    static let longestTimeout: Double = 86_400

    func who(_: NoParameters) async throws -> EntriesResult {
        let entries = try await node.entries()
        var peers: [EntryJSON] = []
        for entry in entries {
            peers.append(EntryJSON(entry, trust: await node.messenger.summary(of: entry.identity).trust))
        }
        return EntriesResult(peers: peers)
    }

    func lookup(_ parameters: PeerParameters) async throws -> EntryJSON {
        let peer = try await node.messenger.resolve(parameters.peer)
        let entry = try await node.messenger.entry(of: peer)
        return EntryJSON(entry, trust: await node.messenger.summary(of: peer.identity).trust)
    }

    func status(_: NoParameters) async throws -> StatusJSON {
        await node.status()
    }

    func verify(_ parameters: VerifyParameters) async throws -> VerifyResult {
        let peer = try await node.messenger.resolve(parameters.peer)
        let number = SafetyNumber.between(node.identity, peer.identity)
        var isEqual: Bool?
        if let text = parameters.number {
            guard let given = SafetyNumber(parsing: text) else {
                throw CommandError(.badData, "a safety number has 60 digits")
            }
            isEqual = try await node.messenger.verify(peer, number: given)
        }
        let summary = await node.messenger.summary(of: peer.identity)
        return VerifyResult(
            fingerprint: peer.identity.fingerprint, name: peer.name, safetyNumber: number.digits,
            trust: summary.trust.rawValue, isEqual: isEqual)
    }

    func fingerprint(_ parameters: PeerParameters) async throws -> PeerJSON {
        let peer = try await node.messenger.resolve(parameters.peer)
        return PeerJSON(await node.messenger.summary(of: peer.identity))
    }

    func contacts(_: NoParameters) async throws -> ContactsResult {
        ContactsResult(contacts: await node.messenger.contacts.map(ContactJSON.init))
    }

    func acceptContact(_ parameters: PeerParameters) async throws -> PeerJSON {
        let peer = try await node.messenger.resolve(parameters.peer)
        let summary = await node.messenger.summary(of: peer.identity)
        if summary.trust != .changed, summary.standing == .request || summary.standing == .declined {
            try await node.messenger.accept(peer.identity)
            return PeerJSON(await node.messenger.summary(of: peer.identity))
        }
        let accepted = try await node.messenger.acceptChange(of: peer.identity)
        return PeerJSON(await node.messenger.summary(of: accepted))
    }

    func forgetContact(_ parameters: PeerParameters) async throws -> PeerJSON {
        let peer = try await node.messenger.resolve(parameters.peer)
        let summary = await node.messenger.summary(of: peer.identity)
        try await node.messenger.forget(peer.identity)
        return PeerJSON(summary)
    }

    func changeContact(_ change: ContactChange) async throws -> PeerJSON {
        let messenger = node.messenger
        let peer = try await messenger.resolve(change.peer, orOffline: true).identity
        switch change.action {
        case "decline": try await messenger.decline(peer)
        case "block": try await messenger.block(peer)
        case "unblock": try await messenger.unblock(peer)
        case "mute": try await messenger.setMuted(peer, true)
        case "unmute": try await messenger.setMuted(peer, false)
        case "name": try await messenger.setNickname(peer, change.name)
        default: throw CommandError(.usage, "there is no such change of a contact")
        }
        return PeerJSON(await messenger.summary(of: peer))
    }
}
