import Terminal

/// Whom a part of a name may mean, while it is being typed.
enum JumpView {
    static let question = "Go to: "

    /// Those whose name holds the characters in this order, the best first: beginnings, then whole words, then the rest.
    static func matches(_ conversations: [ConversationItem], _ typed: String) -> [ConversationItem] {
        let wanted = typed.lowercased().filter { !$0.isWhitespace }
        let found = conversations.compactMap { item in
            score(item.name.lowercased(), wanted).map { ($0, item) }
        }
        return found.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }.map(
            \.element.1)
    }

    /// Smaller is better; nil when it does not match.
    private static func score(_ name: String, _ wanted: String) -> Int? {
        if name.hasPrefix(wanted) { return 0 }
        if name.contains(wanted) { return 1 }
        var rest = wanted[...]
        for character in name where character == rest.first { rest.removeFirst() }
        return rest.isEmpty ? 2 : nil
    }

    /// The choices above the input; nil when nobody is being looked for.
    static func rows(_ model: ScreenModel, _ line: InputLine, columns: Int) -> [Frame.Row]? {
        guard line.question == question else { return nil }
        let found = matches(model.conversations, line.text).prefix(8)
        guard !found.isEmpty else { return [Frame.Row([Span(fit("  nobody is called so", columns), .dim)])] }
        return found.enumerated().map { number, item in
            let unread = item.unread > 0 ? " (\(item.unread))" : ""
            let text = (number == 0 ? "> " : "  ") + item.name + SideList.mark(item) + unread
            return Frame.Row([Span(fit(text, columns), number == 0 ? .reverse : .plain)])
        }.reversed()
    }
}
