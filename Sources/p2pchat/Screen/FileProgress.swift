import Glibc
import Synchronization
import Terminal

/// How far files are, while a command waits for them: a row of the terminal that is written again and again, JSON lines, or only
/// what a log can bear.
final class FileProgress: Sendable {
    private struct State {
        var shown: [String: TransferJSON] = [:]
        var isRowOpen = false
        var due = ContinuousClock.now
        var waits: [String: (wait: String, since: ContinuousClock.Instant, isSaid: Bool)] = [:]
    }

    private let json: Bool
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let state = Mutex(State())

    init(json: Bool) {
        self.json = json
    }

    /// Begins to read a file, which takes a while for a large one.
    func reading(_ path: String) {
        if isTerminal { row("reading \(VisibleText(path))") }
    }

    /// Shows what is new.
    func show(_ files: [TransferJSON]) throws {
        for file in files {
            let before = state.withLock { state in
                defer { state.shown[file.id] = file }
                return state.shown[file.id]
            }
            if json, before == nil || before?.state != file.state || before?.bytes != file.bytes && isDue {
                try Output.json(EventJSON.File(file))
            }
            if before?.state != file.state { sayEnd(file) }
            if !isTerminal, let wait = longWait(file) {
                Output.note("\(VisibleText(file.name)): \(FileText.waiting(wait))")
            }
        }
        if isTerminal, files.contains(where: { !$0.isOver }), isDue { row(Self.summary(files)) }
        state.withLock { if $0.due <= .now { $0.due = .now + Self.interval } }
    }

    /// What the file has been waiting for so long that it is worth a line; once.
    private func longWait(_ file: TransferJSON) -> String? {
        state.withLock { state in
            guard let wait = file.wait else {
                state.waits[file.id] = nil
                return nil
            }
            guard let known = state.waits[file.id], known.wait == wait else {
                state.waits[file.id] = (wait, .now, false)
                return nil
            }
            guard !known.isSaid, known.since.duration(to: .now) >= Self.longWait else { return nil }
            state.waits[file.id]?.isSaid = true
            return wait
        }
    }

    private var isDue: Bool { state.withLock { $0.due <= .now } }

    private func sayEnd(_ file: TransferJSON) {
        guard file.isOver else { return }
        endRow()
        let name = VisibleText(file.name)
        switch file.state {
        case "complete": Output.note("\(name): \(file.peer.name) has it, \(ByteCount.text(file.size))")
        case "declined": Output.note("\(name): \(file.peer.name) declined it")
        case "cancelledByPeer": Output.note("\(name): \(file.peer.name) stopped it")
        case "cancelled": Output.note("\(name): stopped")
        default: Output.note("\(name): \(file.error ?? file.state)")
        }
    }

    private static func summary(_ files: [TransferJSON]) -> String {
        let open = files.filter { !$0.isOver }
        if let wait = open.first?.wait, open.allSatisfy({ $0.wait != nil }) {
            let name = open.count == 1 ? VisibleText(open[0].name).description : "\(open.count) files"
            return "\(name): \(FileText.waiting(wait))"
        }
        let (bytes, size) = open.reduce((Int64(0), Int64(0))) { ($0.0 &+ $1.bytes, $0.1 &+ $1.size) }
        let rates = open.compactMap(\.rate)
        let rate = rates.isEmpty ? nil : rates.reduce(0, +)
        let name = open.count == 1 ? VisibleText(open[0].name).description : "\(open.count) files"
        return name + ": "
            + FileText.progress(
                bytes: bytes, size: size, rate: rate,
                secondsLeft: rate.map { Double(size - bytes) / max(1, $0) })
    }

    /// Writes the row anew.
    private func row(_ text: String) {
        var size = winsize()
        let columns = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 ? Int(size.ws_col) : 80
        Output.prompt("\r" + String(text.prefix(max(10, columns - 1))) + "\u{1b}[K")
        state.withLock { $0.isRowOpen = true }
    }

    /// Removes the row, for a line that stays.
    func endRow() {
        let wasOpen = state.withLock { state in
            defer { state.isRowOpen = false }
            return state.isRowOpen
        }
        if wasOpen { Output.prompt("\r\u{1b}[K") }
    }

    private static let longWait: Duration = .seconds(1)
    private static let interval: Duration = .milliseconds(200)
}
