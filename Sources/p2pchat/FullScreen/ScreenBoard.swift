import Chat
import Directory
import Files
import FoundationEssentials
import Identity
import Store
import Terminal
import Wire

/// Keeps the model of the full screen true: what was said with the selected peer, who else there is, what moves. It is told what
/// happens and what was chosen; it decides nothing about the chat.
actor ScreenBoard {
    let node: Node
    let state: ScreenState
    /// The screen is to be drawn anew, and perhaps to ring.
    private let changed: @Sendable (_ rings: Bool) -> Void
    var flow = Flow()
    var unread: [PublicIdentity: Int] = [:]
    private var last: [PublicIdentity: Date] = [:]
    /// Whether the window has the focus, as far as the terminal tells.
    private(set) var isLookedAt = true
    /// By which files are named, here and in commands.
    let numbers = FileNumbers()
    var files: [TransferKey: FileItem] = [:]
    /// Peers for whom files wait until they accept this side as a contact.
    var notAcceptedBy: Set<PublicIdentity> = []
    var search: ScreenSearch?
    /// Something is to be published soon.
    private var isDue = false
    private let dues: AsyncStream<Void>
    private let due: AsyncStream<Void>.Continuation
    /// What waits for the directory goes on beside what is typed.
    private let jobs: AsyncStream<@Sendable () async -> Void>
    private let jobsIn: AsyncStream<@Sendable () async -> Void>.Continuation

    init(node: Node, state: ScreenState, changed: @escaping @Sendable (_ rings: Bool) -> Void) {
        self.node = node
        self.state = state
        self.changed = changed
        (dues, due) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (jobs, jobsIn) = AsyncStream.makeStream()
    }

    /// What stands in the store at the start.
    func begin() async {
        for conversation in (try? await node.store.conversations()) ?? [] {
            unread[conversation.peer] = conversation.unread
            let newest = try? await node.store.history(
                with: conversation.peer, after: nil, before: nil, limit: 1)
            last[conversation.peer] = newest?.last?.sentAt
        }
        state.change { model in
            model.own = node.settings.handle?.text ?? node.identity.shortFingerprint
            if node.settings.directory == nil {
                model.directory = DirectoryLine(isOnline: false, words: ["no directory: invites only"])
            }
        }
        await loadFiles()
        await refresh()
    }

    // MARK: What was chosen and typed

    /// Whose conversation is shown from now on.
    ///
    /// - Parameter saysNewKey: false where the event that says so follows.
    func select(_ peer: PublicIdentity?, saysNewKey: Bool = true) async {
        await open(peer)
        endSearch()
        state.change { model in
            model.selected = peer
            model.bottom = nil
            model.newBelow = 0
            // What was shown to choose from has served; lists of what is to be done stay.
            if let kind = model.panel?.kind, kind != .requests, kind != .files { model.panel = nil }
        }
        await showConnection()
        if let peer, !flow.endsWithNotice, await node.messenger.summary(of: peer).standing == .request {
            flow.append(
                notice:
                    "? a stranger asks to talk; nothing goes back before you answer: /accept, /decline or /block"
            )
        }
        // Said each time until the numbers were compared: it may have changed while nobody looked.
        if let peer, saysNewKey, !flow.endsWithNotice {
            let summary = await node.messenger.summary(of: peer)
            if summary.hasNewKey {
                flow.append(notice: "! \(EventLine.name(summary)) has \(summary.meaning): /verify")
            }
        }
        sawAll()
        await refresh()
    }

    /// The user's own message; whoever writes looks at the end.
    func sent(_ message: StoredMessage) async {
        last[message.peer] = message.sentAt
        if message.peer == flow.peer {
            if !flow.reachesEnd { await open(flow.peer) }
            flow.append(message)
            endSearch()
            state.change { model in
                model.bottom = nil
                model.newBelow = 0
            }
            sawAll()
        }
        publish()
    }

    /// What the program says about what was typed.
    func notice(_ text: String) async {
        if !flow.reachesEnd { await open(flow.peer) }
        flow.append(notice: text)
        copyFlow()
        let beginning = flow.items.last.flatMap { item -> FlowAnchor? in
            let rows = FlowLayout.lines(of: item, after: nil, in: state.model, columns: columns).count
            return rows > page ? FlowAnchor(place: item.place, number: item.number, line: page - 1) : nil
        }
        // What is longer than the screen is read from its first line on.
        state.change { $0.bottom = beginning }
        publish()
    }

    /// After anything that may have changed contacts or messages.
    func refresh() async {
        let contacts = await node.messenger.contacts
        let requests = contacts.filter { $0.standing == .request }
        var items: [ConversationItem] = []
        for contact in contacts.filter({ $0.standing == .accepted }) + requests {
            items.append(await item(contact.identity))
        }
        if let peer = flow.peer, !items.contains(where: { $0.peer == peer }) {
            items.append(await item(peer))
        }
        state.change { $0.conversations = items }
        await reload()
        await refreshPanel()
        publish()
    }

    private func item(_ peer: PublicIdentity) async -> ConversationItem {
        let summary = await node.messenger.summary(of: peer)
        return ConversationItem(
            peer: peer, name: VisibleText(summary.name).description, trust: summary.trust,
            standing: summary.standing, isMuted: summary.isMuted,
            isOnline: await node.messenger.isOnline(peer),
            unread: unread[peer] ?? 0, last: last[peer].map(short) ?? "")
    }

    private func short(_ date: Date) -> String {
        let day = EventLine.day(date)
        guard day == EventLine.day(Date()) else { return String(day.dropFirst(5)) }
        return EventLine.clock(date, state.model.settings.timeFormat.withoutSeconds)
    }

    // MARK: What happens

    func take(_ event: ChatEvent) async {
        switch event {
        case .message(let message): await take(message)
        case .state(let peer, let ids, let reached):
            let isShown = flow.raise(Set(ids), to: reached)
            if isShown, peer.identity == flow.peer { publishSoon() }
            // That it is accepted by the peer, one learns in no other way.
            if notAcceptedBy.contains(peer.identity) { await refreshWaits(of: peer.identity) }
        case .presence(let peer, _): await update(peer.identity)
        case .link(let peer, let link):
            if peer.identity == flow.peer {
                await showConnection()
                // That there is a connection, the status line says.
                if link != .connected, peer.standing == .accepted, let line = EventLine.text(event) {
                    flow.append(notice: line)
                }
            }
            await refreshWaits(of: peer.identity)
            await update(peer.identity)
        case .changed, .rotated, .revoked, .notKept:
            if let line = EventLine.text(event) { flow.append(notice: line) }
            await refresh()
            changed(true)
        case .file(let peer, let file): await take(file, of: peer)
        }
    }

    private func take(_ message: IncomingMessage) async {
        let peer = message.peer.identity
        last[peer] = message.sentAt
        guard peer == flow.peer else {
            unread[peer, default: 0] += 1
            await update(peer)
            if !message.peer.isMuted { changed(true) }
            return
        }
        if flow.reachesEnd { flow.append(message.stored) }
        let isAtEnd = state.model.bottom == nil
        if isAtEnd, isLookedAt {
            sawAll()
        } else {
            unread[peer, default: 0] += 1
        }
        if !isAtEnd { state.change { $0.newBelow += 1 } }
        await update(peer)
        if !isLookedAt, !message.peer.isMuted { changed(true) }
    }

    /// The window has the focus, or not any more. What came meanwhile is read when it is looked at.
    func looked(_ isLookedAt: Bool) async {
        self.isLookedAt = isLookedAt
        guard isLookedAt, state.model.bottom == nil, let peer = flow.peer else { return }
        sawAll()
        await update(peer)
    }

    func take(_ directory: DirectoryState) {
        let line =
            switch directory {
            case .connecting: DirectoryLine(isOnline: false, words: ["connecting to the directory"])
            case .stopped: DirectoryLine(isOnline: false, words: ["leaving"])
            case .offline:
                DirectoryLine(isOnline: false, words: [DirectoryStateText.line(directory) ?? "offline"])
            case .online(let presence):
                DirectoryLine(
                    isOnline: true,
                    words: [
                        node.settings.directory.map { "through \($0.endpoint)" } ?? "",
                        DirectoryStateText.problem(presence).map { "cannot be called: \($0)" }
                            ?? "can be called",
                        presence.discoverable ? "discoverable" : "not discoverable",
                    ])
            }
        state.change { $0.directory = line }
        publishSoon()
    }

    func showConnection() async {
        let isConnected =
            if let peer = flow.peer { await node.messenger.isConnected(to: peer) } else { false }
        state.change { $0.isConnected = isConnected }
    }

    func update(_ peer: PublicIdentity) async {
        let isListed = state.model.conversations.contains { $0.peer == peer }
        guard isListed else { return await refresh() }
        let new = await item(peer)
        state.change { model in
            guard let index = model.conversations.firstIndex(where: { $0.peer == peer }) else { return }
            model.conversations[index] = new
        }
        switch state.model.panel?.content {
        case .requests: await refreshPanel()
        case .details(let details) where details.peer == peer: await refreshPanel()
        default: break
        }
        publishSoon()
    }

    /// The end is on the screen: everything of the selected peer counts as seen.
    func sawAll() {
        guard let peer = flow.peer else { return }
        unread[peer] = 0
        if let newest = flow.newestIncoming { node.messenger.shown(newest) }
    }

    /// The one that a search has led to, else the last one in sight.
    var chosenMessage: StoredMessage? {
        let model = state.model
        if let row = model.search?.row, let found = flow.items.last(where: { $0.message?.row == row }) {
            return found.message
        }
        return flow.items.last { item in
            item.message != nil && !(model.bottom.map { $0.isBefore(item) } ?? false)
        }?.message
    }

    // MARK: Drawing

    /// Shows what is in memory now.
    func publish() {
        isDue = false
        copyFlow()
        changed(false)
    }

    /// Gives the model what is in memory, without drawing it yet.
    func copyFlow() {
        let items = flow.items
        state.change { $0.flow = items }
    }

    /// The same for what others do, soon: a flood of messages is shown some tens of times a second and not once for each.
    func publishSoon() {
        guard !isDue else { return }
        isDue = true
        due.yield()
    }

    func start(_ job: @escaping @Sendable () async -> Void) { jobsIn.yield(job) }

    /// Publishes what is due, and does what takes a while, until cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.publishDue() }
            group.addTask { await self.watchPeople() }
            for await job in jobs { group.addTask { await job() } }
        }
    }

    private func publishDue() async {
        for await _ in dues {
            if isDue { publish() }
            try? await Task.sleep(for: Self.pace)
        }
    }

    private static let pace: Duration = .milliseconds(20)
}
