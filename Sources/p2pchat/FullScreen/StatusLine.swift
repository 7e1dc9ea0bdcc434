import Chat
import Store
import Terminal

/// One row: who one is, how it stands with the directory, with whom one talks, and what waits elsewhere.
enum StatusLine {
    static func row(_ model: ScreenModel, columns: Int, hasList: Bool) -> Frame.Row {
        var parts: [String] = []
        if model.newBelow > 0 {
            parts.append("\(model.newBelow) new below")
        } else if model.bottom != nil {
            parts.append("scrolled up")
        }
        if let peer = model.conversations.first(where: { $0.peer == model.selected }) {
            parts.append("\(peer.name): \(peer.trust.rawValue), \(link(model, peer))")
        }
        if !hasList, let others = unread(model) { parts.append(others) }
        let requests = model.conversations.count { $0.standing == .request }
        if requests > 0 { parts.append(requests.of("request")) }
        if !model.directory.isOnline, let reason = model.directory.words.first {
            // Room for what comes next, where enough of the reason stays; /status has all of it.
            let room = columns - 5 - (parts.first.map { displayWidth($0) } ?? 0)
            parts.insert(room >= shortestReason ? fitted(reason, room) : reason, at: 0)
        }
        if let search = model.search { parts.insert(Self.search(search), at: 0) }
        parts += model.transfers
        parts.append(model.own + (model.directory.isOnline ? " online" : ""))
        if model.directory.isOnline { parts += model.directory.words }
        var text = ""
        for part in parts {
            let longer = text.isEmpty ? " " + part : text + " · " + part
            // Whole parts only, the first excepted; a shorter one further on may still have room.
            guard text.isEmpty || displayWidth(longer) < columns else { continue }
            text = longer
        }
        return Frame.Row([Span(fit(text, columns), .reverse)])
    }

    private static let shortestReason = 24

    private static func search(_ search: SearchMark) -> String {
        let count = "\(search.number) of \(search.count)\(search.isComplete ? "" : "+")"
        let keys = "F3 older, Shift-F3 newer, Esc back"
        return "“\(fitted(search.words, 20))” \(count): "
            + (search.note.isEmpty ? keys : search.note + ", Esc back")
    }

    private static func link(_ model: ScreenModel, _ peer: ConversationItem) -> String {
        model.isConnected ? "connected" : peer.isOnline ? "online" : "not there"
    }

    /// Who wrote, where there is no list that says so.
    private static func unread(_ model: ScreenModel) -> String? {
        let waiting = model.conversations.filter { $0.unread > 0 && $0.peer != model.selected && !$0.isMuted }
        guard let first = waiting.first else { return nil }
        let more = waiting.count > 1 ? " +\(waiting.count - 1)" : ""
        return "(\(first.unread)) \(first.name)\(more)"
    }
}
