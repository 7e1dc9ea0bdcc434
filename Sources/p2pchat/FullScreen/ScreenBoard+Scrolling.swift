import Chat
import Identity
import Store
import Terminal

/// Moving through a conversation: which part of it is in memory, and which line stands at the bottom.
extension ScreenBoard {
    func scroll(_ key: ScreenKey) async {
        if state.model.panel != nil { return await scrollPanel(key) }
        switch key {
        case .pageUp: await up(by: page - 1)
        case .pageDown: await down(by: page - 1)
        case .wheelUp: await up(by: 3)
        case .wheelDown: await down(by: 3)
        case .top:
            await openBeginning()
            copyFlow()
            state.change { $0.bottom = FlowAnchor(place: .min, number: 0, line: 0) }
            await down(by: page - 1)
        case .bottom: await toEnd()
        default: break
        }
        publish()
    }

    /// Rows for messages, as they were drawn last.
    var page: Int { max(2, state.layout.messages) }
    var columns: Int { state.layout.width }

    private func up(by rows: Int) async {
        var shown = FlowLayout.page(state.model, columns: columns, height: page + rows)
        if shown.count < page + rows, await loadOlder() {
            copyFlow()
            shown = FlowLayout.page(state.model, columns: columns, height: page + rows)
        }
        // The page stays full while there is something to fill it with.
        guard shown.count > page else { return }
        let bottom = shown[max(page, shown.count - rows) - 1].anchor
        state.change { $0.bottom = bottom }
    }

    private func down(by rows: Int) async {
        guard let bottom = state.model.bottom else { return }
        var below = FlowLayout.lines(state.model, behind: bottom, atMost: rows + 1, columns: columns)
        if below.count <= rows, !flow.reachesEnd, await loadNewer() {
            copyFlow()
            below = FlowLayout.lines(state.model, behind: bottom, atMost: rows + 1, columns: columns)
        }
        guard below.count > rows || !flow.reachesEnd else { return await toEnd() }
        if let line = below.prefix(rows).last { state.change { $0.bottom = line.anchor } }
    }

    private func toEnd() async {
        if !flow.reachesEnd { await open(flow.peer) }
        state.change { model in
            model.bottom = nil
            model.newBelow = 0
        }
        sawAll()
        if let peer = flow.peer { await update(peer) }
    }

    // MARK: Places

    var here: ScreenPlace {
        ScreenPlace(peer: flow.peer, position: state.model.bottom.map { .bottom($0) } ?? .end)
    }

    /// Shows a place, whatever was shown before.
    func go(to place: ScreenPlace) async {
        var bottom: FlowAnchor?
        switch place.position {
        case .end: await open(place.peer)
        case .bottom(let anchor):
            await open(place.peer, around: anchor.place / 2)
            bottom = anchor
        case .message(let row): await open(place.peer, around: row)
        }
        copyFlow()
        if case .message(let row) = place.position { bottom = self.bottom(showing: row) }
        let newBelow = bottom == nil ? 0 : place.peer.flatMap { unread[$0] } ?? 0
        state.change { model in
            model.selected = place.peer
            model.bottom = bottom
            model.newBelow = newBelow
        }
        await showConnection()
        if bottom == nil { sawAll() }
        await refresh()
    }

    /// The line at the bottom with which the message begins in the upper part of the screen; nil where that is the end.
    private func bottom(showing row: Int64) -> FlowAnchor? {
        let start = FlowAnchor(place: row * 2, number: 0, line: -1)
        let wanted = max(1, page * 2 / 3)
        let lines = FlowLayout.lines(state.model, behind: start, atMost: wanted + 1, columns: columns)
        return lines.count > wanted || !flow.reachesEnd ? lines.prefix(wanted).last?.anchor : nil
    }

    // MARK: The store

    private func open(_ peer: PublicIdentity?, around row: Int64) async {
        guard let peer else { return await open(peer) }
        let name = VisibleText(await node.messenger.summary(of: peer).name).description
        flow.willRead()
        let older = try? await node.store.history(with: peer, after: nil, before: row, limit: Flow.page)
        let newer = try? await node.store.history(with: peer, after: row - 1, before: nil, limit: Flow.page)
        flow.open(peer, called: name, older: older ?? [], newer: newer ?? [])
    }

    func open(_ peer: PublicIdentity?) async {
        guard let peer else { return flow.open(nil, called: "", []) }
        let name = VisibleText(await node.messenger.summary(of: peer).name).description
        flow.willRead()
        let newest = try? await node.store.history(with: peer, after: nil, before: nil, limit: Flow.page)
        flow.open(peer, called: name, newest ?? [])
    }

    private func openBeginning() async {
        guard let peer = flow.peer,
            let oldest = try? await node.store.history(with: peer, after: 0, before: nil, limit: Flow.page),
            flow.peer == peer
        else { return }
        flow.openBeginning(oldest)
    }

    /// What is in memory, as the store has it now: messages may have been changed or deleted.
    func reload() async {
        guard let peer = flow.peer else { return }
        if flow.reachesEnd, state.model.bottom == nil { return await open(peer) }
        flow.willRead()
        guard let first = flow.firstRow, let last = flow.lastRow,
            let found = try? await node.store.history(
                with: peer, after: first - 1, before: last + 1, limit: Flow.most), flow.peer == peer
        else { return }
        flow.reload(found)
    }

    /// - Returns: Whether there was something.
    private func loadOlder() async -> Bool {
        guard let peer = flow.peer, flow.mayHaveOlder, let first = flow.firstRow,
            let older = try? await node.store.history(
                with: peer, after: nil, before: first, limit: Flow.page), flow.peer == peer,
            flow.firstRow == first
        else { return false }
        flow.add(older: older)
        return !older.isEmpty
    }

    private func loadNewer() async -> Bool {
        guard let peer = flow.peer, !flow.reachesEnd, let last = flow.lastRow,
            let newer = try? await node.store.history(
                with: peer, after: last, before: nil, limit: Flow.page), flow.peer == peer,
            flow.lastRow == last
        else { return false }
        flow.add(newer: newer)
        return !newer.isEmpty
    }
}
