import Glibc

/// Words to look for. A message is found when all of them occur in it, in any order, each anywhere, also inside a longer word;
/// neither case nor accents count.
package struct SearchQuery: Sendable, Equatable {
    /// Folded, in UTF-8, the longest first: it is the least likely to occur.
    let words: [[UInt8]]

    /// Words are what white space separates. Without one, every message is found.
    package init(_ text: String) {
        var folder = Folding()
        words = text.split(whereSeparator: \.isWhitespace).map { word in
            folder.fold(Array(word.utf8))
        }
        .filter { !$0.isEmpty }
        .sorted { $0.count > $1.count }
    }

    package var isEmpty: Bool { words.isEmpty }

    /// Whether all words occur in a text that is folded already.
    func matches(folded: UnsafeRawBufferPointer) -> Bool {
        words.allSatisfy { word in word.withUnsafeBytes { Self.contains(folded, $0) } }
    }

    private static func contains(_ text: UnsafeRawBufferPointer, _ word: UnsafeRawBufferPointer) -> Bool {
        guard let first = word.first, let pattern = word.baseAddress, var place = text.baseAddress else {
            return word.isEmpty
        }
        // Places where the word can still begin.
        var left = text.count - word.count + 1
        while left > 0, let found = memchr(place, Int32(first), left) {
            if memcmp(found, pattern, word.count) == 0 { return true }
            let next = UnsafeRawPointer(found) + 1
            left -= next - place
            place = next
        }
        return false
    }
}
