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
    private let gate = Gate()
    private(set) var peer: ResolvedPeer?
    /// What the numbers of the list stand for.
    private var listed: [PeerEntry] = []
    /// Messages sent and not yet acknowledged, by peer; the prompt shows that there are some.
    private var unacknowledged = 0
    private var isLeaving = false
    /// Whether the lines come from a script, which cannot see that a peer was not reached: then it ends.
    private let isScripted: Bool
    /// Why a script ends early.
    private var failure: (any Error)?
    private var undelivered = 0
    private let deliveries: AsyncStream<Delivery>
    private let deliveriesIn: AsyncStream<Delivery>.Continuation

    private struct Delivery: Sendable {
        let id: MessageID
        let peer: ResolvedPeer
        let text: String
    }

    init(node: Node, interface: any ChatInterface, isScripted: Bool = false) {
        self.isScripted = isScripted
        self.node = node
        self.interface = interface
        operations = Operations(node: node)
        (deliveries, deliveriesIn) = AsyncStream.makeStream()
    }

    /// Runs until the user leaves, the input ends, or the node is asked to end.
    ///
    /// - Throws: for a script, that a peer was not reached, or that messages were not delivered.
    func run(first: String?) async throws {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.showEvents() }
            group.addTask { await self.showDirectory() }
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

    /// Takes lines until the user leaves, then waits for what is not acknowledged yet.
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
            if !isScripted, unacknowledged > 0, !Task.isCancelled {
                interface.show("* waiting a moment for \(unacknowledged) to be acknowledged")
                group.addTask { try? await Task.sleep(for: Self.leavingPatience) }
            }
            await group.next()
            group.cancelAll()
        }
    }

    // MARK: Input

    private func start(_ first: String?) async {
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
        case .line(let line):
            switch ChatCommandTable.parse(line) {
            case .mistake(let advice): interface.show("! \(VisibleText(advice))")
            case .action(let action): return await perform(action)
            case .text(let text): await take(text: text)
            }
            return true
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
        case .help: show(ChatCommandTable.help)
        case .who: await list()
        case .to(let name?): _ = await talk(to: name)
        case .to(nil): await choose()
        case .verify(let number): await verify(number)
        case .fingerprint: fingerprints()
        case .status: await status()
        case .discoverable(let isDiscoverable): await setDiscoverable(isDiscoverable)
        }
        return true
    }

    // MARK: Choosing

    private func choose() async {
        peer = nil
        await gate.shut()
        await list()
        interface.show(
            "Talk with whom? A number, a handle, ip:port or a fingerprint; Enter lists again; /help, /quit.")
        await setPrompt()
    }

    private func list() async {
        do {
            listed = try await node.entries()
        } catch {
            fail(error)
            return
        }
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

    private func talk(to name: String) async -> Bool {
        await talk { try await self.node.messenger.resolve(name) }
    }

    private func talk(_ find: () async throws -> ResolvedPeer) async -> Bool {
        do {
            let found = try await find()
            try await node.messenger.connect(to: found)
            let summary = await node.messenger.summary(of: found.identity)
            peer = found
            interface.show("* talking with \(EventLine.name(summary)) (\(summary.trust.meaning))")
            await gate.open()
            await setPrompt()
            return true
        } catch {
            if isScripted { failure = error } else { fail(error) }
            await setPrompt()
            return false
        }
    }

    // MARK: Sending

    private func send(_ text: String) async {
        guard let peer else { return }
        do {
            let id = try await node.messenger.send(text, to: peer)
            unacknowledged += 1
            await setPrompt()
            deliveriesIn.yield(Delivery(id: id, peer: peer, text: text))
        } catch {
            undelivered += 1
            interface.show("! not sent: \(VisibleText(text))")
            fail(error)
        }
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
                delivery.id, to: delivery.peer, timeout: Self.deliveryTimeout)
        } catch {
            undelivered += 1
            interface.show("! \(delivery.peer.name) has not acknowledged: \(VisibleText(delivery.text))")
            fail(error)
        }
        unacknowledged -= 1
        await setPrompt()
    }

    // MARK: Output

    private func showEvents() async {
        while let event = await node.messenger.events.next() {
            // Whatever comes while a peer is being chosen waits here, and further events wait behind it.
            if await gate.isShut { noteWaiting(event) }
            await gate.pass()
            // A message that was acknowledged is shown, also to whoever leaves without having chosen anybody.
            if isLeaving, !event.isMessage { continue }
            // That the one whom one talks with is connected was said when it was chosen.
            if case .link(let summary, .connected) = event, summary.identity == peer?.identity {
                await setPrompt()
            } else {
                interface.show(EventLine.text(event))
            }
        }
    }

    /// Says once that somebody waits, while the list may be older than that.
    private func noteWaiting(_ event: ChatEvent) {
        switch event {
        case .message(let message): interface.show("* \(message.peer.name) wrote; shown once you have chosen")
        case .link(let peer, .connected): interface.show("* \(peer.name) calls; shown once you have chosen")
        case .link, .changed: break
        }
    }

    private func showDirectory() async {
        var outages = OutageFilter()
        for await state in await node.directoryStates() where outages.isNews(state) {
            if let line = DirectoryStateText.line(state) { interface.show("* " + line) }
        }
    }

    private func setPrompt() async {
        guard let peer else { return interface.prompt("to whom? ") }
        let name = await node.messenger.summary(of: peer.identity).name
        interface.prompt(name + (unacknowledged > 0 ? " ...> " : "> "))
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
}

extension ChatEvent {
    fileprivate var isMessage: Bool {
        if case .message = self { true } else { false }
    }
}
