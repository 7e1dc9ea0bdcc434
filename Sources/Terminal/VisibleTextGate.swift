/// The rules of ``VisibleText``, scalar by scalar.
struct VisibleTextGate {
    let newlineEndsLine: Bool

    /// On one base; the most that living scripts stack is four or five.
    static let maximumMarks = 8

    private var lines: [String] = []
    private var line = String.UnicodeScalarView()
    /// The last scalar of the input that was kept as itself on this line.
    private var last: Unicode.Scalar?
    private var marks = 0

    init(newlineEndsLine: Bool) {
        self.newlineEndsLine = newlineEndsLine
    }

    /// Without newlines; at least one line.
    mutating func lines(of text: String) -> [String] {
        lines = []
        line = String.UnicodeScalarView()
        last = nil
        let scalars = text.unicodeScalars
        var index = scalars.startIndex
        while index < scalars.endIndex {
            let scalar = scalars[index]
            index = scalars.index(after: index)
            let next = index < scalars.endIndex ? scalars[index] : nil
            // CR LF is one newline.
            if scalar == "\r" && next == "\n" && newlineEndsLine { continue }
            take(scalar, before: next)
        }
        endLine()
        return lines
    }

    private mutating func take(_ scalar: Unicode.Scalar, before next: Unicode.Scalar?) {
        switch scalar.value {
        case 0x0A where newlineEndsLine:
            endLine()
        case 0x09:
            show("    ")
        case 0..<0x20:
            Unicode.Scalar(0x2400 + scalar.value).map { show(String($0)) }
        case 0x7F:
            show("\u{2421}")
        case 0x20..<0x7F:
            keep(scalar)
        case 0x80..<0xA0, 0x2028...0x202E, 0x2066...0x2069:
            showCode(scalar)
        case _ where scalar.properties.isNoncharacterCodePoint:
            showCode(scalar)
        case 0xFFF9...0xFFFB:
            break
        case 0x200C, 0x200D:
            if joins(scalar, before: next) { keepMark(scalar) }
        case 0xFE0E, 0xFE0F:
            if let last, last.properties.isEmoji { keepMark(scalar) }
        default:
            if scalar.properties.isDefaultIgnorableCodePoint { return }
            if displayWidth(of: scalar) == 0 || isMark(scalar) { keepMark(scalar) } else { keep(scalar) }
        }
    }

    private mutating func endLine() {
        lines.append(String(line))
        line = String.UnicodeScalarView()
        last = nil
    }

    private mutating func keep(_ scalar: Unicode.Scalar) {
        line.append(scalar)
        last = scalar
        marks = 0
    }

    /// Stands for a scalar that is not kept; nothing after it may join or lean on it.
    private mutating func show(_ replacement: String) {
        line.append(contentsOf: replacement.unicodeScalars)
        last = nil
    }

    private mutating func showCode(_ scalar: Unicode.Scalar) {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        show("⟨U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "⟩")
    }

    private mutating func keepMark(_ scalar: Unicode.Scalar) {
        // Otherwise it would change whatever the program printed before.
        if last == nil { keep("\u{25CC}") }
        guard marks < Self.maximumMarks else { return }
        line.append(scalar)
        last = scalar
        marks += 1
    }

    private func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }

    private func joins(_ joiner: Unicode.Scalar, before next: Unicode.Scalar?) -> Bool {
        guard let last, let next else { return false }
        if joiner.value == 0x200D && isPicture(next) && (isPicture(last) || last.value == 0xFE0F) {
            return true
        }
        return needsJoiners(last) && needsJoiners(next)
    }

    private func isPicture(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value > 0xFF && scalar.properties.isEmoji
    }

    /// Scripts in which ZWJ and ZWNJ choose between forms of letters: Arabic and its neighbours, those of India and
    /// Sri Lanka, Myanmar, Khmer, Mongolian.
    private func needsJoiners(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0620...0x08FF, 0x0900...0x0DFF, 0x1000...0x109F, 0x1780...0x17FF, 0x1800...0x18AF,
            0xA8E0...0xA8FF,
            0xFB50...0xFDCF, 0xFE70...0xFEFC:
            scalar.properties.isAlphabetic || isMark(scalar)
        default:
            false
        }
    }
}
