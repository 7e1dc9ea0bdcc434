import Synchronization

/// Long messages as they were broken into rows last: they are drawn again with every key, and to break 64,000 bytes takes as long as a
/// key press may.
enum LongTexts {
    private struct Entry {
        let text: String
        let start: Int
        let columns: Int
        let rows: [String]
    }

    private static let kept = Mutex<[Entry]>([])

    /// The rows that `broken` makes of a text, or made before.
    static func rows(_ text: String, start: Int, columns: Int, _ broken: () -> [String]) -> [String] {
        guard text.utf8.count >= shortest else { return broken() }
        let known = kept.withLock { kept in
            kept.last { $0.start == start && $0.columns == columns && $0.text == text }
        }
        if let known { return known.rows }
        let rows = broken()
        kept.withLock { kept in
            kept.append(Entry(text: text, start: start, columns: columns, rows: rows))
            if kept.count > most { kept.removeFirst() }
        }
        return rows
    }

    private static let shortest = 2000
    private static let most = 16
}
