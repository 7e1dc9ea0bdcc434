package import Directory
package import FoundationEssentials
package import Identity
package import Store
package import Wire

/// The chat itself: conversations with peers, who they are, and what is decided about trust. It knows no socket and no terminal.
package actor Messenger: ConversationHost {
    package nonisolated let identity: PublicIdentity
    /// What happened, in order, for the one who shows it.
    package nonisolated let events: EventQueue

    let hello: Hello
    private let network: any PeerNetwork
    let directory: (any PeerDirectory)?
    private let now: @Sendable () -> Date
    var book: ContactBook
    private var conversations = Conversations()
    /// Handles that the directory confirmed for peers met since the start.
    private var confirmed: [PublicIdentity: Handle] = [:]
    private var confirmations = Allowance(of: 20, every: .seconds(60))
    private var isClosed = false
    private let jobs: AsyncStream<@Sendable () async -> Void>
    private let jobsIn: AsyncStream<@Sendable () async -> Void>.Continuation

    /// - Parameters:
    ///   - handle: One's own handle at the directory, told to peers, who ask the directory whether it is true.
    ///   - unread: How many events may wait to be shown before peers are slowed down.
    package init(
        identity: PublicIdentity, handle: Handle?, book: ContactBook, network: any PeerNetwork,
        directory: (any PeerDirectory)?, unread: Int = 1000, now: @escaping @Sendable () -> Date
    ) {
        self.identity = identity
        self.hello = Hello(handle: handle, directory: directory?.identity)
        self.book = book
        self.network = network
        self.directory = directory
        self.now = now
        events = EventQueue(limit: unread)
        (jobs, jobsIn) = AsyncStream.makeStream()
    }

    /// Runs the links; returns after `close()` once the last has ended.
    package nonisolated func run() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs {
                group.addTask { await job() }
            }
        }
        await events.finish()
    }

    /// Says goodbye to everybody.
    package func close() async {
        isClosed = true
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
        guard link.remote != identity, !isClosed else {
            link.cut()
            return
        }
        let conversation = conversation(with: link.remote)
        if let number = await conversation.attach(link) { run(conversation, number) }
    }

    private func run(_ conversation: Conversation, _ number: Int) {
        conversations.began(conversation)
        jobsIn.yield {
            await conversation.run(number)
            await self.ended(conversation)
        }
    }

    private func ended(_ conversation: Conversation) {
        conversations.ended(conversation)
    }

    // MARK: Trust

    func check(_ handle: Handle, leadsTo identity: PublicIdentity, at directory: PublicIdentity)
        async throws
    {
        let known = KnownHandle(directory: directory, handle: handle)
        let noted = Set(book.all.compactMap(\.replacement))
        guard let pinned = try book.noteDirectory(known, leadsTo: identity) else { return }
        // Nothing more of it is shown, also where one talks with it already.
        if let conversation = conversations.remove(pinned.identity) {
            jobsIn.yield { await conversation.close() }
        }
        if !noted.contains(identity) {
            await events.put(
                .changed(summary(of: pinned.identity), handle: handle, replacement: identity))
        }
        throw ChatError.changed(handle, pinned: pinned.identity, replacement: identity)
    }

    func refuseChanged(_ identity: PublicIdentity) throws {
        guard let contact = book[identity], let replacement = contact.replacement,
            let known = contact.handles.last
        else { return }
        throw ChatError.changed(known.handle, pinned: identity, replacement: replacement)
    }

    /// Refuses a peer that is `changed`, or whose handle is pinned to another key.
    private func refuseConflict(_ peer: ResolvedPeer) async throws {
        try refuseChanged(peer.identity)
        if let handle = peer.handle, let directory {
            try await check(handle, leadsTo: peer.identity, at: directory.identity)
        }
    }

    package var contacts: [Contact] { book.all }

    package func summary(of identity: PublicIdentity) -> PeerSummary {
        PeerSummary(
            identity: identity, handle: handle(of: identity), trust: book[identity]?.trust ?? .unverified)
    }

    func handle(of identity: PublicIdentity) -> Handle? {
        confirmed[identity] ?? book[identity]?.handle(at: directory?.identity)
    }

    /// Compares the safety number that the peer read out, and keeps the result.
    ///
    /// - Returns: Whether the numbers are equal.
    package func verify(_ peer: ResolvedPeer, number: SafetyNumber) async throws -> Bool {
        try await refuseConflict(peer)
        let isEqual = number == SafetyNumber.between(identity, peer.identity)
        try pin(peer.identity, peer.handle)
        try book.setVerified(peer.identity, isEqual)
        return isEqual
    }

    package func acceptChange(of identity: PublicIdentity) throws -> PublicIdentity {
        let accepted = try book.accept(identity)
        confirmed[identity] = nil
        return accepted
    }

    /// Forgets the pin, and ends the conversation.
    package func forget(_ identity: PublicIdentity) async throws {
        guard book[identity] != nil else { throw ChatError.notAContact(identity.fingerprint) }
        try book.forget(identity)
        confirmed[identity] = nil
        await conversations.remove(identity)?.close()
    }

    // MARK: Talking

    /// Makes sure that there is a link to the peer; pins it on first use.
    package func connect(to peer: ResolvedPeer) async throws {
        try await refuseConflict(peer)
        guard !isClosed else { throw ChatError.notDelivered(reason: "going offline") }
        let conversation = conversation(with: peer.identity)
        if await conversation.isConnected { return }
        if let number = try await conversation.connect({ try await self.dial(peer) }) {
            run(conversation, number)
        }
        // While it was dialled, the directory may have said something else to somebody else here.
        try await refuseConflict(peer)
        try pin(peer.identity, peer.handle)
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

    /// Sends a text to the peer over the link that there is, or over a new one.
    ///
    /// - Returns: The id with which `waitDelivered` tells what became of it.
    package func send(_ text: String, to peer: ResolvedPeer) async throws -> MessageID {
        let bytes = text.utf8.count
        guard bytes > 0 else { throw ChatError.emptyMessage }
        guard bytes <= WireLimits.text else { throw ChatError.messageTooLong(bytes: bytes) }
        try await connect(to: peer)
        let sentAt = now()
        let message = try TextMessage(id: MessageID.make(at: sentAt), sentAt: sentAt, text: text)
        try await conversation(with: peer.identity).send(message)
        return message.id
    }

    /// Waits until the peer acknowledged. A link that looks open and answers nothing (the peer died) is replaced once.
    ///
    /// - Throws: `ChatError.notDelivered`; then the message is forgotten and never sent again.
    package func waitDelivered(_ id: MessageID, to peer: ResolvedPeer, timeout: Duration) async throws {
        let conversation = conversation(with: peer.identity)
        defer { conversation.deliveries.forget(id) }
        let patience = min(Self.patience, timeout)
        if try await within(patience, { try await conversation.deliveries.wait(id) }) != nil { return }
        guard timeout > patience else { throw ChatError.notDelivered(reason: "no answer in time") }
        let rest: Void? = try await within(timeout - patience) {
            if await !conversation.checkAlive() {
                do {
                    try await self.connect(to: peer)
                } catch {
                    await conversation.giveUp()
                    throw error
                }
                await conversation.resend()
            }
            try await conversation.deliveries.wait(id)
        }
        if rest == nil { throw ChatError.notDelivered(reason: "no answer in time") }
    }

    private func conversation(with peer: PublicIdentity) -> Conversation {
        if let known = conversations[peer] { return known }
        let new = Conversation(peer: peer, own: identity, hello: hello, host: self)
        for dropped in conversations.add(new) where book[dropped] == nil { confirmed[dropped] = nil }
        return new
    }

    private func pin(_ identity: PublicIdentity, _ handle: Handle?) throws {
        let known = handle.flatMap { handle in
            directory.map { KnownHandle(directory: $0.identity, handle: handle) }
        }
        if let handle { confirmed[identity] = handle }
        try book.pin(identity, handle: known)
    }

    // MARK: What conversations report

    func peer(_ peer: PublicIdentity, said hello: Hello) async -> Bool {
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
        return book[peer]?.replacement == nil
    }

    func peerBecameReachable(_ peer: PublicIdentity) async {
        await events.put(.link(summary(of: peer), .connected))
    }

    func peer(_ peer: PublicIdentity, wrote message: TextMessage) async -> Bool {
        guard book[peer]?.replacement == nil else { return false }
        // When the pin cannot be written the message is still shown; the next one tries again.
        if book[peer] != nil || book.count < Self.contactsByWriting { try? pin(peer, confirmed[peer]) }
        return await events.put(
            .message(
                IncomingMessage(
                    id: message.id, sentAt: message.sentAt, peer: summary(of: peer), text: message.text)))
    }

    func peer(_ peer: PublicIdentity, left state: LinkState) async {
        await events.put(.link(summary(of: peer), state))
    }

    /// So many are pinned because they wrote first. Keys cost nothing, so strangers could fill the disk; whom one writes to
    /// oneself is always pinned.
    private static let contactsByWriting = 1000
    private static let patience: Duration = .seconds(3)
    private static let confirmationPatience: Duration = .seconds(2)
}
