import Chat
import Directory
import FoundationEssentials
import Identity
import Store
import Terminal

/// Chat in lines: one conversation at a time, messages of everybody, a list to choose from.
actor LineChat {
    let node: Node
    let interface: any ChatInterface
    let operations: Operations
    let settings: SettingsKeeper
    let notifier = Notifier()
    let names: KnownNames
    let gate = Gate()
    var peer: ResolvedPeer?
    /// What the numbers of the list stand for.
    var listed: [PeerEntry] = []
    /// What the numbers of the last list of waiting messages stand for.
    var queued: [StoredMessage] = []
    var files: FileBoard
    /// Up to which row messages of each peer were shown since the start.
    var shownTo: [PublicIdentity: Int64] = [:]
    /// Peers of whom it was said that what is written waits.
    var saidWaiting: Set<PublicIdentity> = []
    var isLeaving = false
    /// Whether the lines come from a script, which cannot see that a peer was not reached: then it ends.
    let isScripted: Bool
    /// Why a script ends early.
    var failure: (any Error)?
    var undelivered = 0
    /// What takes a while, such as reading a large file, goes on beside the typing.
    private let jobs: AsyncStream<@Sendable () async -> Void>
    let jobsIn: AsyncStream<@Sendable () async -> Void>.Continuation
    let deliveries: AsyncStream<Delivery>
    let deliveriesIn: AsyncStream<Delivery>.Continuation

    /// A script's message, whose end the script is told.
    struct Delivery: Sendable {
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
        files = FileBoard(numbers: interface.board?.numbers ?? FileNumbers())
        settings = SettingsKeeper(node.home.settingsFile)
        (jobs, jobsIn) = AsyncStream.makeStream()
        (deliveries, deliveriesIn) = AsyncStream.makeStream()
    }

    private func runJobs() async {
        let jobs = jobs
        await withDiscardingTaskGroup { group in
            for await job in jobs { group.addTask { await job() } }
        }
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
            group.addTask { await self.showLog() }
            group.addTask { await self.watchSettings() }
            group.addTask { await self.runNotifications() }
            group.addTask { await self.runJobs() }
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
        case .fingerprint: await fingerprints()
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
        case .copy(let what): await copy(what)
        case .delete(let isSure): await delete(isSure)
        case .sendFile(let path): await sendFile(path)
        case .files: await listFiles()
        case .requests: await listRequests()
        case .get(let number, let folder): await get(number, folder)
        case .refuse(let number): await refuse(number)
        case .stop(let number): await stopFile(number)
        }
        return true
    }

    // MARK: Output

    func setPrompt() async {
        names.set(isChoosing: peer == nil)
        guard let peer else { return interface.prompt("to whom? ") }
        let name = await node.messenger.summary(of: peer.identity).name
        let waits = await node.messenger.hasOutbox(for: peer.identity)
        interface.prompt(name + (waits ? " ...> " : "> "))
    }

    func show(_ lines: [String]) {
        // One thing that was said: on the screen it is shown from its first line on.
        if interface.board != nil { return interface.show(lines.joined(separator: "\n")) }
        for line in lines { interface.show(line) }
    }

    func fail(_ error: any Error) {
        // That the program ends is no news to who ended it.
        if error is CancellationError || Task.isCancelled { return }
        let described = CommandError(describing: error)
        interface.show("! " + described.message)
        if let hint = described.hint { interface.show("!   " + hint) }
    }

    /// A person who leaves does not wait longer for acknowledgements.
    private static let leavingPatience: Duration = .seconds(5)
}
