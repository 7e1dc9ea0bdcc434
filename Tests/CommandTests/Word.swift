/// One word of a command, split as a shell would: at spaces, but not inside '…' or "…". No backslashes, no pipes,
/// no globs: a transcript that needs a shell calls `sh -c`.
struct Word: Sendable, Equatable {
    let text: String
    /// Quoted words are never signs like `<` or `&name`.
    let isQuoted: Bool
    /// Which parts of the text stood in '…', where `$` is a dollar: these are not expanded.
    private let pieces: [Piece]

    private struct Piece: Equatable {
        var text: String
        var isLiteral: Bool
    }

    private init(pieces: [Piece], isQuoted: Bool) {
        self.pieces = pieces
        self.isQuoted = isQuoted
        text = pieces.map(\.text).joined()
    }

    func expanded(_ variables: Variables) throws -> String {
        try pieces.map { $0.isLiteral ? $0.text : try variables.expand($0.text) }.joined()
    }

    /// Nil when a quote is not closed.
    static func split(_ text: String) -> [Word]? {
        var words: [Word] = []
        var pieces: [Piece] = []
        var isInWord = false
        var isQuoted = false
        var quote: Character?
        func append(_ character: Character, literal: Bool) {
            if let last = pieces.indices.last, pieces[last].isLiteral == literal {
                pieces[last].text.append(character)
            } else {
                pieces.append(Piece(text: String(character), isLiteral: literal))
            }
        }
        func finish() {
            if isInWord { words.append(Word(pieces: pieces, isQuoted: isQuoted)) }
            (pieces, isInWord, isQuoted) = ([], false, false)
        }
        for character in text {
            if let open = quote {
                if character == open { quote = nil } else { append(character, literal: open == "'") }
            } else if character == "'" || character == "\"" {
                quote = character
                isInWord = true
                isQuoted = true
            } else if character == " " {
                finish()
            } else {
                isInWord = true
                append(character, literal: false)
            }
        }
        finish()
        return quote == nil ? words : nil
    }
}

/// `$NAME` and `${NAME}`, set by the runner (`$W`) and by captures.
struct Variables: Sendable {
    private var values: [String: String] = [:]

    struct Unknown: Error, CustomStringConvertible {
        let name: String
        var description: String { "$\(name) has no value yet" }
    }

    subscript(name: String) -> String? {
        get { values[name] }
        set { values[name] = newValue }
    }

    /// `transform` is applied to each value that is put in.
    func expand(_ text: String, transform: (String) -> String = { $0 }) throws -> String {
        var result = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...].dropFirst()
            let isBraced = rest.hasPrefix("{")
            let name = (isBraced ? rest.dropFirst() : rest).prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            guard let first = name.first, !first.isNumber else {
                result += "$"
                continue
            }
            guard let value = values[String(name)] else { throw Unknown(name: String(name)) }
            result += transform(value)
            rest = rest.dropFirst(name.count + (isBraced ? 2 : 0))
        }
        return result + rest
    }
}
