/// What of a row is given to the terminal: the last gate before it, and the right edge.
///
/// The terminal's idea of the columns must be ours, or all that follows on the row stands wrong: so what terminals
/// draw together in ways of their own (joined emoji, skin tones, variation selectors) is drawn as its parts.
func cut(_ row: Frame.Row, columns: Int) -> [Span] {
    var cutter = RowCutter(columns: columns)
    for span in row.spans where !cutter.isFull { cutter.take(span) }
    return cutter.spans
}

/// Rows, from 0, that differ between what is shown and what is to be shown, in a screen of so many.
func changedRows(from old: [Frame.Row], to new: [Frame.Row], rows: Int) -> [Int] {
    (0..<max(0, rows)).filter { row in
        (row < old.count ? old[row] : Frame.Row()) != (row < new.count ? new[row] : Frame.Row())
    }
}

private struct RowCutter {
    /// On one character: what a cell of ncurses holds beside it.
    static let maximumMarks = 4

    let columns: Int
    private(set) var spans: [Span] = []
    private(set) var isFull = false
    private var used = 0
    private var marks = 0
    private var last: Unicode.Scalar?

    init(columns: Int) {
        self.columns = columns
    }

    mutating func take(_ span: Span) {
        if isPlain(span.text) { return takePlain(span) }
        var text = String.UnicodeScalarView()
        for scalar in span.text.unicodeScalars {
            let width = displayWidth(of: scalar)
            if width <= 0 {
                guard isMark(scalar), last != nil, marks < Self.maximumMarks else { continue }
                marks += 1
                // A mark leans on what stands before it, in whatever style.
                if text.isEmpty, let previous = spans.indices.last {
                    spans[previous].text.unicodeScalars.append(scalar)
                } else {
                    text.append(scalar)
                }
                continue
            }
            guard used + width <= columns else {
                isFull = true
                break
            }
            text.append(contentsOf: drawn(scalar, width: width))
            used += width
            marks = 0
            last = scalar
        }
        if !text.isEmpty { spans.append(Span(String(text), span.style)) }
    }

    /// Most of what is drawn: a column for each byte, and nothing to be replaced.
    private mutating func takePlain(_ span: Span) {
        let room = columns - used
        let count = span.text.utf8.count
        isFull = count > room
        let text = isFull ? String(span.text.unicodeScalars.prefix(room)) : span.text
        guard let end = text.unicodeScalars.last else { return }
        spans.append(Span(text, span.style))
        used += min(count, room)
        marks = 0
        last = end
    }

    /// What stands for a scalar that takes `width` columns.
    private func drawn(_ scalar: Unicode.Scalar, width: Int) -> [Unicode.Scalar] {
        switch scalar.value {
        case 0x20..<0x7F: return [scalar]
        case 0xAD: return ["-"]
        // Many terminals draw a skin tone in the emoji before it, and some beside it.
        case 0x1F3FB...0x1F3FF where last?.properties.isEmojiModifierBase == true: return [" ", " "]
        default: return hasKnownWidth(scalar) ? [scalar] : ["\u{FFFD}"]
        }
    }

    private func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: !scalar.properties.isVariationSelector
        // Vowels and finals of Hangul that is not composed.
        case .otherLetter: true
        default: false
        }
    }
}
