import Identity
import Store

/// Where one is: in which conversation, and where in it.
struct ScreenPlace: Equatable, Sendable {
    enum Position: Equatable, Sendable {
        case end
        /// This line stands at the bottom.
        case bottom(FlowAnchor)
        /// The message is in sight, with what stands around it.
        case message(Int64)
    }

    let peer: PublicIdentity?
    var position = Position.end
}

/// Looking for words: what was found so far, and where one came from.
struct ScreenSearch {
    let words: String
    let query: SearchQuery
    let origin: ScreenPlace
    /// The newest first.
    var found: [FoundMessage] = []
    var isComplete = false
    /// The hit that one has gone to; nil while only the list is looked at.
    var current: Int?

    /// Whether one has gone anywhere since, in this search or the one before it.
    var hasMoved = false

    /// Hits that are read from the store at a time, and kept at most.
    static let page = 20
    static let most = 1000
}

/// The part of a text that shows why it was found.
enum FoundText {
    /// One line of at most so many characters, around the first word that occurs as it was typed, but for upper and lower case.
    static func around(_ words: String, in text: String, atMost count: Int = 160) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard line.count > count else { return line }
        let place =
            words.split(whereSeparator: \.isWhitespace).compactMap { offset(of: String($0), in: line) }.min()
            ?? 0
        let first = max(0, min(place - count / 4, line.count - count))
        let part = line.dropFirst(first).prefix(count)
        return (first > 0 ? "…" : "") + part + (first + count < line.count ? "…" : "")
    }

    private static func offset(of word: String, in line: String) -> Int? {
        let (wanted, all) = (Array(word.lowercased()), Array(line.lowercased()))
        guard !wanted.isEmpty, all.count >= wanted.count else { return nil }
        return (0...(all.count - wanted.count)).first { all[$0..<($0 + wanted.count)].elementsEqual(wanted) }
    }
}
