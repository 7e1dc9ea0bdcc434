import Terminal

/// The line being typed, in as many rows as it needs.
struct InputView {
    let line: InputLine
    private(set) var rows: [Frame.Row] = []
    /// Within `rows`.
    private(set) var cursor = Frame.Position(row: 0, column: 0)

    /// - Parameters:
    ///   - mostPrompt: Columns of the prompt; nil: half of what there is, for it may be a peer's long name.
    ///   - mostRows: Beyond them, those around the cursor are shown.
    init(_ line: InputLine, prompt: String, mostPrompt: Int? = nil, columns: Int, mostRows: Int) {
        self.line = line
        let head = fitted(
            line.question ?? (line.prompt.isEmpty ? prompt : line.prompt), mostPrompt ?? max(2, columns) / 2)
        let layout = InputLayout(line, start: displayWidth(head), columns: max(2, columns))
        let first = max(0, min(layout.cursor.row - mostRows + 1, layout.starts.count - mostRows))
        cursor = Frame.Position(row: layout.cursor.row - first, column: layout.cursor.column)
        rows = layout.starts.indices.dropFirst(first).prefix(mostRows).map { number in
            let text = Span(layout.text(ofRow: number))
            return Frame.Row(number == 0 ? [Span(head, .bold), text] : [text])
        }
    }
}

/// Where the rows of a text begin. Their texts are made only for those that are shown: a paste may have ten thousand.
private struct InputLayout {
    private let scalars: String.UnicodeScalarView
    private(set) var starts: [String.Index]
    private(set) var cursor: Frame.Position

    init(_ line: InputLine, start: Int, columns: Int) {
        scalars = line.text.unicodeScalars
        starts = [scalars.startIndex]
        var (row, width, number) = (0, start, 0)
        var found: Frame.Position?
        var last: Unicode.Scalar?
        var index = scalars.startIndex
        while index < scalars.endIndex {
            let scalar = scalars[index]
            let own = Self.width(scalar, after: last)
            if width + own > columns {
                starts.append(index)
                (row, width) = (row + 1, 0)
            }
            if number == line.cursor { found = Frame.Position(row: row, column: width) }
            width += own
            scalars.formIndex(after: &index)
            if scalar == "\n" {
                starts.append(index)
                (row, width) = (row + 1, 0)
            }
            last = scalar
            number += 1
        }
        if found == nil, width >= columns {
            starts.append(index)
            (row, width) = (row + 1, 0)
        }
        cursor = found ?? Frame.Position(row: row, column: width)
    }

    func text(ofRow number: Int) -> String {
        let start = starts[number]
        let end = number + 1 < starts.count ? starts[number + 1] : scalars.endIndex
        var last = start > scalars.startIndex ? scalars[scalars.index(before: start)] : nil
        var text = ""
        for scalar in scalars[start..<end] {
            text += Self.shown(scalar, after: last)
            last = scalar
        }
        return text
    }

    private static func width(_ scalar: Unicode.Scalar, after last: Unicode.Scalar?) -> Int {
        (0x20..<0x7F).contains(scalar.value) ? 1 : displayWidth(shown(scalar, after: last))
    }

    /// What is pasted may hold anything: a control is shown, a newline breaks, a mark leans on what stands before it.
    private static func shown(_ scalar: Unicode.Scalar, after last: Unicode.Scalar?) -> String {
        if scalar == "\n" { return "" }
        let own = VisibleText(String(scalar)).description
        guard let last, last != "\n", isMark(scalar) else { return own }
        return own.isEmpty ? own : String(scalar)
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }
}

/// At most so many columns of a text.
func fitted(_ text: String, _ columns: Int) -> String {
    guard displayWidth(text) > columns else { return text }
    var cut = fit(text, columns)
    while cut.hasSuffix(" ") { cut.removeLast() }
    return cut
}
