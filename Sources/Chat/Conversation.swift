import Directory
import Files
import FoundationEssentials
import Identity
import Store
import Wire

/// What a conversation asks of the Messenger, which knows contacts and the directory.
protocol ConversationHost: AnyObject, Sendable {
    /// Whether the user talks with this peer: then it is told so, and told who is here.
    func isAccepted(_ peer: PublicIdentity) async -> Bool
    /// False when the peer is not to be talked with (its handle leads to another key): the link is closed then.
    func peer(_ peer: PublicIdentity, said hello: Hello) async -> Bool
    /// The peer shows that it has another's place. False when the link is to be closed.
    func peer(_ peer: PublicIdentity, showed chain: RotationChain) async -> Bool
    /// What tells the peer that one's own key is new; nil where it knows.
    func rotations(for peer: PublicIdentity) async -> [[UInt8]]?
    /// What to tell the peer of what is believed of the directory's log; nil where it is not to be told now.
    func believedLog(for peer: PublicIdentity) async -> BelievedLog?
    /// The peer tells what it believes of a directory's log. False when the link is to be closed.
    func peer(_ peer: PublicIdentity, believes log: BelievedLog) async -> Bool
    func peerBecameReachable(_ peer: PublicIdentity) async
    /// Stores what is taken. The ids to acknowledge come back: those stored now or before; nil: the link is to be closed.
    func peer(_ peer: PublicIdentity, wrote messages: [NewMessage]) async -> Intake?
    func peer(_ peer: PublicIdentity, has state: DeliveryState, of ids: [MessageID]) async
    func peer(_ peer: PublicIdentity, left state: LinkState) async
    /// Messages may have been shown of which the peer was not told; whether it is told, the host knows.
    func reportRead(to peer: PublicIdentity) async
    /// Something waits to be delivered, and there is no link.
    func wantsLink(to peer: PublicIdentity, isUrgent: Bool) async
}

/// What became of messages that arrived: which to acknowledge, and what to show then.
struct Intake: Sendable {
    let acknowledged: [MessageID]
    let show: @Sendable () async -> Void
}

