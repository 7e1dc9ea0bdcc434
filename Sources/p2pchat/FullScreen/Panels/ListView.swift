import Chat
import Directory
import Identity
import Store
import Terminal

/// One item of a list, in one or more rows.
enum ListView {
    static func rows(_ panel: Panel, _ index: Int, isChosen: Bool, columns: Int) -> [Frame.Row] {
        let number = "\(panel.number(index))"
        let head =
            (isChosen ? "> " : "  ") + String(repeating: " ", count: max(0, 2 - number.count)) + number + " "
        let indent = displayWidth(head)
        let style: Style = isChosen ? .reverse : .plain
        func first(_ text: String) -> Frame.Row { Frame.Row([Span(fit(head + text, columns), style)]) }
        func below(_ spans: [Span]) -> Frame.Row {
            Frame.Row([Span(String(repeating: " ", count: min(indent, columns)))] + spans)
        }
        let room = max(0, columns - indent)
        switch panel.content {
        case .people(let people): return [first(person(people?[index], columns: room))]
        case .requests(let requests):
            let request = requests[index]
            let text = PanelView.wrap(request.text, columns: room)
            let shown = text.prefix(Self.linesOfRequest)
            var rows = [first("\(request.name), \(request.when)")] + shown.map { below([Span($0)]) }
            if text.count > shown.count { rows.append(below([Span("…", .dim)])) }
            return rows
        case .files(let files):
            let file = files[index]
            let arrow = file.isIncoming ? "from" : "to"
            return [
                first("\(file.name), \(ByteCount.text(file.size)), \(arrow) \(file.peer)"),
                below(file.row(columns: room)),
            ]
        case .found(let found):
            let message = found.messages[index]
            let row = first("\(message.name), \(message.when)")
            func line(_ text: String, _ style: Style) -> Frame.Row {
                below([Span(fitted(text, room), style)])
            }
            let said = line("\(message.sender): \(message.text)", .plain)
            guard isChosen else { return [row, said] }
            return [row] + (message.before.map { [line($0, .dim)] } ?? []) + [said]
                + (message.after.map { [line($0, .dim)] } ?? [])
        case .details: return []
        }
    }

    private static func person(_ person: PersonItem?, columns: Int) -> String {
        guard let person else { return "" }
        var parts = [person.entry.identity.shortFingerprint]
        if let standing = person.standing {
            parts.insert(standing == .accepted ? person.trust.rawValue : standing.rawValue, at: 0)
        }
        parts.append(
            person.entry.addresses.isEmpty
                ? "cannot be called" : person.entry.addresses.map(\.description).joined(separator: " "))
        let mark = person.trust == .verified ? "+" : person.trust == .unverified ? "" : "!"
        var text = fit(person.name + mark, min(Self.nameWidth, columns))
        for part in parts {
            guard displayWidth(text) + 2 + displayWidth(part) <= columns else { continue }
            text += "  " + part
        }
        return text
    }

    private static let nameWidth = 16
    private static let linesOfRequest = 6
}
