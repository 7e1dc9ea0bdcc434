import Terminal

/// The line being typed, in as many rows as it needs.
struct InputView {
    let line: InputLine
    private(set) var rows: [Frame.Row] = []
    /// Within `rows`.
    private(set) var cursor = Frame.Position(row: 0, column: 0)

    /// - Parameter mostRows: Beyond them, those around the cursor are shown.
    init(_ line: InputLine, prompt: String, columns: Int, mostRows: Int) {
        self.line = line
        let columns = max(2, columns)
        let head = fitted(line.question ?? (line.prompt.isEmpty ? prompt : line.prompt), columns / 2)
        var rows = [""]
        var width = displayWidth(head)
        var cursor: Frame.Position?
        for (number, scalar) in line.text.unicodeScalars.enumerated() {
            // What is pasted may hold anything; a control is shown, a newline breaks.
            let shown = scalar == "\n" ? "" : VisibleText(String(scalar)).description
            let own = displayWidth(shown)
            if width + own > columns {
                rows.append("")
                width = 0
            }
            if number == line.cursor { cursor = Frame.Position(row: rows.count - 1, column: width) }
            rows[rows.count - 1] += shown
            width += own
            if scalar == "\n" {
                rows.append("")
                width = 0
            }
        }
        if cursor == nil, width >= columns {
            rows.append("")
            width = 0
        }
        let place = cursor ?? Frame.Position(row: rows.count - 1, column: width)
        let first = max(0, min(place.row - mostRows + 1, rows.count - mostRows))
        self.cursor = Frame.Position(row: place.row - first, column: place.column)
        self.rows = rows.enumerated().dropFirst(first).prefix(mostRows).map { number, text in
            Frame.Row(number == 0 ? [Span(head, .bold), Span(text)] : [Span(text)])
        }
    }
}

/// At most so many columns of a text.
func fitted(_ text: String, _ columns: Int) -> String {
    displayWidth(text) <= columns ? text : fit(text, columns)
}
