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

    private let hello: Hello
    private let network: any PeerNetwork
    private let directory: (any PeerDirectory)?
    private let now: @Sendable () -> Date
    private var book: ContactBook
    private var conversations: [PublicIdentity: Conversation] = [:]
    /// Handles that the directory confirmed for peers met since the start.
    private var confirmed: [PublicIdentity: Handle] = [:]
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
        for conversation in conversations.values { await conversation.close() }
        jobsIn.finish()
    }

    /// Takes over a link that a peer opened.
    package func accept(_ link: any EnvelopeLink) async {
        guard link.remote != identity else {
            link.cut()
            return
        }
        let conversation = conversation(with: link.remote)
        let number = await conversation.attach(link)
        jobsIn.yield { await conversation.run(number) }
    }

    // MARK: Finding peers

    /// Who is meant by PEER: a fingerprint, an `ip:port`, a contact's handle, a handle at the directory, or the beginning of a
    /// contact's fingerprint. Where a contact's handle leads to another key at the directory, the contact becomes `changed`.
    package func resolve(_ text: String) async throws -> ResolvedPeer {
        let peer = try await find(text)
        guard peer.identity != identity else { throw ChatError.oneself }
        return peer
    }

    private func find(_ text: String) async throws -> ResolvedPeer {
        switch try PeerReference(text) {
        case .identity(let identity):
            return ResolvedPeer(identity: identity, handle: handle(of: identity))
        case .address(let endpoint):
            let entry = try await ask(.address(endpoint), text)
            // Where it can be reached was written by the person; the entry may list other addresses too.
            return ResolvedPeer(identity: entry.identity, handle: entry.handle, addresses: [endpoint])
        case .fingerprintPrefix(let prefix):
            guard let contact = try only(book.contacts(fingerprintPrefix: prefix), text) else {
                throw ChatError.notAContact(text)
            }
            return ResolvedPeer(identity: contact.identity, handle: handle(of: contact.identity))
        case .handle(let handle):
            guard handle != hello.handle else { throw ChatError.oneself }
            if let contact = try only(book.contacts(bearing: handle), text) {
                return ResolvedPeer(identity: contact.identity, handle: handle)
            }
            if let entry = try await directory?.lookup(.handle(handle)) {
                return ResolvedPeer(
                    identity: entry.identity, handle: entry.handle, addresses: entry.addresses)
            }
            if let prefix = PeerReference.prefix(text),
                let contact = try only(book.contacts(fingerprintPrefix: prefix), text)
            {
                return ResolvedPeer(identity: contact.identity, handle: self.handle(of: contact.identity))
            }
            throw directory == nil ? ChatError.noDirectory : ChatError.notAvailable(text)
        }
    }

    private func only(_ contacts: [Contact], _ text: String) throws -> Contact? {
        guard contacts.count <= 1 else { throw ChatError.ambiguous(text, contacts.map(\.identity)) }
        return contacts.first
    }

    private func ask(_ query: PeerQuery, _ text: String) async throws -> PeerEntry {
        guard let directory else { throw ChatError.noDirectory }
        guard let entry = try await directory.lookup(query) else { throw ChatError.notAvailable(text) }
        return entry
    }

    /// What the directory says of the peer now, after comparing it with the pin.
    ///
    /// - Throws: `ChatError.changed` when the contact's handle leads to another key; `notAvailable` for unknown, offline and
    ///   hidden alike.
    package func entry(of peer: ResolvedPeer) async throws -> PeerEntry {
        guard let directory else { throw ChatError.noDirectory }
        if let handle = book[peer.identity]?.handle(at: directory.identity),
            let holder = try await directory.holder(of: handle)
        {
            try await check(handle, leadsTo: holder, at: directory.identity)
        }
        try refuseChanged(peer.identity)
        guard let entry = try await directory.lookup(.identity(peer.identity)) else {
            throw ChatError.notAvailable(peer.name)
        }
        return entry
    }

    /// Where the peer can be reached now.
    private func addresses(of peer: ResolvedPeer) async throws -> [Endpoint] {
        let isNew = book[peer.identity]?.handle(at: directory?.identity) == nil
        if isNew, !peer.addresses.isEmpty { return peer.addresses }
        let entry = try await entry(of: peer)
        let addresses = peer.addresses.isEmpty ? entry.addresses : peer.addresses
        guard !addresses.isEmpty else {
            throw ChatError.unreachable(
                peer.identity, reason: "online, but it cannot be called: no reachable address")
        }
        return addresses
    }

    // MARK: Trust

    private func check(_ handle: Handle, leadsTo identity: PublicIdentity, at directory: PublicIdentity)
        async throws
    {
        let known = KnownHandle(directory: directory, handle: handle)
        guard let pinned = try book.noteDirectory(known, leadsTo: identity) else { return }
        await events.put(
            .changed(summary(of: pinned.identity), handle: handle, replacement: identity))
        throw ChatError.changed(handle, pinned: pinned.identity, replacement: identity)
    }

    private func refuseChanged(_ identity: PublicIdentity) throws {
        guard let contact = book[identity], let replacement = contact.replacement,
            let known = contact.handles.last
        else { return }
        throw ChatError.changed(known.handle, pinned: identity, replacement: replacement)
    }

    package var contacts: [Contact] { book.all }

    package func summary(of identity: PublicIdentity) -> PeerSummary {
        PeerSummary(
            identity: identity, handle: handle(of: identity), trust: book[identity]?.trust ?? .unverified)
    }

    private func handle(of identity: PublicIdentity) -> Handle? {
        confirmed[identity] ?? book[identity]?.handle(at: directory?.identity)
    }

    /// Compares the safety number that the peer read out, and keeps the result.
    ///
    /// - Returns: Whether the numbers are equal.
    package func verify(_ peer: ResolvedPeer, number: SafetyNumber) throws -> Bool {
        try refuseChanged(peer.identity)
        let isEqual = number == SafetyNumber.between(identity, peer.identity)
        try pin(peer.identity, peer.handle)
        try book.setVerified(peer.identity, isEqual)
        return isEqual
    }

    package func acceptChange(of identity: PublicIdentity) throws -> PublicIdentity {
        try book.accept(identity)
    }

    /// Forgets the pin, and ends the conversation.
    package func forget(_ identity: PublicIdentity) async throws {
        guard book[identity] != nil else { throw ChatError.notAContact(identity.fingerprint) }
        try book.forget(identity)
        confirmed[identity] = nil
        await conversations.removeValue(forKey: identity)?.close()
    }

    // MARK: Talking

    /// Makes sure that there is a link to the peer; pins it on first use.
    package func connect(to peer: ResolvedPeer) async throws {
        try refuseChanged(peer.identity)
        let conversation = conversation(with: peer.identity)
        if await conversation.isConnected { return }
        let number = try await conversation.connect { try await self.dial(peer) }
        if let number { jobsIn.yield { await conversation.run(number) } }
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
        conversations[peer] = new
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
        if let directory, hello.directory == directory.identity, let handle = hello.handle {
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

    func peer(_ peer: PublicIdentity, wrote message: TextMessage) async {
        // When the pin cannot be written the message is still shown; the next one tries again.
        try? pin(peer, confirmed[peer])
        await events.put(
            .message(
                IncomingMessage(
                    id: message.id, sentAt: message.sentAt, peer: summary(of: peer), text: message.text)))
    }

    func peer(_ peer: PublicIdentity, left state: LinkState) async {
        await events.put(.link(summary(of: peer), state))
    }

    private static let patience: Duration = .seconds(3)
    private static let confirmationPatience: Duration = .seconds(2)
}

/// Who is meant, and where the peer may be reached.
package struct ResolvedPeer: Sendable, Hashable {
    package let identity: PublicIdentity
    package let handle: Handle?
    /// Addresses that came with the answer; empty where they are still to be asked for.
    package let addresses: [Endpoint]

    package init(identity: PublicIdentity, handle: Handle?, addresses: [Endpoint] = []) {
        self.identity = identity
        self.handle = handle
        self.addresses = addresses
    }

    package var name: String { handle?.text ?? identity.shortFingerprint }
}
