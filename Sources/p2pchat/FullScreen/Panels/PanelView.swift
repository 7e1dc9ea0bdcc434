import Chat
import Identity
import Store
import Terminal

/// A panel as rows of a width, at most so many.
enum PanelView {
    /// A row, and the item of a list that it belongs to.
    struct Line: Equatable {
        let row: Frame.Row
        var item: Int?
    }

    /// Rows that the messages keep: what comes is seen meanwhile.
    static func rowsForMessages(height: Int) -> Int { height > 1 ? max(1, min(3, height / 4)) : 0 }

    static func lines(_ panel: Panel, columns: Int, height: Int) -> [Line] {
        let most = height - rowsForMessages(height: height)
        guard most > 0 else { return [] }
        let keys = keyRows(panel, columns: columns)
        let note =
            panel.note.isEmpty
            ? []
            : wrap(panel.note, columns: columns).prefix(2).map { Line(row: Frame.Row([Span($0, .bold)])) }
        let title = Line(row: Self.title(panel, columns: columns))
        let room = max(0, most - 1 - note.count - keys.count)
        let all = [title] + content(panel, columns: columns, room: room) + note + keys
        // Where not even that fits, what one chose and what one can do goes first.
        return all.count > most ? Array(all.suffix(most)) : all
    }

    private static func title(_ panel: Panel, columns: Int) -> Frame.Row {
        let text =
            switch panel.content {
            case .people(let people): "who is discoverable" + (people.map { " (\($0.count))" } ?? "")
            case .requests(let requests): "who asks to talk (\(requests.count))"
            case .files(let files): "files (\(files.count))"
            case .details(let details): details.name + mark(details)
            case .found(let found):
                "“\(VisibleText(found.words))” (\(found.messages.count)\(found.isComplete ? "" : "+"))"
            }
        let head = "── " + fitted(text, max(0, columns - 6)) + " "
        return Frame.Row([
            Span(head, .bold),
            Span(String(repeating: "─", count: max(0, columns - displayWidth(head))), .dim),
        ])
    }

    private static func mark(_ details: PeerDetails) -> String {
        details.trust == .verified ? "+" : details.trust == .unverified ? "" : "!"
    }

    // MARK: Keys

    private static func keyRows(_ panel: Panel, columns: Int) -> [Line] {
        var parts: [String] = []
        if panel.isList {
            if panel.items.count > 1 { parts.append("↑↓") }
        } else {
            parts.append("↑↓ scroll")
        }
        parts += panel.keys.map { ($0.letter.map { "Alt-\($0) " } ?? "Enter ") + $0.words }
        parts.append("Esc close")
        var rows = [""]
        for part in parts {
            let longer = (rows.last ?? "").isEmpty ? part : (rows.last ?? "") + " · " + part
            if displayWidth(longer) <= columns {
                rows[rows.count - 1] = longer
            } else {
                rows.append(part)
            }
        }
        return rows.map { Line(row: Frame.Row([Span(fit($0, columns), .reverse)])) }
    }

    // MARK: Content

    private static func content(_ panel: Panel, columns: Int, room: Int) -> [Line] {
        if case .details(let details) = panel.content {
            let lines = DetailsView.rows(details, columns: columns, room: room)
            let first = min(panel.position, max(0, lines.count - room))
            return lines.dropFirst(first).prefix(room).map { Line(row: $0) }
        }
        let count = panel.items.count
        guard count > 0 else {
            return wrap(nothing(panel), columns: columns).prefix(room).map {
                Line(row: Frame.Row([Span($0, .dim)]))
            }
        }
        return window(panel, columns: columns, room: room)
    }

    /// How far a page can be scrolled.
    static func lastPosition(_ panel: Panel, columns: Int, height: Int) -> Int {
        guard case .details(let details) = panel.content else { return 0 }
        let room = max(
            0,
            height - rowsForMessages(height: height) - 1 - keyRows(panel, columns: columns).count
                - (panel.note.isEmpty ? 0 : 1))
        return max(0, DetailsView.rows(details, columns: columns, room: room).count - room)
    }

    private static func nothing(_ panel: Panel) -> String {
        switch panel.kind {
        case .people:
            panel.content == .people(nil)
                ? "asking the directory" : "nobody else is online and discoverable; who comes appears here"
        case .requests: "nobody waits for an answer"
        case .files: "no files yet; /send FILE offers one"
        case .found: "nothing found"
        case .details: ""
        }
    }

    /// Items around the one that is chosen, which is in sight as a whole as far as there is room.
    private static func window(_ panel: Panel, columns: Int, room: Int) -> [Line] {
        let count = panel.items.count
        let chosen = max(0, min(panel.position, count - 1))
        func item(_ index: Int) -> [Line] {
            ListView.rows(panel, index, isChosen: index == chosen, columns: columns).map {
                Line(row: $0, item: index)
            }
        }
        var lines = Array(item(chosen).prefix(room))
        var (first, next) = (chosen, chosen + 1)
        // Half of what is left above, then below, then above again.
        while first > 0, lines.count < room / 2 {
            first -= 1
            lines = item(first) + lines
        }
        while next < count, lines.count < room {
            lines += item(next)
            next += 1
        }
        while first > 0, lines.count < room {
            first -= 1
            lines = item(first) + lines
        }
        // Cut where the chosen one is not.
        let end = lines.lastIndex { $0.item == chosen } ?? 0
        let surplus = max(0, lines.count - room)
        let above = lines.count - 1 - end >= surplus ? 0 : surplus
        return Array(lines.dropFirst(above).prefix(room))
    }

    static func wrap(_ text: String, indent: Int = 0, columns: Int) -> [String] {
        VisibleText.block(text, indent: indent, columns: columns).description
            .split(separator: "\n", omittingEmptySubsequences: false).map { fitted(String($0), columns) }
    }
}
