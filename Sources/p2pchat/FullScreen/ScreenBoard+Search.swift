import Chat
import FoundationEssentials
import Identity
import Store
import Terminal

/// Looking for words in everything that was said, and going from hit to hit.
extension ScreenBoard {
    /// Shows what is found, the newest first.
    func search(_ words: String) async {
        // Who looks for something else wants back to where the first search began.
        let former = search.flatMap { $0.hasMoved ? $0 : nil }
        search = ScreenSearch(
            words: words, query: SearchQuery(words), origin: former?.origin ?? here, hasMoved: former != nil)
        state.change { $0.search = nil }
        await loadFound()
        showFound()
        publish()
    }

    /// The place of a hit of the list, to be gone to.
    func jump(to index: Int) async -> ScreenPlace? {
        if let found = search?.found, !found.indices.contains(index) { await loadFound() }
        guard let search, search.found.indices.contains(index) else { return nil }
        self.search?.current = index
        self.search?.hasMoved = true
        mark(note: "")
        set(nil)
        let hit = search.found[index]
        return ScreenPlace(peer: hit.peer, position: .message(hit.row))
    }

    /// The next older hit, or the next newer one.
    func step(_ step: Int) async -> ScreenPlace? {
        guard let search else {
            await note("nothing is looked for: /search WORDS")
            return nil
        }
        let now = search.current.map { $0 + step } ?? state.model.panel?.position ?? 0
        if now >= 0, let place = await jump(to: now) { return place }
        mark(note: now < 0 ? "no newer one" : "no older one")
        publish()
        return nil
    }

    /// Ends the search.
    ///
    /// - Returns: Where one was before; nil where one has not gone anywhere.
    func leaveSearch() -> ScreenPlace? {
        defer {
            endSearch()
            publish()
        }
        return search.flatMap { $0.hasMoved ? $0.origin : nil }
    }

    func endSearch() {
        search = nil
        state.change { model in
            model.search = nil
            if model.panel?.kind == .found { model.panel = nil }
        }
    }

    /// As one goes down the list.
    func loadMoreFound() async {
        guard let panel = state.model.panel, panel.kind == .found, let search, !search.isComplete,
            panel.position + 3 >= search.found.count
        else { return }
        await loadFound()
        showFound()
    }

    // MARK: Pieces

    private func mark(note: String) {
        guard let search, let current = search.current else { return }
        let mark = SearchMark(
            words: VisibleText(search.words).description, row: search.found[current].row, number: current + 1,
            count: search.found.count, isComplete: search.isComplete, note: note)
        state.change { $0.search = mark }
    }

    private func showFound() {
        guard let search else { return }
        let list = FoundList(words: search.words, messages: search.found, isComplete: search.isComplete)
        state.change { model in
            if model.panel?.kind == .found {
                model.panel?.update(.found(list))
            } else {
                model.panel = Panel(.found(list))
            }
        }
    }

    private func loadFound() async {
        guard let search, !search.isComplete else { return }
        do {
            let messages = try await node.store.search(
                search.query, with: nil, since: nil, before: search.found.last?.row, limit: ScreenSearch.page)
            var found: [FoundMessage] = []
            for message in messages { found.append(try await self.found(message, search.words)) }
            // Another search, or another page of this one, may have come first.
            guard self.search?.query == search.query, self.search?.found.count == search.found.count else {
                return
            }
            self.search?.found += found
            let count = search.found.count + found.count
            self.search?.isComplete = found.count < ScreenSearch.page || count >= ScreenSearch.most
        } catch {
            self.search?.isComplete = true
            await note("! " + CommandError(describing: error).message)
        }
    }

    private func found(_ message: StoredMessage, _ words: String) async throws -> FoundMessage {
        let name = VisibleText(await node.messenger.summary(of: message.peer).name).description
        func said(_ message: StoredMessage) -> String {
            FoundText.around("", in: EventLine.content(message.content))
        }
        func sender(_ message: StoredMessage) -> String { message.direction == .outgoing ? "you" : name }
        let before = try await node.store.history(
            with: message.peer, after: nil, before: message.row, limit: 1
        ).first
        let after = try await node.store.history(
            with: message.peer, after: message.row, before: nil, limit: 1
        ).first
        return FoundMessage(
            row: message.row, peer: message.peer, name: name,
            when: EventLine.day(message.sentAt) + " "
                + EventLine.clock(message.sentAt, state.model.settings.timeFormat),
            sender: sender(message),
            text: FoundText.around(words, in: EventLine.content(message.content)),
            before: before.map { sender($0) + ": " + said($0) },
            after: after.map { sender($0) + ": " + said($0) })
    }
}
