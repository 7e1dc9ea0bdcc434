/// Cuts bytes into lines: pure, bytes in, events out. Holds one unfinished line of at most `maximumBytes`, and what
/// was fed and not yet taken.
struct LineScanner {
    let maximumBytes: Int
    private(set) var isFinished = false
    private var line: [UInt8] = []
    private var isTooLong = false
    private var ready: [LineEvent] = []
    /// How many of `ready` were taken.
    private var taken = 0

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    mutating func feed(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while let newline = rest.firstIndex(of: 0x0A) {
            append(rest[..<newline])
            endLine()
            rest = rest[(newline + 1)...]
        }
        append(rest)
    }

    /// No more bytes will come.
    mutating func finish() {
        guard !isFinished else { return }
        if !line.isEmpty || isTooLong { endLine() }
        ready.append(.endOfFile)
        isFinished = true
    }

    /// The oldest events, at most `limit`; none when more bytes are needed, or after the last.
    mutating func take(_ limit: Int) -> [LineEvent] {
        let events = Array(ready[taken...].prefix(limit))
        taken += events.count
        if taken == ready.count {
            ready.removeAll(keepingCapacity: true)
            taken = 0
        }
        return events
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        guard !isTooLong else { return }
        if bytes.count > maximumBytes - line.count {
            isTooLong = true
            line = []
        } else {
            line += bytes
        }
    }

    private mutating func endLine() {
        if line.last == 0x0D { line.removeLast() }
        ready.append(
            isTooLong ? .lineTooLong(limit: maximumBytes) : .line(String(decoding: line, as: UTF8.self)))
        line = []
        isTooLong = false
    }
}
