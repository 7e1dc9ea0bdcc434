import Chat
import Identity
import Store
import Terminal

/// The whole screen of a model: the list at the side where there is room, messages, a status line, the input.
enum ScreenView {
    static func frame(_ model: ScreenModel, _ input: InputLine, _ size: ScreenSize) -> Frame {
        draw(model, input, size).0
    }

    static func draw(_ model: ScreenModel, _ input: InputLine, _ size: ScreenSize) -> (Frame, ScreenLayout) {
        let input = InputView(
            input, prompt: prompt(model, columns: size.columns), columns: size.columns,
            mostRows: max(1, size.rows / 3))
        let height = max(0, size.rows - input.rows.count - 1)
        let side = size.columns >= Self.widthForList ? SideList.width(columns: size.columns) : 0
        let width = size.columns - (side > 0 ? side + 1 : 0)

        let panel = model.panel.map { PanelView.lines($0, columns: width, height: height) } ?? []
        var layout = ScreenLayout(side: side, width: width, height: height, messages: height - panel.count)
        layout.items = panel.map(\.item)
        layout.firstConversation = SideList.first(model, height: height)

        var middle = FlowLayout.page(model, columns: width, height: layout.messages).map(\.row)
        middle = [Frame.Row](repeating: Frame.Row(), count: max(0, layout.messages - middle.count)) + middle
        middle += panel.map(\.row)
        if let choices = JumpView.rows(model, input.line, columns: width) {
            middle = Array(middle.suffix(max(0, height - choices.count))) + choices.suffix(height)
        }

        var rows: [Frame.Row] = []
        let list = side > 0 ? SideList.rows(model, width: side, height: height) : []
        for row in 0..<height {
            let left = row < list.count ? list[row].spans : [Span(String(repeating: " ", count: side))]
            rows.append(side > 0 ? Frame.Row(left + [Span("│", .dim)] + middle[row].spans) : middle[row])
        }
        rows.append(StatusLine.row(model, columns: size.columns, hasList: side > 0))
        rows += input.rows
        let cursor = Frame.Position(row: height + 1 + input.cursor.row, column: input.cursor.column)
        return (Frame(rows: rows, cursor: cursor), layout)
    }

    private static func prompt(_ model: ScreenModel, columns: Int) -> String {
        guard let selected = model.conversations.first(where: { $0.peer == model.selected }) else {
            return "to whom? "
        }
        // The sign stays, and half of the row for what is typed.
        return fitted(selected.name, max(1, columns / 2 - 2)) + "> "
    }

    /// Columns beside the list, if there is one.
    static func columnsForMessages(of size: ScreenSize) -> Int {
        size.columns < widthForList ? size.columns : size.columns - SideList.width(columns: size.columns) - 1
    }

    /// Below it the list would leave too little for the messages.
    static let widthForList = 80
}

/// The conversations at the side.
enum SideList {
    static func width(columns: Int) -> Int { columns >= 110 ? 28 : 22 }

    static func rows(_ model: ScreenModel, width: Int, height: Int) -> [Frame.Row] {
        guard !model.conversations.isEmpty else {
            return [Frame.Row([Span(fit(" nobody yet: /who", width), .dim)])]
        }
        let first = first(model, height: height)
        return model.conversations.enumerated().dropFirst(first).prefix(height).map { number, item in
            row(item, number: number + 1, width: width, isSelected: item.peer == model.selected)
        }
    }

    /// The index of the one that stands on top: the selected one is always in sight.
    static func first(_ model: ScreenModel, height: Int) -> Int {
        let selected = model.conversations.firstIndex { $0.peer == model.selected } ?? 0
        return max(0, min(selected - height / 2, model.conversations.count - height))
    }

    private static func row(_ item: ConversationItem, number: Int, width: Int, isSelected: Bool) -> Frame.Row
    {
        let count = item.unread > 0 ? "(\(item.unread > 999 ? "999+" : "\(item.unread)"))" : ""
        let last = width >= 28 ? item.last : ""
        let end = [count, last].filter { !$0.isEmpty }.joined(separator: " ")
        let head = (number < 10 ? " " : "") + "\(number) " + (item.isOnline ? "● " : "○ ")
        let room = max(0, width - displayWidth(head) - (end.isEmpty ? 0 : displayWidth(end) + 1))
        let name = fit(item.name + Self.mark(item), room)
        let style = Style(
            item.isOnline ? .green : .plain, bold: item.unread > 0, dim: item.isMuted, reverse: isSelected)
        return Frame.Row([Span(fit(head + name + (end.isEmpty ? "" : " " + end), width), style)])
    }

    /// What one must know of a name, without colour.
    static func mark(_ item: ConversationItem) -> String {
        if item.standing == .request { return "?" }
        switch item.trust {
        case .verified: return "+"
        case .changed, .revoked: return "!"
        case .unverified: return ""
        }
    }
}

/// Cut or filled with spaces to just so many columns.
func fit(_ text: String, _ columns: Int) -> String {
    var result = ""
    var width = 0
    for character in text {
        let own = displayWidth(String(character))
        guard width + own <= columns else {
            // One column for the sign that something is missing.
            while width > columns - 1, let last = result.popLast() { width -= displayWidth(String(last)) }
            if columns > 0 {
                result += "…"
                width += 1
            }
            break
        }
        result.append(character)
        width += own
    }
    return result + String(repeating: " ", count: max(0, columns - width))
}
