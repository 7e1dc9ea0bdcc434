import Directory
import FoundationEssentials
import Identity
import Wire

/// What a conversation asks of the Messenger, which knows contacts and the directory.
protocol ConversationHost: AnyObject, Sendable {
    /// False when the peer is not to be talked with (its handle leads to another key): the link is closed then.
    func peer(_ peer: PublicIdentity, said hello: Hello) async -> Bool
    func peerBecameReachable(_ peer: PublicIdentity) async
    /// False when the message was not taken: it is not acknowledged, and the link is closed.
    func peer(_ peer: PublicIdentity, wrote message: TextMessage) async -> Bool
    func peer(_ peer: PublicIdentity, left state: LinkState) async
}

/// Everything between this side and one peer: its links, what waits for an acknowledgement, what was seen already.
actor Conversation {
    private struct Attached {
        let number: Int
        let link: any EnvelopeLink
    }

    nonisolated let peer: PublicIdentity
    private let own: PublicIdentity
    private let hello: Hello
    private weak let host: (any ConversationHost)?
    nonisolated let deliveries = Deliveries()

    /// Every open link; `current` is the one that is sent on.
    private var links: [Attached] = []
    private var current: Attached?
    private var lastNumber = 0
    private var isAnnounced = false
    private var isClosed = false
    private var seen = SeenMessages()
    private var isDialling = false
    private var diallingWaiters: [CheckedContinuation<Void, Never>] = []

    init(peer: PublicIdentity, own: PublicIdentity, hello: Hello, host: any ConversationHost) {
        self.peer = peer
        self.own = own
        self.hello = hello
        self.host = host
    }

    var isConnected: Bool { current != nil }

    // MARK: Links

    /// Makes sure that there is a link; whoever asks while one is being dialled waits for that one.
    ///
    /// - Returns: A link that was dialled now and must be run with `run(_:)`; nil when there was one already.
    func connect(_ dial: @Sendable () async throws -> any EnvelopeLink) async throws -> Int? {
        while isDialling {
            await withCheckedContinuation { diallingWaiters.append($0) }
        }
        guard current == nil else { return nil }
        isDialling = true
        defer {
            isDialling = false
            for waiter in diallingWaiters { waiter.resume() }
            diallingWaiters = []
        }
        return await attach(try await dial())
    }

    /// Takes over an authenticated link, and says hello on it before anything else can be sent; `run(_:)` must follow with
    /// the number returned. Nil when the conversation was closed meanwhile; the link is cut then.
    func attach(_ link: any EnvelopeLink) async -> Int? {
        // A link that fails here ends where it is read.
        if let envelope = try? PeerEnvelope.hello(hello).encoded() { try? await link.send(envelope) }
        guard !isClosed else {
            link.cut()
            return nil
        }
        lastNumber += 1
        let attached = Attached(number: lastNumber, link: link)
        links.append(attached)
        if current == nil { current = attached }
        return attached.number
    }

    /// Settles which link stays where there are two, and reads until the link ends.
    func run(_ number: Int) async {
        guard let attached = links.first(where: { $0.number == number }) else { return }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.settle(attached) }
            let state = await self.read(attached)
            await self.ended(attached, state)
        }
    }

    /// Says goodbye on every link, for good.
    func close() async {
        isClosed = true
        await withDiscardingTaskGroup { group in
            for attached in links {
                group.addTask { await attached.link.close() }
            }
        }
    }

    /// Two links of one pair: the older one stays only while it answers, and only when its initiator has the smaller identity.
    private func settle(_ newer: Attached) async {
        // Bounded: each round ends with another current link, and there are few.
        for _ in 0..<Self.settlingRounds {
            guard let older = current, older.number != newer.number else { return }
            let lives = await older.link.ping(timeout: Self.pingTimeout)
            guard links.contains(where: { $0.number == newer.number }) else { return }
            guard current?.number == older.number else { continue }
            if !lives {
                older.link.cut()
                await use(newer)
            } else if initiator(older.link) < initiator(newer.link) {
                await newer.link.close()
            } else {
                await use(newer)
                await older.link.close()
            }
            return
        }
    }

    private func initiator(_ link: any EnvelopeLink) -> PublicIdentity {
        link.isInitiator ? own : peer
    }

    private func use(_ attached: Attached) async {
        current = attached
        for message in deliveries.unacknowledged {
            guard let envelope = try? PeerEnvelope.text(message).encoded() else { continue }
            // A failure shows where the link is read.
            try? await attached.link.send(envelope)
        }
    }

    private func read(_ attached: Attached) async -> LinkState {
        // A peer that says hello again and again is not to make this side ask the directory each time.
        var hasSaidHello = false
        do {
            while let bytes = try await attached.link.receive() {
                let envelope = try PeerEnvelope(decoding: bytes)
                if case .hello = envelope {
                    if hasSaidHello { continue }
                    hasSaidHello = true
                }
                guard try await handle(envelope, on: attached.link) else {
                    await attached.link.close()
                    return .closed
                }
            }
            return .closed
        } catch {
            attached.link.cut()
            return .cut
        }
    }

    private func ended(_ attached: Attached, _ state: LinkState) async {
        links.removeAll { $0.number == attached.number }
        guard current?.number == attached.number else { return }
        if let other = links.last {
            await use(other)
            return
        }
        current = nil
        await lost(state)
    }

    private func lost(_ state: LinkState) async {
        deliveries.failAll(reason: state == .closed ? "the peer said goodbye" : "the connection was cut")
        if isAnnounced {
            isAnnounced = false
            await host?.peer(peer, left: state)
        }
    }

    // MARK: What arrives

    /// False when the link is to be closed.
    private func handle(_ envelope: PeerEnvelope, on link: any EnvelopeLink) async throws -> Bool {
        if case .hello(let hello) = envelope {
            guard let host, await host.peer(peer, said: hello) else { return false }
            await announce()
            return true
        }
        await announce()
        switch envelope {
        case .text(let message):
            if seen.insert(message.id) {
                guard let host, await host.peer(peer, wrote: message) else {
                    seen.remove(message.id)
                    return false
                }
            }
            // On the link that it came on: that one lives, the current one may be dead and not known to be yet.
            try await link.send(try PeerEnvelope.delivered([message.id]).encoded())
        case .delivered(let ids):
            for id in ids { deliveries.acknowledged(id) }
        case .hello, .read, .offer, .fetch, .span, .chunk, .end, .unknown:
            break
        }
        return true
    }

    private func announce() async {
        guard !isAnnounced else { return }
        isAnnounced = true
        await host?.peerBecameReachable(peer)
    }

    // MARK: What is sent

    /// Puts the message on the current link; `deliveries.wait` tells what became of it.
    func send(_ message: TextMessage) async throws {
        guard let current else { throw ChatError.notDelivered(reason: "there is no link") }
        let envelope = try PeerEnvelope.text(message).encoded()
        deliveries.add(message)
        do {
            try await current.link.send(envelope)
        } catch {
            deliveries.forget(message.id)
            throw ChatError.notDelivered(reason: "the connection ended")
        }
    }

    /// Whether the current link answers. One that does not is dropped, and what is unacknowledged waits for the next link.
    func checkAlive() async -> Bool {
        guard let checked = current else { return false }
        if await checked.link.ping(timeout: Self.pingTimeout) { return true }
        links.removeAll { $0.number == checked.number }
        if current?.number == checked.number { current = links.last }
        checked.link.cut()
        return current != nil
    }

    /// Sends again what is not acknowledged, on a link that was just made.
    func resend() async {
        guard let current else { return }
        await use(current)
    }

    /// Ends the conversation's waiting when no link could be made again.
    func giveUp() async {
        guard current == nil else { return }
        await lost(.cut)
    }

    private static let pingTimeout: Duration = .seconds(2)
    private static let settlingRounds = 8
}
