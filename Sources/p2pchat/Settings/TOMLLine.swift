/// One line of a settings file. Read is the part of TOML that settings need: names of one word, true and false, texts on one
/// line, comments. The one library at hand for all of TOML ends the program at some malformed lines (`[[[`), and does not tell
/// on which line a value stands.
enum TOMLLine: Equatable, Sendable {
    enum Value: Equatable, Sendable {
        case bool(Bool)
        case text(String)
        /// What is none of them: numbers, dates, lists, words without quotes.
        case other
    }

    /// Nothing, or a comment.
    case blank
    /// The comment has the spaces before it, and is empty where there is none.
    case pair(name: String, value: Value, comment: String)
    /// A text of several lines begins, which ends with these quotes.
    case opens(name: String, end: String)
    /// What follows are no settings any more.
    case table
    case fault(String)

    /// - Parameter text: Without its newline; a carriage return at its end belongs to the newline.
    init(_ text: String) {
        let text = text.hasSuffix("\r") ? String(text.dropLast()) : text
        var line = Scanner(text)
        line.skipSpaces()
        guard let first = line.next else {
            self = .blank
            return
        }
        guard !text.unicodeScalars.contains(where: Self.isForbidden) else {
            self = .fault("a control character")
            return
        }
        switch first {
        case "#": self = .blank
        case "[": self = .table
        default: self = Self.pair(&line)
        }
    }

    /// Whether TOML has no place for it.
    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 && scalar != "\t" || scalar.value == 0x7F
    }

    private static func pair(_ line: inout Scanner) -> TOMLLine {
        let name: String
        if let quote = line.next, quote == "\"" || quote == "'" {
            guard let quoted = line.text() else { return .fault("its name has no closing quote") }
            name = quoted
            line.skipSpaces()
        } else {
            name = line.word(until: ["=", "#"])
        }
        guard line.take("=") else { return .fault("write NAME = VALUE") }
        guard !name.isEmpty else { return .fault("there is no name before =") }
        line.skipSpaces()
        for quotes in ["\"\"\"", "'''"] where line.take(quotes) {
            return line.contains(quotes)
                ? .pair(name: name, value: .other, comment: "") : .opens(name: name, end: quotes)
        }
        let value: Value
        if let quote = line.next, quote == "\"" || quote == "'" {
            value = line.text().map(Value.text) ?? .other
        } else {
            let word = line.word(until: ["#"])
            value = word == "true" ? .bool(true) : word == "false" ? .bool(false) : .other
        }
        let comment = line.comment()
        return .pair(name: name, value: comment == nil ? .other : value, comment: comment ?? "")
    }

    /// A text as TOML has it on one line.
    static func literal(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case _ where isForbidden(scalar):
                let digits = String(scalar.value, radix: 16, uppercase: true)
                literal += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}

/// The rest of a line.
private struct Scanner {
    private let scalars: [Unicode.Scalar]
    private var index = 0

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
    }

    var next: Unicode.Scalar? { scalars.indices.contains(index) ? scalars[index] : nil }

    mutating func skipSpaces() {
        while next == " " || next == "\t" { index += 1 }
    }

    mutating func take(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard scalars[index...].starts(with: wanted) else { return false }
        index += wanted.count
        return true
    }

    func contains(_ text: String) -> Bool { Self.string(scalars[index...]).contains(text) }

    /// Up to one of these or the end, without spaces at its end.
    mutating func word(until ends: Set<Unicode.Scalar>) -> String {
        let start = index
        while let scalar = next, !ends.contains(scalar) { index += 1 }
        return Self.string(scalars[start..<index]).trimmed
    }

    /// What stands between the quotes that come next; nil when they are not closed, or hold an escape that there is not.
    mutating func text() -> String? {
        guard let quote = next else { return nil }
        index += 1
        var text = String.UnicodeScalarView()
        while let scalar = next {
            index += 1
            if scalar == quote { return String(text) }
            guard scalar == "\\", quote == "\"" else {
                text.append(scalar)
                continue
            }
            guard let escaped = escape() else { return nil }
            text.append(escaped)
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        guard let letter = next else { return nil }
        index += 1
        switch letter {
        case "\"", "\\": return letter
        case "b": return "\u{8}"
        case "t": return "\t"
        case "n": return "\n"
        case "f": return "\u{C}"
        case "r": return "\r"
        case "u", "U":
            let count = letter == "u" ? 4 : 8
            guard scalars.count - index >= count else { return nil }
            let digits = scalars[index..<index + count]
            guard digits.allSatisfy(\.properties.isASCIIHexDigit),
                let value = UInt32(Self.string(digits), radix: 16)
            else { return nil }
            index += count
            return Unicode.Scalar(value)
        default: return nil
        }
    }

    /// The comment at the end, with the spaces before it; nil when something else stands there.
    func comment() -> String? {
        var start = index
        while start > 0, scalars[start - 1] == " " || scalars[start - 1] == "\t" { start -= 1 }
        let rest = scalars[index...].drop { $0 == " " || $0 == "\t" }
        guard let first = rest.first else { return "" }
        return first == "#" ? Self.string(scalars[start...]) : nil
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
