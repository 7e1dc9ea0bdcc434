package import Directory
package import Files
package import FoundationEssentials
package import Identity
package import Store
package import Wire

/// The chat itself: conversations with peers, who they are, and what is decided about trust. It knows no socket and no terminal.
package actor Messenger: ConversationHost {
    package nonisolated let identity: PublicIdentity
    /// What happened, in order, for the one who shows it.
    package nonisolated let events: EventQueue
    /// Every message, those that wait to be delivered included.
    package nonisolated let archive: HomeStore
    package nonisolated let files: FileTransfers?

    /// How a Messenger behaves.
    package struct Options: Sendable {
        /// Dials peers by itself to deliver what waits. Not for a command that sends one message and ends.
        package var delivers: Bool
        /// Tells peers what was shown.
        package var sendsRead: Bool
        /// How many events of one peer may wait to be shown before that peer is slowed down; 0: nobody looks at any.
        package var unshown: Int
        /// A folder, absolute, into which every file that a contact offers is taken without a question; nil: the user is asked.
        package var takesFilesInto: String?
        /// Throws while nothing is to be sent.
        package var maySend: @Sendable () throws -> Void

        package init(
            delivers: Bool = true, sendsRead: Bool = true, unshown: Int = 256, takesFilesInto: String? = nil,
            maySend: @escaping @Sendable () throws -> Void = {}
        ) {
            self.maySend = maySend
            self.delivers = delivers
            self.sendsRead = sendsRead
            self.unshown = unshown
            self.takesFilesInto = takesFilesInto
        }
    }

    let hello: Hello
    let options: Options
    /// Whether peers are told what was shown.
    private(set) var sendsRead: Bool
    /// The way from former keys of one's own to this one, as log entries.
    let rotations: [[UInt8]]
    private let network: any PeerNetwork
    let directory: (any PeerDirectory)?
    /// Compares with peers what is believed of the directory's log; nil where this side is not there for long.
    let gossip: LogGossip?
    let now: @Sendable () -> Date
    nonisolated let blocklist: Blocklist
    var book: ContactBook
    var conversations: Conversations
    /// Handles that the directory confirmed for peers met since the start.
    var confirmed: [PublicIdentity: Handle] = [:]
    /// When the log was asked last about contacts that call.
    var askedAt: [PublicIdentity: Date] = [:]
    private var confirmations: Allowance
    /// Strangers whose one message is being stored.
    var storingRequests: Set<PublicIdentity> = []
    /// Contacts that the directory said are online.
    var present: Set<PublicIdentity> = []
    var redials = Redials()
    nonisolated let redialBell = Bell()
    nonisolated let states: StateKeeper
    private(set) var isClosed = false
    private let jobs: AsyncStream<@Sendable () async -> Void>
    private let jobsIn: AsyncStream<@Sendable () async -> Void>.Continuation

    /// - Parameters:
    ///   - handle: One's own handle at the directory, told to peers, who ask the directory whether it is true.
    ///   - blocklist: Filled from the contacts, and kept up to date.
    ///   - instant: What limits in time are counted by.
    package init(
        identity: PublicIdentity, handle: Handle?, book: ContactBook, archive: HomeStore,
        files: FileTransfers? = nil, network: any PeerNetwork, directory: (any PeerDirectory)?,
        blocklist: Blocklist = Blocklist(), options: Options = Options(), rotations: [[UInt8]] = [],
        gossip: LogGossip? = nil,
        now: @escaping @Sendable () -> Date,
        instant: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.identity = identity
        self.hello = Hello(handle: handle, directory: directory?.identity)
        self.book = book
        self.archive = archive
        self.files = files
        self.network = network
        self.directory = directory
        self.blocklist = blocklist
        self.options = options
        self.rotations = rotations
        self.gossip = gossip
        sendsRead = options.sendsRead
        self.now = now
        conversations = Conversations(now: instant)
        confirmations = Allowance(of: 20, every: .seconds(60), now: instant)
        events = EventQueue(limit: options.unshown)
        states = StateKeeper(archive: archive)
        (jobs, jobsIn) = AsyncStream.makeStream()
        for contact in book.all where contact.standing == .blocked {
            blocklist.set(contact.identity, isBlocked: true)
        }
    }

    /// Runs the links, and delivers what waits; returns after `close()` once the last has ended.
    package nonisolated func run() async {
        await withTaskGroup(of: Void.self) { keepers in
            keepers.addTask { await self.states.run { await self.reportRead(to: $0) } }
            if let files {
                // When the store cannot be read, transfers rest until the next start.
                try? await files.load()
                try? await noteOffers(in: files)
                keepers.addTask { await files.run() }
                keepers.addTask { await self.passOn(files.events) }
            }
            await withDiscardingTaskGroup { group in
                if options.delivers { group.addTask { await self.deliverWhatWaits() } }
                for await job in jobs {
                    group.addTask { await job() }
                }
            }
            // What the last links brought is written before the end.
            states.close()
            await files?.close()
        }
        await events.finish()
    }

    /// Says goodbye to everybody.
    package func close() async {
        isClosed = true
        redialBell.end()
        await events.stopWaiting()
        await withDiscardingTaskGroup { group in
            for conversation in conversations.all {
                group.addTask { await conversation.close() }
            }
        }
        jobsIn.finish()
    }

    /// Takes over a link that a peer opened.
    package func accept(_ link: any EnvelopeLink) async {
        // A key that a contact has handed on, or revoked, is nobody's any more.
        guard link.remote != identity, !isClosed, !blocklist.contains(link.remote),
            book.successor(of: link.remote) == nil, book[link.remote]?.isRevoked != true
        else {
            link.cut()
            return
        }
        let conversation = conversation(with: link.remote)
        if let attached = await conversation.attach(link) { run(conversation, attached) }
    }

    private func run(_ conversation: Conversation, _ attached: Conversation.Attached) {
        conversations.began(conversation)
        start {
            await conversation.run(attached)
            await self.ended(conversation)
        }
    }

    /// Whether peers are told what is shown from now on.
    package func setSendsRead(_ sendsRead: Bool) { self.sendsRead = sendsRead }

    /// Does something beside everything else; `run()` owns it.
    func start(_ job: @escaping @Sendable () async -> Void) { jobsIn.yield(job) }

    private func ended(_ conversation: Conversation) {
        conversations.ended(conversation)
    }

    // MARK: Talking

    /// Makes sure that there is a link to the peer, whom the user thereby accepts; pins it on first use.
    package func connect(to peer: ResolvedPeer) async throws {
        try await following(peer) { try await self.connectDirectly(to: $0) }
    }

    /// The same; where the peer's key is not the one that it has now, that is thrown.
    private func connectDirectly(to peer: ResolvedPeer) async throws {
        try await refuseConflict(peer)
        guard !isClosed else { throw ChatError.notDelivered(reason: "going offline") }
        let conversation = conversation(with: peer.identity)
        if await !conversation.isConnected {
            if let attached = try await conversation.connect({ try await self.dial(peer) }) {
                run(conversation, attached)
            }
            // While it was dialled, the directory may have said something else to somebody else here.
            try await refuseConflict(peer)
        }
        redials.done(peer.identity)
        try pin(peer.identity, peer.handle)
        try await accept(peer.identity)
    }

    private func dial(_ peer: ResolvedPeer) async throws -> any EnvelopeLink {
        let addresses = try await addresses(of: peer)
        var failure = ChatError.unreachable(peer.identity, reason: "no address answered")
        for address in addresses {
            do {
                return try await network.dial(address, expecting: peer.identity)
            } catch DialError.anotherKey {
                failure = .anotherKeyAnswers(peer.identity)
            } catch DialError.failed(let reason) {
                failure = .unreachable(peer.identity, reason: "\(address) \(reason)")
            }
        }
        throw failure
    }

    /// Puts a text into the outbox for the peer; it is durable when this returns, and goes as soon as there is a link.
    ///
    /// - Throws: `ChatError`; `StoreError` when it could not be kept, and then it is not sent either.
    package func send(_ text: String, to peer: ResolvedPeer) async throws -> StoredMessage {
        let stored = try await send([text], to: peer)
        guard let message = stored.first else { throw StoreError.unreadable(reason: "rows are missing") }
        return message
    }

    /// The same for several texts, in their order; they become durable together.
    package func send(_ texts: [String], to peer: ResolvedPeer) async throws -> [StoredMessage] {
        for text in texts {
            let bytes = text.utf8.count
            guard bytes > 0 else { throw ChatError.emptyMessage }
            guard bytes <= WireLimits.text else { throw ChatError.messageTooLong(bytes: bytes) }
        }
        let sentAt = now()
        return try await enqueue(
            texts.map { NewMessage(id: MessageID.make(at: sentAt), sentAt: sentAt, content: .text($0)) },
            to: peer)
    }

    func enqueue(_ messages: [NewMessage], to peer: ResolvedPeer) async throws -> [StoredMessage] {
        try options.maySend()
        return try await following(peer) { peer in
            try refuseChanged(peer.identity)
            if book[peer.identity] == nil { try await refuseConflict(peer) }
            try pin(peer.identity, peer.handle)
            try await accept(peer.identity)
            let stored = try await conversation(with: peer.identity).enqueue(messages)
            // The key may have changed while this was being stored for the former one.
            if let new = book.successor(of: peer.identity) {
                try await archive.moveConversation(from: peer.identity, to: new)
                await conversation(with: new).reload()
            }
            return stored
        }
    }

    /// Waits until the peer acknowledged the message, dialling where there is no link. A link that looks open and answers
    /// nothing (the peer died) is replaced.
    ///
    /// - Throws: `ChatError.notDelivered` when the time is up, or why the peer is not reached; the message stays in the outbox.
    package func waitDelivered(_ id: MessageID, to peer: ResolvedPeer, timeout: Duration) async throws {
        let peer = current(peer)
        guard let message = try await archive.message(id, with: peer.identity, direction: .outgoing) else {
            throw ChatError.takenBack
        }
        try await waitDelivered([message], to: peer, timeout: timeout)
    }

    /// The same until the peer acknowledged all of them.
    package func waitDelivered(
        _ messages: [StoredMessage], to peer: ResolvedPeer, timeout: Duration
    ) async throws {
        let deadline = ContinuousClock.now + timeout
        try await following(peer) {
            let left = max(.milliseconds(1), deadline - .now)
            try await self.waitDeliveredDirectly(messages, to: $0, timeout: left)
        }
    }

    private func waitDeliveredDirectly(
        _ messages: [StoredMessage], to peer: ResolvedPeer, timeout: Duration
    ) async throws {
        let conversation = conversation(with: peer.identity)
        let ids = messages.map(\.id)
        conversation.deliveries.expect(ids)
        defer { conversation.deliveries.forget(ids) }
        // Some may have been acknowledged before anybody waited.
        let reached = try await reached(messages)
        guard reached.count == messages.count else { throw ChatError.takenBack }
        let missing = ids.filter { reached[$0].map { $0 < .delivered } ?? true }
        if missing.isEmpty { return }
        let deadline = ContinuousClock.now + timeout
        let isDone: Void? = try await within(timeout) {
            var (losses, refusals) = (0, 0)
            while true {
                let delay = try await self.connectOrWait(for: peer, until: deadline, after: refusals)
                if delay != nil { refusals += 1 }
                do {
                    // The peer may call meanwhile.
                    if try await within(
                        delay ?? Self.patience, { try await conversation.deliveries.wait(missing) }) != nil
                    {
                        return
                    }
                } catch is Deliveries.LinkLost {
                    // A peer that ends one link after the other does not want the message.
                    losses += 1
                    guard losses < Self.mostLosses else {
                        throw ChatError.notDelivered(reason: "the peer ends the connection")
                    }
                    try await Task.sleep(for: .milliseconds(100) * losses)
                    continue
                }
                try Task.checkCancellation()
                if delay == nil, await !conversation.checkAlive() { await conversation.giveUp() }
            }
        }
        guard isDone == nil else { return }
        let waitsForAcceptance = await conversation.waitsForAcceptance
        throw ChatError.notDelivered(
            reason: waitsForAcceptance
                ? "the peer has not accepted your request to talk yet" : "no answer in time")
    }

    /// Makes sure that there is a link.
    ///
    /// - Parameter refusals: how often the directory was asked too often in a row. The more, the longer the wait: an attempt asks more than
    ///   once, and one that comes as soon as a single question is answered would never get further than that.
    /// - Returns: How long to wait before the next attempt, where the directory was asked too often and there is time for one.
    private func connectOrWait(
        for peer: ResolvedPeer, until deadline: ContinuousClock.Instant, after refusals: Int
    ) async throws -> Duration? {
        do {
            try await connectDirectly(to: peer)
            return nil
        } catch DirectoryError.rateLimited(let delay) {
            let wait = delay * (refusals + 1)
            guard ContinuousClock.now + wait < deadline else {
                throw DirectoryError.rateLimited(retryAfter: delay)
            }
            return wait
        }
    }

    /// How far own messages are; those that were taken back or deleted are left out.
    package func reached(_ messages: [StoredMessage]) async throws -> [MessageID: DeliveryState] {
        let rows = try await states.reached(messages.map(\.row))
        var reached: [MessageID: DeliveryState] = [:]
        for message in messages { reached[message.id] = rows[message.row] }
        return reached
    }

    func conversation(with peer: PublicIdentity) -> Conversation {
        if let known = conversations[peer] { return known }
        let new = Conversation(
            peer: peer, own: identity, hello: hello, archive: archive, states: states,
            files: files, host: self, now: now)
        for dropped in conversations.add(new) where book[dropped] == nil { confirmed[dropped] = nil }
        return new
    }

    // MARK: What conversations report

    func peer(_ peer: PublicIdentity, said hello: Hello) async -> Bool {
        if let (handle, standing) = await standing(ofCaller: peer) {
            do {
                try await settle(standing, of: peer, handle)
            } catch {
                return false
            }
            if standing == .holds { confirmed[peer] = handle }
        }
        if let directory, hello.directory == directory.identity, let handle = hello.handle,
            confirmed[peer] != handle, book[peer] != nil || confirmations.take()
        {
            // A directory that does not answer costs a name on the screen, never a message.
            let isTrue = try? await within(Self.confirmationPatience) {
                try await directory.confirm(handle: handle, identity: peer)
            }
            if isTrue == .some(true) {
                do {
                    try await check(handle, leadsTo: peer, at: directory.identity)
                } catch {
                    return false
                }
                confirmed[peer] = handle
            }
        }
        told(peer)
        if gossip != nil, let conversation = conversations[peer] { start { await conversation.tellLog() } }
        return book[peer]?.replacement == nil && book.successor(of: peer) == nil
    }

    func peerBecameReachable(_ peer: PublicIdentity) async {
        // Of a stranger who only calls nothing is shown: what it writes is its request.
        guard isAccepted(peer) else { return }
        await events.put(.link(summary(of: peer), .connected))
    }

    func peer(_ peer: PublicIdentity, has state: DeliveryState, of ids: [MessageID]) async {
        if state >= .delivered { redials.progressed(peer) }
        await events.put(.state(summary(of: peer), ids, state))
    }

    func peer(_ peer: PublicIdentity, left state: LinkState) async {
        guard isAccepted(peer) else { return }
        await events.put(.link(summary(of: peer), state))
    }

    private static let patience: Duration = .seconds(3)
    private static let mostLosses = 3
    static let confirmationPatience: Duration = .seconds(2)
}
