import Chat
import Directory
import FoundationEssentials
import Identity
import Store
import Terminal
import Wire

/// Chat in lines: one conversation at a time, messages of everybody, a list to choose from.
actor LineChat {
    let node: Node
    let interface: any ChatInterface
    let operations: Operations
    let settings: SettingsKeeper
    let notifier = Notifier()
    let names: KnownNames
    private let gate = Gate()
    private(set) var peer: ResolvedPeer?
    /// What the numbers of the list stand for.
    private var listed: [PeerEntry] = []
    /// What the numbers of the last list of waiting messages stand for.
    var queued: [StoredMessage] = []
    var files = FileBoard()
    /// Up to which row messages of each peer were shown since the start.
    private var shownTo: [PublicIdentity: Int64] = [:]
    /// Peers of whom it was said that what is written waits.
    private var saidWaiting: Set<PublicIdentity> = []
    private var isLeaving = false
    /// Whether the lines come from a script, which cannot see that a peer was not reached: then it ends.
    let isScripted: Bool
    /// Why a script ends early.
    private var failure: (any Error)?
    private var undelivered = 0
    private let deliveries: AsyncStream<Delivery>
    private let deliveriesIn: AsyncStream<Delivery>.Continuation

    /// A script's message, whose end the script is told.
    private struct Delivery: Sendable {
        let message: StoredMessage
        let peer: ResolvedPeer
        let text: String
    }

    init(
        node: Node, interface: any ChatInterface, names: KnownNames = KnownNames(), isScripted: Bool = false
    ) {
        self.isScripted = isScripted
        self.node = node
        self.interface = interface
        self.names = names
        operations = Operations(node: node)
        settings = SettingsKeeper(node.home.settingsFile)
        (deliveries, deliveriesIn) = AsyncStream.makeStream()
    }

    /// Runs until the user leaves, the input ends, or the node is asked to end.
    ///
    /// - Throws: for a script, that a peer was not reached, or that messages were not delivered.
    func run(first: String?) async throws {
        await beginWithSettings()
        await refreshNames()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.showEvents() }
            group.addTask { await self.showDirectory() }
            group.addTask { await self.watchSettings() }
            group.addTask { await self.runNotifications() }
            group.addTask { await self.runFileJobs() }
            if interface.board != nil, first == nil { group.addTask { await self.listOnceOnline() } }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.converse(first) }
                group.addTask { await self.node.stopped() }
                await group.next()
                group.cancelAll()
            }
            isLeaving = true
            await gate.open()
            node.stop()
            group.cancelAll()
        }
        guard isScripted else { return }
        if let failure { throw failure }
        if undelivered > 0 {
            throw CommandError(.notReachable, "\(undelivered) of the messages were not delivered")
        }
    }

    /// Takes lines until the user leaves, then waits a moment for what is not acknowledged yet.
    private func converse(_ first: String?) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.watchDeliveries() }
            await start(first)
            if failure == nil {
                for await line in interface.lines {
                    guard await take(line), failure == nil else { break }
                }
            }
            deliveriesIn.finish()
            // A script's messages are waited for as long as each may take.
            await group.next()
        }
        guard !isScripted, !Task.isCancelled else { return }
        await waitForLast()
        await noteUnfinishedFiles()
    }

    private func waitForLast() async {
        guard let peer, await node.messenger.hasOutbox(for: peer.identity) else { return }
        var isSaid = false
        let end = ContinuousClock.now + Self.leavingPatience
        while ContinuousClock.now < end, !Task.isCancelled, await node.messenger.isOnline(peer.identity) {
            if !isSaid { interface.show("* waiting a moment for what is not acknowledged") }
            isSaid = true
            guard await node.messenger.hasOutbox(for: peer.identity) else { return }
            try? await Task.sleep(for: .milliseconds(20))
        }
        interface.show(
            "* what is not delivered stays in the outbox and goes when you and \(peer.name) are online")
    }

    // MARK: Input

    private func start(_ first: String?) async {
        if interface.board != nil, first == nil { return show(ScreenHelp.welcome) }
        // Without a directory nobody can be listed or found yet; what is wrong is shown by the state.
        _ = try? await node.firstPresence()
        if let first {
            if await talk(to: first) { return }
            // Lines meant for that peer are not to be taken for names of others, and looked up.
            if isScripted { return }
        }
        await choose()
    }

    /// False when the user leaves.
    private func take(_ event: LineEvent) async -> Bool {
        switch event {
        case .endOfFile: return false
        case .interrupt:
            interface.show("* /quit or Ctrl-D leaves")
            return true
        case .lineTooLong:
            interface.show("! the line is too long; a message has at most 64000 bytes")
            return true
        case .lineRefused(let bytes):
            fail(ChatError.messageTooLong(bytes: bytes))
            interface.show("!   nothing was sent, and the line is as it was (Ctrl-C clears it)")
            return true
        case .line(let line):
            var goesOn = true
            switch ChatCommandTable.parse(line) {
            case .mistake(let advice): interface.show("! \(VisibleText(advice))")
            case .action(let action): goesOn = await perform(action)
            case .text(let text): await take(text: text)
            }
            await interface.board?.refresh()
            await refreshNames()
            return goesOn
        }
    }

    private func take(text: String) async {
        if peer == nil {
            let choice = text.trimmed
            if choice.isEmpty {
                await choose()
            } else if let number = Int(choice) {
                await talk(toListed: number)
            } else {
                _ = await talk(to: choice)
            }
        } else if !text.trimmed.isEmpty {
            await send(text)
        }
    }

    private func perform(_ action: ChatAction) async -> Bool {
        switch action {
        case .quit: return false
        case .help(let command): await help(command)
        case .who: await list()
        case .to(let name?): _ = await talk(to: name)
        case .to(nil): await choose()
        case .unread: await openUnread()
        case .verify(let number): await verify(number)
        case .fingerprint: fingerprints()
        case .invite: await invite()
        case .status: await status()
        case .discoverable(let isDiscoverable): await setDiscoverable(isDiscoverable)
        case .set(let name, let value): await set(name, value)
        case .contact(let action, let name): await change(action, name)
        case .name(let nickname): await name(nickname)
        case .queue: await queue()
        case .edit(let number, let text): await edit(number, text)
        case .cancel(let number): await cancel(number)
        case .history(let count): await history(count)
        case .search(let words): await search(words)
        case .delete(let isSure): await delete(isSure)
        case .sendFile(let path): await sendFile(path)
        case .files: await listFiles()
        case .get(let number, let folder): await get(number, folder)
        case .refuse(let number): await refuse(number)
        case .stop(let number): await stopFile(number)
        }
        return true
    }

    // MARK: Choosing

    private func choose() async {
        peer = nil
        if let board = interface.board { await board.select(nil) } else { await gate.shut() }
        await list()
        interface.show(
            "Talk with whom? A number, a handle, ip:port or a fingerprint; Enter lists again; /help, /quit.")
        await setPrompt()
    }

    /// On a screen one may type, and read what is stored, before the directory answers.
    private func listOnceOnline() async {
        guard (try? await node.firstPresence()) != nil, peer == nil else { return }
        await list()
    }

    private func list() async {
        do {
            listed = try await node.entries()
        } catch {
            fail(error)
            return
        }
        names.set(listed: listed.map { $0.handle?.text ?? $0.identity.shortFingerprint })
        if listed.isEmpty { interface.show("  nobody else is online and discoverable") }
        for (index, entry) in listed.enumerated() {
            let trust = await node.messenger.summary(of: entry.identity).trust
            guard let line = try? PeerLine.text(EntryJSON(entry, trust: trust)) else { continue }
            interface.show("  \(index + 1)  \(line)")
        }
    }

    private func talk(toListed number: Int) async {
        guard listed.indices.contains(number - 1) else {
            if isScripted { failure = CommandError(.notReachable, "the list has no number \(number)") }
            return interface.show("! the list has no number \(number)")
        }
        let entry = listed[number - 1]
        _ = await talk {
            ResolvedPeer(identity: entry.identity, handle: entry.handle, addresses: entry.addresses)
        }
    }

    func talk(to name: String) async -> Bool {
        await talk { try await self.node.messenger.resolve(name) }
    }

    private func talk(_ find: () async throws -> ResolvedPeer) async -> Bool {
        do {
            let found = try await find()
            do {
                try await node.messenger.connect(to: found)
            } catch {
                // Somebody known who is not there: what is written waits. A script asked for a conversation.
                guard !isScripted, await isKnown(found), Self.isAbsence(error) else { throw error }
                interface.show(
                    "* \(found.name) is not there now (\(CommandError(describing: error).message))")
                saidWaiting.remove(found.identity)
            }
            let summary = await node.messenger.summary(of: found.identity)
            peer = found
            if let board = interface.board {
                await board.select(found.identity)
            } else {
                interface.show("* talking with \(EventLine.name(summary)) (\(summary.trust.meaning))")
                await gate.open()
                await showUnseen()
            }
            await setPrompt()
            return true
        } catch {
            if isScripted { failure = error } else { fail(error) }
            await setPrompt()
            return false
        }
    }

    /// Shows a conversation without calling the peer: a link is made for what is sent. A stranger's request is read so, too.
    func open(_ identity: PublicIdentity) async {
        let summary = await node.messenger.summary(of: identity)
        peer = ResolvedPeer(identity: identity, handle: summary.handle)
        await interface.board?.select(identity)
        await setPrompt()
    }

    private func isKnown(_ peer: ResolvedPeer) async -> Bool {
        await node.messenger.contacts.contains { $0.identity == peer.identity && $0.standing == .accepted }
    }

    /// Whether the peer, or the directory, is merely not there.
    private static func isAbsence(_ error: any Error) -> Bool {
        switch error {
        case ChatError.notAvailable, ChatError.unreachable, DirectoryError.notReachable: true
        default: false
        }
    }

    // MARK: Sending

    private func send(_ text: String) async {
        guard let peer else { return }
        do {
            let message = try await node.messenger.send(text, to: peer)
            await interface.board?.sent(message)
            await setPrompt()
            if isScripted {
                deliveriesIn.yield(Delivery(message: message, peer: peer, text: text))
            } else if await !node.messenger.isConnected(to: peer.identity) {
                sayWaiting(peer)
            }
        } catch {
            undelivered += 1
            // Not all of a long one: it can be fetched back into the line.
            let beginning = String(text.unicodeScalars.prefix(Self.mostShownAgain))
            interface.show("! not sent: \(VisibleText(beginning))" + (beginning == text ? "" : "…"))
            fail(error)
        }
    }

    /// Once while a peer is away: what is written is not lost.
    private func sayWaiting(_ peer: ResolvedPeer) {
        guard saidWaiting.insert(peer.identity).inserted else { return }
        interface.show("* \(peer.name) is not there; what you write waits and goes by itself (/queue)")
    }

    private func watchDeliveries() async {
        await withDiscardingTaskGroup { group in
            for await delivery in deliveries {
                group.addTask { await self.watch(delivery) }
            }
        }
    }

    private func watch(_ delivery: Delivery) async {
        do {
            try await node.messenger.waitDelivered(
                delivery.message.id, to: delivery.peer, timeout: Self.deliveryTimeout)
        } catch {
            undelivered += 1
            interface.show("! \(delivery.peer.name) has not acknowledged: \(VisibleText(delivery.text))")
            fail(error)
            // A script is told that it was not delivered, so it is not sent later.
            _ = try? await node.messenger.cancel(delivery.message.id, to: delivery.peer.identity)
        }
    }

    // MARK: Output

    private func showEvents() async {
        if let board = interface.board {
            await board.begin()
            while let event = await node.messenger.events.next() {
                await board.take(event)
                await notify(of: event)
                if case .message = event { await refreshNames() }
                if case .message(let message) = event, message.peer.identity == peer?.identity {
                    explainOffer(message)
                }
            }
            return
        }
        await noteUnseen()
        while let event = await node.messenger.events.next() {
            await notify(of: event)
            if case .message = event { await refreshNames() }
            // Whatever comes while a peer is being chosen waits here, and further events wait behind it.
            if await gate.isShut { noteWaiting(event) }
            await gate.pass()
            // A message that was acknowledged is in the store: whoever leaves without choosing finds it as new.
            if isLeaving { continue }
            await show(event)
        }
    }

    private func show(_ event: ChatEvent) async {
        switch event {
        case .message(let message):
            // As things are now: the peer may have been accepted, or named, since it wrote.
            show(
                IncomingMessage(
                    peer: await node.messenger.summary(of: message.peer.identity), stored: message.stored))
        case .state(let summary, _, _):
            if summary.identity == peer?.identity { await setPrompt() }
        case .link(let summary, .connected):
            saidWaiting.remove(summary.identity)
            // That the one whom one talks with is connected was said when it was chosen; of a stranger its request says it.
            if summary.identity == peer?.identity {
                await setPrompt()
            } else if summary.standing == .accepted {
                showLine(event)
            }
        case .link(let summary, _):
            if summary.standing == .accepted { showLine(event) }
            if summary.identity == peer?.identity { await setPrompt() }
        case .file(let summary, let fileEvent): await show(fileEvent, of: summary)
        case .presence, .changed, .notKept: showLine(event)
        }
    }

    /// A script ends with an error when something did not arrive.
    func countUndelivered() { undelivered += 1 }

    private func showLine(_ event: ChatEvent) {
        if let line = EventLine.text(event, time: settings.settings.timeFormat) { interface.show(line) }
    }

    private func show(_ message: IncomingMessage) {
        let peer = message.peer.identity
        guard message.stored.row > shownTo[peer] ?? 0 else { return }
        // A muted conversation is shown while one is in it, and otherwise stays new.
        guard !message.peer.isMuted || peer == self.peer?.identity else { return }
        shownTo[peer] = message.stored.row
        showLine(.message(message))
        explainOffer(message)
        node.messenger.shown(message.stored)
    }

    /// What arrived before this program started, in order, once somebody was chosen.
    private func showUnseen() async {
        guard let unseen = try? await node.store.unseen(with: nil, limit: Self.mostUnseen) else { return }
        for stored in unseen {
            let summary = await node.messenger.summary(of: stored.peer)
            show(IncomingMessage(peer: summary, stored: stored))
        }
        if unseen.count == Self.mostUnseen { interface.show("* and more: /history shows the last ones") }
    }

    /// Says who wrote while nobody looked.
    private func noteUnseen() async {
        guard let conversations = try? await node.store.conversations() else { return }
        for conversation in conversations where conversation.unread > 0 {
            let summary = await node.messenger.summary(of: conversation.peer)
            guard !summary.isMuted else { continue }
            interface.show(
                "* \(conversation.unread) new from \(EventLine.name(summary)); shown once you have chosen")
        }
    }

    /// Says once that somebody waits, while the list may be older than that.
    private func noteWaiting(_ event: ChatEvent) {
        switch event {
        case .message(let message) where !message.peer.isMuted:
            interface.show("* \(message.peer.name) wrote; shown once you have chosen")
        case .link(let peer, .connected) where peer.standing == .accepted:
            interface.show("* \(peer.name) calls; shown once you have chosen")
        case .message, .state, .link, .presence, .changed, .file, .notKept: break
        }
    }

    private func showDirectory() async {
        var outages = OutageFilter()
        for await state in await node.directoryStates() {
            await interface.board?.take(state)
            guard interface.board == nil, outages.isNews(state) else { continue }
            if let line = DirectoryStateText.line(state) { interface.show("* " + line) }
        }
    }

    func setPrompt() async {
        names.set(isChoosing: peer == nil)
        guard let peer else { return interface.prompt("to whom? ") }
        let name = await node.messenger.summary(of: peer.identity).name
        let waits = await node.messenger.hasOutbox(for: peer.identity)
        interface.prompt(name + (waits ? " ...> " : "> "))
    }

    func show(_ lines: [String]) {
        for line in lines { interface.show(line) }
    }

    func fail(_ error: any Error) {
        // That the program ends is no news to who ended it.
        if error is CancellationError || Task.isCancelled { return }
        let described = CommandError(describing: error)
        interface.show("! " + described.message)
        if let hint = described.hint { interface.show("!   " + hint) }
    }

    private static let deliveryTimeout: Duration = .seconds(30)
    /// A person who leaves does not wait longer for acknowledgements.
    private static let leavingPatience: Duration = .seconds(5)
    private static let mostUnseen = 1000
    /// Characters of a message that was not sent.
    private static let mostShownAgain = 200
}
