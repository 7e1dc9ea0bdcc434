import Chat
import Identity
import Store
import Terminal

/// All about one peer, with the number to compare first.
enum DetailsView {
    static func rows(_ details: PeerDetails, columns: Int, room: Int) -> [Frame.Row] {
        let width = details.code.map(displayWidth).max() ?? 0
        let isBeside = width > 0 && columns - width - 2 >= Self.narrowestText && room >= details.code.count
        let text = self.text(details, columns: isBeside ? columns - width - 2 : columns)
        guard !isBeside else {
            return (0..<max(text.count, details.code.count)).map { index in
                let left = index < text.count ? text[index] : Frame.Row()
                let gap = columns - width - left.spans.reduce(0) { $0 + $1.width }
                let right = index < details.code.count ? details.code[index] : ""
                return Frame.Row(
                    left.spans + [Span(String(repeating: " ", count: max(0, gap))), Span(right)])
            }
        }
        // In parts it could not be read.
        guard width > 0, width <= columns, room >= details.code.count else {
            return text + [
                Frame.Row([Span(fitted("(a larger window has room for the QR code)", columns), .dim)])
            ]
        }
        return text + details.code.map { Frame.Row([Span($0)]) }
    }

    private static func text(_ details: PeerDetails, columns: Int) -> [Frame.Row] {
        var rows: [Frame.Row] = []
        func add(_ text: String, _ style: Style = .plain) {
            rows += PanelView.wrap(text, columns: columns).map { Frame.Row([Span($0, style)]) }
        }
        func add(_ name: String, _ value: String) {
            let head = fit(name, Self.nameWidth)
            let lines = PanelView.wrap(value, columns: max(10, columns - Self.nameWidth))
            for (number, line) in lines.enumerated() {
                let left = number == 0 ? head : String(repeating: " ", count: Self.nameWidth)
                rows.append(Frame.Row([Span(left, .dim), Span(line)]))
            }
        }
        switch details.isEqual {
        case true?: add("The numbers are equal: \(details.name) is verified.", Style(.green, bold: true))
        case false?:
            add(
                "! The numbers differ: somebody may be between you and \(details.name), who is now unverified.",
                Style(.red, bold: true))
        case nil: break
        }
        add("\(details.trust.rawValue): \(details.trust.meaning)", .bold)
        add("number", details.safetyNumber)
        if details.isEqual != true, details.trust != .verified {
            add(
                "Compare it with \(details.name) over another way (a phone, a table), then: /verify NUMBER",
                .dim)
        }
        add("fingerprint", details.peer.groupedFingerprint)
        add("handle", details.handle ?? "none that the directory confirms")
        add("own name", details.nickname ?? "none; /name gives one")
        add("link", details.link)
        switch details.addresses {
        case nil: break
        case []?: add("address", "none: cannot be called")
        case let addresses?: add("address", addresses.joined(separator: " "))
        }
        if details.standing != .accepted { add("standing", details.standing.rawValue) }
        if details.isMuted { add("muted", "what it writes is kept and not announced") }
        add("you", details.ownFingerprint)
        // Last: of what a small window cuts off, it is what one misses least.
        if let log = details.log { add("log", log) }
        return rows
    }

    private static let nameWidth = 12
    private static let narrowestText = 40
}
