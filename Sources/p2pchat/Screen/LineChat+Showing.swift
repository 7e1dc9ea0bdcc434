import Chat
import Directory
import Store
import Terminal

/// What happens, in lines.
extension LineChat {
    func showEvents() async {
        if let board = interface.board {
            await board.begin()
            while let event = await node.messenger.events.next() {
                await follow(event)
                await board.take(event)
                await notify(of: event)
                if case .message = event { await refreshNames() }
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
        case .rotated:
            showLine(event)
            await follow(event)
        case .presence, .changed, .revoked, .notKept: showLine(event)
        }
    }

    /// Whom one talks with has a new key: what is typed from now on is for that one.
    private func follow(_ event: ChatEvent) async {
        guard case .rotated(let summary, let former) = event, former == peer?.identity else { return }
        peer = ResolvedPeer(identity: summary.identity, handle: summary.handle)
        await interface.board?.select(summary.identity, saysNewKey: false)
        await setPrompt()
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
    func showUnseen() async {
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
        case .message, .state, .link, .presence, .changed, .rotated, .revoked, .file, .notKept: break
        }
    }

    func showDirectory() async {
        var outages = OutageFilter()
        for await state in await node.directoryStates() {
            await interface.board?.take(state)
            guard interface.board == nil, outages.isNews(state) else { continue }
            if let line = DirectoryStateText.line(state) { interface.show("* " + line) }
        }
    }

    func showLog() async {
        for await notice in node.logNews() { show(LogText.lines(notice)) }
    }

    private static let mostUnseen = 1000
}
