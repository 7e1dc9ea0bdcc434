import Chat
import FoundationEssentials
import Identity
import Store
import Wire

/// Sending: into the outbox, then waiting for whoever wants to know.
extension Operations {
    func send(_ parameters: SendParameters) async throws -> SendResult {
        try await finish(begin(parameters))
    }

    /// Messages in the outbox, which somebody waits for.
    struct Begun: Sendable {
        fileprivate let messages: [StoredMessage]
        fileprivate let peer: ResolvedPeer
        fileprivate let deadline: ContinuousClock.Instant
        fileprivate let queue: Bool
    }

    func begin(_ parameters: SendParameters) async throws -> Begun {
        try await begin(
            SendAllParameters(
                peer: parameters.peer, texts: [parameters.text], timeout: parameters.timeout,
                queue: parameters.queue))
    }

    /// Finds the peer and puts the messages into the outbox, all of them or none.
    func begin(_ parameters: SendAllParameters) async throws -> Begun {
        // Also checked here, because it may come over the control socket.
        let seconds = parameters.timeout ?? Self.usualTimeout
        guard seconds > 0, seconds <= Self.longestTimeout else {
            throw CommandError(
                .usage, "the timeout is more than 0 and at most \(Int(Self.longestTimeout)) seconds")
        }
        guard parameters.texts.count <= Self.mostTexts else {
            throw CommandError(.usage, "at most \(Self.mostTexts) texts go together")
        }
        let queue = parameters.queue ?? false
        let timeout = Duration.seconds(seconds)
        let deadline = ContinuousClock.now + timeout
        try await node.lookAtOwnHandle()
        // Finding counts as waiting, too.
        let found = try await within(timeout) {
            try await node.messenger.resolve(parameters.peer, orOffline: queue)
        }
        guard let peer = found else { throw ChatError.notDelivered(reason: "no answer in time") }
        let messages = try await node.messenger.send(parameters.texts, to: peer)
        return Begun(messages: messages, peer: peer, deadline: deadline, queue: queue)
    }

    /// Of a single message.
    func finish(_ begun: Begun) async throws -> SendResult {
        guard let outcome = await finishAll(begun).first else { throw ChatError.emptyMessage }
        return try outcome.get()
    }

    /// Waits until the peer has acknowledged them. What it has not acknowledged then, also when whoever waits goes away, is taken
    /// back, unless it is to stay in the outbox.
    ///
    /// - Returns: One for each, in their order.
    func finishAll(_ begun: Begun) async -> [Result<SendResult, any Error>] {
        let left = max(.milliseconds(1), begun.deadline - ContinuousClock.now)
        do {
            try await node.messenger.waitDelivered(begun.messages, to: begun.peer, timeout: left)
        } catch {
            // A task of its own, because this one may be cancelled.
            return await Task { await giveUp(begun, because: error) }.value
        }
        let peer = await recipient(begun)
        return begun.messages.map { .success(SendResult($0.id, peer, .delivered, nil)) }
    }

    private func giveUp(_ begun: Begun, because error: any Error) async -> [Result<SendResult, any Error>] {
        let peer = await recipient(begun)
        do {
            let reached = try await node.messenger.reached(begun.messages)
            let open = begun.messages.map(\.id).filter { reached[$0].map { $0 < .delivered } ?? false }
            // Without being asked to keep them, nothing is sent behind the caller's back.
            let takenBack =
                begun.queue ? [:] : try await node.messenger.cancel(open, to: peer.identity)
            let reason = CommandError(describing: error).message
            return begun.messages.map { message in
                let id = message.id
                guard let state = reached[id] else { return .failure(ChatError.takenBack) }
                if state < .delivered, begun.queue { return .success(SendResult(id, peer, state, reason)) }
                // Of what was on its way the peer may have it.
                guard let before = takenBack[id] else {
                    return .success(SendResult(id, peer, .delivered, nil))
                }
                return .failure(before >= .sent ? SentUnacknowledged(reason: error) : error)
            }
        } catch {
            return begun.messages.map { _ in .failure(error) }
        }
    }

    /// Whom the messages went to, or are for: the peer with the key that it has by now.
    fileprivate struct Recipient {
        let identity: PublicIdentity
        let summary: PeerJSON
        let former: PublicIdentity?
    }

    private func recipient(_ begun: Begun) async -> Recipient {
        let identity = await node.messenger.current(begun.peer).identity
        return Recipient(
            identity: identity, summary: PeerJSON(await node.messenger.summary(of: identity)),
            former: identity == begun.peer.identity ? nil : begun.peer.identity)
    }

    /// So that the answer fits into a line of the control socket.
    private static let mostTexts = 1000

    /// The message was taken back after it had left.
    struct SentUnacknowledged: Error {
        let reason: any Error
    }
}

extension SendResult {
    fileprivate init(
        _ id: MessageID, _ peer: Operations.Recipient, _ state: DeliveryState, _ reason: String?
    ) {
        self.init(
            id: id.description, peer: peer.summary, state: state.description, reason: reason,
            former: peer.former?.fingerprint)
    }
}
