import Synchronization
import Terminal

/// Items of the flow as they were laid out last. They are drawn again with every key and every message that comes; laid out anew each
/// time, a page of them takes most of what a key press may.
enum LaidItems {
    /// All that the rows of an item depend on.
    struct Subject: Equatable {
        let item: FlowItem
        let columns: Int
        let time: TimeFormat
        /// The day that begins with it.
        var opensDay: String?
        /// Whether the search is at it.
        var isFound = false
        /// Of a message that offers one.
        var file: FileItem?
    }

    private struct Place: Hashable {
        let place: Int64
        let number: Int
    }

    private struct Laid {
        let subject: Subject
        let lines: [FlowLayout.Line]
    }

    private struct Kept {
        var items: [Place: Laid] = [:]
        var lines = 0
    }

    private static let kept = Mutex(Kept())

    /// The lines that `make` makes, or made before of the same.
    static func lines(of subject: Subject, _ make: () -> [FlowLayout.Line]) -> [FlowLayout.Line] {
        let place = Place(place: subject.item.place, number: subject.item.number)
        let known = kept.withLock { $0.items[place] }
        if let known, known.subject == subject { return known.lines }
        let lines = make()
        kept.withLock { kept in
            // What is in sight is soon here again.
            if kept.lines + lines.count > most { kept = Kept() }
            kept.lines += lines.count - (kept.items[place]?.lines.count ?? 0)
            kept.items[place] = Laid(subject: subject, lines: lines)
        }
        return lines
    }

    /// Lines; some pages of any screen, and a message of 64,000 bytes on a narrow one.
    private static let most = 4000
}
