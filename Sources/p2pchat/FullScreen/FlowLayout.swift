import Chat
import Files
import Identity
import Store
import Terminal
import Wire

/// The middle of the screen: items of the flow as rows of a width.
enum FlowLayout {
    /// One row, and the line of the flow that it is.
    struct Line: Equatable {
        let row: Frame.Row
        let anchor: FlowAnchor
    }

    /// The last rows up to the bottom anchor, at most `height`; the newest at the end.
    static func page(_ model: ScreenModel, columns: Int, height: Int) -> [Line] {
        guard height > 0 else { return [] }
        var page: [Line] = []
        for index in model.flow.indices.reversed() {
            let item = model.flow[index]
            if let bottom = model.bottom, bottom.isBefore(item) { continue }
            var rows = lines(of: item, after: message(before: index, model), in: model, columns: columns)
            if let bottom = model.bottom, bottom.place == item.place, bottom.number == item.number {
                rows = Array(rows.prefix(bottom.line + 1))
            }
            page.insert(contentsOf: rows, at: 0)
            if page.count >= height { break }
        }
        return Array(page.suffix(height))
    }

    /// The rows behind a line, at most so many.
    static func lines(_ model: ScreenModel, behind anchor: FlowAnchor, atMost count: Int, columns: Int)
        -> [Line]
    {
        var found: [Line] = []
        for index in model.flow.indices {
            let item = model.flow[index]
            guard (item.place, item.number) >= (anchor.place, anchor.number) else { continue }
            let rows = lines(of: item, after: message(before: index, model), in: model, columns: columns)
            let isSame = item.place == anchor.place && item.number == anchor.number
            found += isSame ? Array(rows.dropFirst(anchor.line + 1)) : rows
            if found.count >= count { break }
        }
        return Array(found.prefix(count))
    }

    private static func message(before index: Int, _ model: ScreenModel) -> FlowItem? {
        model.flow[..<index].last { $0.message != nil }
    }

    /// The rows of one item; a day separator stands before the first message of a day.
    ///
    /// - Parameter former: The message before it, which tells whether another day begins.
    static func lines(of item: FlowItem, after former: FlowItem?, in model: ScreenModel, columns: Int)
        -> [Line]
    {
        var subject = LaidItems.Subject(item: item, columns: columns, time: model.settings.timeFormat)
        if let message = item.message {
            let day = EventLine.day(message.sentAt)
            if former?.message.map({ EventLine.day($0.sentAt) }) != day { subject.opensDay = day }
            subject.isFound = message.row == model.search?.row
            if case .file(_) = message.content { subject.file = model.files[fileKey(message)] }
        }
        return LaidItems.lines(of: subject) {
            rows(of: subject).enumerated().map { line, row in
                Line(row: row, anchor: FlowAnchor(place: item.place, number: item.number, line: line))
            }
        }
    }

    private static func rows(of subject: LaidItems.Subject) -> [Frame.Row] {
        let columns = subject.columns
        var rows: [Frame.Row] = []
        switch subject.item.content {
        case .notice(let text):
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                let indent = HangingIndent.columns(of: String(line), usual: 2, width: columns)
                // A camera needs all the contrast there is.
                let style: Style = QRCode.isRow(String(line)) ? .plain : .dim
                rows += wrap(String(line), indent: indent, columns: columns).map {
                    Frame.Row([Span($0, style)])
                }
            }
        case .message(let message, let sender):
            if let day = subject.opensDay { rows.append(separator(day, columns)) }
            rows += messageRows(message, sender, isFound: subject.isFound, columns, subject.time)
            if let file = subject.file { rows.append(fileRow(file, columns)) }
        }
        return rows
    }

    private static func separator(_ day: String, _ columns: Int) -> Frame.Row {
        let rest = max(0, columns - day.count - 4)
        return Frame.Row([Span("── \(day) " + String(repeating: "─", count: rest), .dim)])
    }

    private static func fileKey(_ message: StoredMessage) -> TransferKey {
        let direction: TransferKey.Direction = message.direction == .incoming ? .incoming : .outgoing
        return TransferKey(peer: message.peer, id: message.id, direction: direction)
    }

    /// How the file is getting on, in just one row: whatever becomes of it, what stands around it stays where it is.
    private static func fileRow(_ file: FileItem, _ columns: Int) -> Frame.Row {
        let margin = min(6, columns / 8)
        return Frame.Row([Span(String(repeating: " ", count: margin))] + file.row(columns: columns - margin))
    }

    private static func messageRows(
        _ message: StoredMessage, _ sender: String, isFound: Bool, _ columns: Int, _ time: TimeFormat
    ) -> [Frame.Row] {
        let isOwn = message.direction == .outgoing
        let mark = isOwn ? DeliveryMark.text(message.state) : ""
        let colour = isOwn ? Style(bold: true) : Style(.one(of: Self.number(of: message)), bold: true)
        var head = [Span(EventLine.clock(message.sentAt, time) + " ", .dim), Span(sender, colour)]
        if !mark.isEmpty { head.append(Span(" " + mark, Style(message.state == .queued ? .yellow : .green))) }
        head.append(isFound ? Span(" » ", .reverse) : Span(" "))
        let start = head.reduce(0) { $0 + $1.width }
        let text = EventLine.content(message.content, start: start, columns: columns)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return lines.enumerated().map { number, line in
            Frame.Row(number == 0 ? head + [Span(line)] : [Span(line)])
        }
    }

    /// Stays for a person, whatever its name is.
    private static func number(of message: StoredMessage) -> Int {
        message.peer.bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }

    private static func wrap(_ line: String, indent: Int, columns: Int) -> [String] {
        VisibleText.block(line, indent: indent, columns: columns).description
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}

/// How far an own message is, in one or two characters that need no colour.
enum DeliveryMark {
    static func text(_ state: DeliveryState) -> String {
        switch state {
        case .queued: "…"
        case .sent: "›"
        case .delivered: "✓"
        case .read: "✓✓"
        }
    }

    static let legend = "… waits  › sent  ✓ delivered  ✓✓ read"
}
