import Chat
import Directory
import FoundationEssentials
import Identity
import Store
import Terminal

/// What is shown over the messages: opened by a command or a key, kept true while it is open.
extension ScreenBoard {
    func show(_ kind: Panel.Kind) async {
        switch kind {
        case .people:
            set(Panel(.people(nil)))
            publish()
            start { await self.refreshPeople() }
        case .requests: set(Panel(.requests(await requests())))
        case .files:
            await loadFiles()
            let listed = Self.listed(files)
            var panel = Panel(.files(listed))
            // What one has come for: the newest that waits for an answer, else the newest.
            panel.choose(listed.lastIndex(where: \.canBeRefused) ?? listed.count - 1)
            set(panel)
        // These need to be told of what.
        case .details, .found: return
        }
        publish()
    }

    /// - Parameter isEqual: What a comparison of the numbers came to, just now.
    func showDetails(of peer: PublicIdentity, isEqual: Bool? = nil) async {
        var before: PeerDetails?
        if case .details(let shown) = state.model.panel?.content, shown.peer == peer { before = shown }
        var details = await details(of: peer, as: before)
        details.isEqual = isEqual
        set(Panel(.details(details)))
        publish()
        start { await self.findAddresses(of: peer) }
    }

    func close() {
        set(nil)
        publish()
    }

    /// What came of what was done in a panel; in the conversation, where it was closed meanwhile.
    func note(_ text: String) async {
        guard state.model.panel != nil else { return await notice(text) }
        state.change { $0.panel?.note = text }
        publish()
    }

    /// What is shown, as it is now.
    func refreshPanel() async {
        switch state.model.panel?.content {
        case nil, .found, .files: break
        case .people(let people?): update(.people(await known(people.map(\.entry))), if: .people)
        case .people(nil): break
        case .requests: update(.requests(await requests()), if: .requests)
        case .details(let old):
            update(.details(await details(of: old.peer, as: old)), if: .details)
        }
    }

    /// Keys that move within the panel.
    func scrollPanel(_ key: ScreenKey) async {
        let layout = state.layout
        let page = max(1, layout.height - layout.messages - 3)
        let step =
            switch key {
            case .up: -1
            case .down: 1
            case .wheelUp: -3
            case .wheelDown: 3
            case .pageUp: -page
            case .pageDown: page
            case .top: -Self.far
            case .bottom: Self.far
            default: 0
            }
        state.change { model in
            guard let panel = model.panel else { return }
            let last = PanelView.lastPosition(panel, columns: layout.width, height: layout.height)
            model.panel?.move(by: step, last: last)
            model.panel?.note = ""
        }
        await loadMoreFound()
        publish()
    }

    func choose(_ index: Int) {
        state.change { $0.panel?.choose(index) }
        publish()
    }

    /// - Returns: Whether there is such a number in the list that is shown.
    func choose(number: Int) -> Bool {
        var isThere = false
        state.change { isThere = $0.panel?.choose(number: number) ?? false }
        if isThere { publish() }
        return isThere
    }

    // MARK: Pieces

    func set(_ panel: Panel?) { state.change { $0.panel = panel } }

    /// Unless another one was opened meanwhile.
    private func update(_ content: Panel.Content, if kind: Panel.Kind) {
        state.change { model in
            guard model.panel?.kind == kind else { return }
            guard case .details(var new) = content, case .details(let old) = model.panel?.content else {
                model.panel?.update(content)
                return
            }
            guard new.peer == old.peer else { return }
            // These are found, and compared, meanwhile.
            (new.addresses, new.isEqual) = (old.addresses, old.isEqual)
            model.panel?.update(.details(new))
        }
    }

    private func refreshPeople() async {
        do {
            let entries = try await node.entries()
            update(.people(await known(entries)), if: .people)
            state.change { $0.listed = entries.map { $0.handle?.text ?? $0.identity.shortFingerprint } }
        } catch {
            let reason = "! " + CommandError(describing: error).message
            state.change { if $0.panel?.kind == .people { $0.panel?.note = reason } }
        }
        publishSoon()
    }

    /// Keeps the list true until cancelled. Who is not looked at is not asked for.
    func watchPeople() async {
        while !Task.isCancelled {
            for await _ in await node.presence() {
                guard state.model.panel?.kind == .people else { continue }
                await refreshPeople()
                // Many may come at once: then the last one brings the list that holds them all.
                try? await Task.sleep(for: Self.patience)
            }
            // It was too slow for the events, or the session has ended.
            try? await Task.sleep(for: Self.patience)
        }
    }

    private func known(_ entries: [PeerEntry]) async -> [PersonItem] {
        let contacts = await node.messenger.contacts
        let standings = Dictionary(contacts.map { ($0.identity, $0.standing) }) { $1 }
        var people: [PersonItem] = []
        for entry in entries {
            let summary = await node.messenger.summary(of: entry.identity)
            let name = summary.nickname ?? entry.handle?.text ?? summary.name
            people.append(
                PersonItem(
                    entry: entry, name: VisibleText(name).description, trust: summary.trust,
                    standing: standings[entry.identity]))
        }
        return people
    }

    private func requests() async -> [RequestItem] {
        var items: [RequestItem] = []
        for contact in await node.messenger.contacts where contact.standing == .request {
            let summary = await node.messenger.summary(of: contact.identity)
            let said = try? await node.store.history(with: contact.identity, after: 0, before: nil, limit: 1)
            let when = said?.first?.sentAt ?? contact.since
            let name = VisibleText(summary.name).description
            let short = contact.identity.shortFingerprint
            items.append(
                RequestItem(
                    peer: contact.identity, name: name == short ? name : "\(name), \(short)",
                    when: EventLine.day(when) + " " + EventLine.clock(when, state.model.settings.timeFormat),
                    text: said?.first.map { EventLine.content($0.content) } ?? ""))
        }
        return items
    }

    /// - Parameter former: What of it does not change need not be made again.
    private func details(of peer: PublicIdentity, as former: PeerDetails?) async -> PeerDetails {
        let summary = await node.messenger.summary(of: peer)
        let number = former?.safetyNumber ?? SafetyNumber.between(node.identity, peer).grouped
        let isConnected = await node.messenger.isConnected(to: peer)
        let isOnline = await node.messenger.isOnline(peer)
        return PeerDetails(
            peer: peer, name: VisibleText(summary.name).description, handle: summary.handle?.text,
            nickname: summary.nickname.map { VisibleText($0).description }, trust: summary.trust,
            standing: summary.standing, isMuted: summary.isMuted,
            link: isConnected
                ? "connected, encrypted end to end" : isOnline ? "online, not connected" : "not there",
            addresses: former?.addresses, safetyNumber: number,
            code: former?.code ?? (try? QRCode.halfBlocks(number.filter { $0 != " " })) ?? [],
            ownFingerprint: node.identity.groupedFingerprint,
            log: node.log.map { ComparedText.sentence(ComparedJSON.with(peer, in: $0), name: "the peer") })
    }

    private func findAddresses(of peer: PublicIdentity) async {
        let handle = await node.messenger.summary(of: peer).handle
        guard let entry = try? await node.messenger.entry(of: ResolvedPeer(identity: peer, handle: handle))
        else {
            return
        }
        state.change { model in
            guard case .details(var details) = model.panel?.content, details.peer == peer else { return }
            details.addresses = entry.addresses.map(\.description)
            model.panel?.update(.details(details))
        }
        publishSoon()
    }

    /// Beyond any list.
    private static let far = 1_000_000
    private static let patience: Duration = .milliseconds(500)
}