/// Everything between this side and one peer: its links, what waits to be sent, what waits for an acknowledgement.
actor Conversation {
    final class Attached: Sendable {
        let number: Int
        let link: any EnvelopeLink
        /// Rings when there may be something to send on this link.
        let outbox = Bell()
        let arrivals = Arrivals()

        init(number: Int, link: any EnvelopeLink) {
            self.number = number
            self.link = link
        }
    }

    nonisolated let peer: PublicIdentity
    let own: PublicIdentity
    private let hello: Hello
    let archive: HomeStore
    let states: StateKeeper
    private let files: FileTransfers?
    private(set) weak var host: (any ConversationHost)?
    nonisolated let deliveries = Deliveries()
    let now: @Sendable () -> Date

    /// Every open link; `current` is the one that is sent on.
    private var links: [Attached] = []
    private(set) var current: Attached?
    private var lastNumber = 0
    private var isAnnounced = false
    /// How the last link ended, until it is told: behind everything that came on the links that have ended.
    private var unsaidEnd: LinkState?
    /// How many links have ended of which something may still be stored and shown.
    private var draining = 0
    private var isClosed = false
    private var isDialling = false
    private var diallingWaiters: [CheckedContinuation<Void, Never>] = []
    /// The links on which hello was said by this side, and by the peer.
    private var greeted: Set<Int> = []
    private var greetedBy: Set<Int> = []
    /// The links on which the peer showed where it comes from.
    private var rotatedOn: Set<Int> = []
    /// The links on which the peer named this side's directory as its own.
    private var sharesDirectoryOn: Set<Int> = []
    /// By link, the number under which the file transfers know it; only of peers that are accepted.
    private var fileLinks: [Int: Int] = [:]
    var outbox = Outbox()

    init(
        peer: PublicIdentity, own: PublicIdentity, hello: Hello, archive: HomeStore, states: StateKeeper,
        files: FileTransfers?, host: any ConversationHost, now: @escaping @Sendable () -> Date
    ) {
        self.peer = peer
        self.own = own
        self.hello = hello
        self.archive = archive
        self.states = states
        self.files = files
        self.host = host
        self.now = now
    }

    var isConnected: Bool { current != nil }

    /// Whether the peer has said hello on the current link, which it does only for whom it has accepted.
    var isAcceptedByPeer: Bool { current.map { greetedBy.contains($0.number) } ?? false }

    /// Whether there is a link, and the peer is still to decide whether it wants to talk.
    var waitsForAcceptance: Bool { isConnected && !isAcceptedByPeer }

    /// Whether this side said hello on the link; before that it says nothing of what was read.
    func hasGreeted(_ attached: Attached) -> Bool { greeted.contains(attached.number) }

    // MARK: Links

    /// Makes sure that there is a link; whoever asks while one is being dialled waits for that one.
    ///
    /// - Returns: A link that was dialled now and must be run with `run(_:)`; nil when there was one already.
    func connect(_ dial: @Sendable () async throws -> any EnvelopeLink) async throws -> Attached? {
        while isDialling {
            await withCheckedContinuation { diallingWaiters.append($0) }
            try Task.checkCancellation()
        }
        guard current == nil else { return nil }
        isDialling = true
        defer {
            isDialling = false
            for waiter in diallingWaiters { waiter.resume() }
            diallingWaiters = []
        }
        return await attach(try await dial(), isDialled: true)
    }

    /// Takes over an authenticated link; `run(_:)` must follow with what is returned. Nil when the conversation was closed
    /// meanwhile; the link is cut then.
    ///
    /// - Parameter isDialled: Whoever dials wants to talk, and says who it is.
    func attach(_ link: any EnvelopeLink, isDialled: Bool = false) async -> Attached? {
        var isAccepted = isDialled
        if !isAccepted { isAccepted = await host?.isAccepted(peer) ?? false }
        guard !isClosed else {
            link.cut()
            return nil
        }
        lastNumber += 1
        let attached = Attached(number: lastNumber, link: link)
        links.append(attached)
        // Before anything else can be sent on it. A stranger who calls learns nothing before it is accepted.
        if isAccepted { await sayHello(on: attached) }
        if current == nil { await use(attached) }
        return attached
    }

    private func sayHello(on attached: Attached) async {
        guard greeted.insert(attached.number).inserted else { return }
        // A link that fails here ends where it is read.
        if let envelope = try? PeerEnvelope.hello(hello).encoded() { try? await attached.link.send(envelope) }
        guard let rotations = await host?.rotations(for: peer),
            let envelope = try? PeerEnvelope.rotation(rotations).encoded()
        else { return }
        try? await attached.link.send(envelope)
    }

    /// The user has accepted the peer: it is told so, and goes on sending.
    func accepted() async {
        guard links.contains(where: { !greeted.contains($0.number) }) else { return }
        for attached in links { await sayHello(on: attached) }
        if let current { await carryFiles(on: current) }
        await peerIsReachable()
        await tellLog()
    }

    /// Settles which link stays where there are two, and reads and writes until the link ends.
    func run(_ attached: Attached) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.settle(attached) }
            group.addTask { await self.deliver(on: attached) }
            group.addTask {
                await self.takeIn(attached)
                await self.drained()
            }
            let state = await self.read(attached)
            attached.outbox.end()
            await self.ended(attached, state)
            await attached.arrivals.end()
        }
    }

    /// Says goodbye on every link, for good.
    func close() async {
        isClosed = true
        await leaveFiles()
        await withDiscardingTaskGroup { group in
            for attached in links {
                group.addTask { await attached.link.close() }
            }
        }
    }

    /// Before the links end: what still comes on one that is being closed may have gaps, which would look like a peer's fault.
    private func leaveFiles() async {
        let numbers = fileLinks.values
        fileLinks = [:]
        for number in numbers { await files?.disconnected(peer, number) }
    }

    /// Drops every link without a word, for good.
    func cut() {
        isClosed = true
        for attached in links { attached.link.cut() }
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

    /// Sends on this link from now on, beginning with whatever is not acknowledged.
    private func use(_ attached: Attached) async {
        current = attached
        outbox.restart()
        attached.outbox.ring()
        await carryFiles(on: attached)
    }

    /// Transfers go on over this link. A stranger has nothing to do with files.
    private func carryFiles(on attached: Attached) async {
        guard let files, !isClosed, hasGreeted(attached), fileLinks[attached.number] == nil else { return }
        fileLinks[attached.number] = await files.connected(peer, LinkChannel(link: attached.link))
    }

    private func read(_ attached: Attached) async -> LinkState {
        do {
            while let bytes = try await attached.link.receive() {
                guard try await handle(PeerEnvelope(decoding: bytes), on: attached) else {
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
        draining += 1
        links.removeAll { $0.number == attached.number }
        greeted.remove(attached.number)
        greetedBy.remove(attached.number)
        rotatedOn.remove(attached.number)
        sharesDirectoryOn.remove(attached.number)
        if let number = fileLinks.removeValue(forKey: attached.number) {
            await files?.disconnected(peer, number)
        }
        guard current?.number == attached.number else { return }
        if let other = links.last { return await use(other) }
        current = nil
        await lost(state)
    }

    private func lost(_ state: LinkState) async {
        outbox.restart()
        deliveries.linkLost()
        if isAnnounced {
            isAnnounced = false
            unsaidEnd = state
        }
        if !isClosed, await hasWork() { await host?.wantsLink(to: peer, isUrgent: false) }
    }

    /// Everything that came on a link that has ended was stored and shown.
    private func drained() async {
        draining -= 1
        if draining == 0 { await sayEnd() }
    }

    private func sayEnd() async {
        guard let state = unsaidEnd else { return }
        unsaidEnd = nil
        await host?.peer(peer, left: state)
    }

    /// Whether a link is worth dialling: something waits to be delivered, a file is on its way, or the peer is to be told of a new key.
    func hasWork() async -> Bool {
        if await hasMessagesOrFiles() { return true }
        return await host?.rotations(for: peer) != nil
    }

    func hasMessagesOrFiles() async -> Bool {
        if await hasOutbox() { return true }
        return await files?.isUnderWay(with: peer) ?? false
    }

    // MARK: What arrives

    /// False when the link is to be closed.
    private func handle(_ envelope: PeerEnvelope, on attached: Attached) async throws -> Bool {
        switch envelope {
        case .hello(let hello):
            // A peer that says hello again and again is not to make this side ask the directory each time.
            guard greetedBy.insert(attached.number).inserted else { return true }
            if let directory = hello.directory, directory == self.hello.directory {
                sharesDirectoryOn.insert(attached.number)
            }
            guard let host, await host.peer(peer, said: hello) else { return false }
            await announce()
            if current?.number == attached.number { outbox.restart() }
            attached.outbox.ring()
            await host.reportRead(to: peer)
            return true
        case .text(let text):
            await announce()
            await attached.arrivals.put(
                NewMessage(id: text.id, sentAt: text.sentAt, content: .text(text.text)))
            return true
        case .offer(let offer):
            await announce()
            await attached.arrivals.put(
                NewMessage(id: offer.id, sentAt: offer.sentAt, content: .file(offer.offer)))
            return true
        case .delivered(let ids):
            await announce()
            await acknowledged(ids)
            return true
        case .read(let ids):
            await announce()
            await wasRead(ids)
            return true
        case .fetch, .span, .chunk, .end:
            await announce()
            guard let files, let number = fileLinks[attached.number] else { return true }
            return await files.handle(envelope, from: peer, on: number)
        case .rotation(let entries):
            // Each is some signatures to check: once a link.
            guard rotatedOn.insert(attached.number).inserted else { return true }
            guard let chain = try? RotationChain(bytes: entries), let host else { return false }
            return await host.peer(peer, showed: chain)
        case .believedLog(let log):
            guard sharesDirectoryOn.contains(attached.number), let host else { return true }
            return await host.peer(peer, believes: log)
        case .unknown:
            return true
        }
    }

    /// Tells the peer what is believed of the log of the directory that both use, where it is time to.
    func tellLog() async {
        guard let current, hasGreeted(current), sharesDirectoryOn.contains(current.number),
            let log = await host?.believedLog(for: peer),
            let envelope = try? PeerEnvelope.believedLog(log).encoded()
        else { return }
        try? await current.link.send(envelope)
    }

    private func announce() async {
        guard !isAnnounced else { return }
        isAnnounced = true
        await sayEnd()
        await host?.peerBecameReachable(peer)
    }

    /// Stores what arrives on the link, and acknowledges it on the same one: that one lives, the current one may be dead and not
    /// known to be yet. What came while the last batch was being stored is the next batch.
    private func takeIn(_ attached: Attached) async {
        while let messages = await attached.arrivals.take() {
            guard let host, let intake = await host.peer(peer, wrote: messages) else {
                await attached.link.close()
                continue
            }
            if !intake.acknowledged.isEmpty,
                let envelope = try? PeerEnvelope.delivered(intake.acknowledged).encoded()
            {
                // A link that ended meanwhile: the peer sends again, and is answered then.
                try? await attached.link.send(envelope)
            }
            await intake.show()
        }
    }

    /// Whether the current link answers. One that does not is dropped, and what is unacknowledged waits for the next link.
    func checkAlive() async -> Bool {
        guard let checked = current else { return false }
        if await checked.link.ping(timeout: Self.pingTimeout) { return true }
        links.removeAll { $0.number == checked.number }
        checked.link.cut()
        guard current?.number == checked.number else { return current != nil }
        current = nil
        if let other = links.last {
            await use(other)
            return true
        }
        return false
    }

    /// Says that a link could not be made again after one had died.
    func giveUp() async {
        guard current == nil else { return }
        await lost(.cut)
        if draining == 0 { await sayEnd() }
    }

    private struct LinkChannel: FileChannel {
        let link: any EnvelopeLink

        func send(_ envelope: PeerEnvelope) async throws {
            try await link.send(envelope.encoded())
        }
    }

    private func peerIsReachable() async {
        current?.outbox.ring()
        await host?.reportRead(to: peer)
    }

    private static let pingTimeout: Duration = .seconds(2)
    private static let settlingRounds = 8
}
