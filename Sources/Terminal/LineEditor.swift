import CTerminal
import Dispatch
import Glibc
import Synchronization

/// Lines typed at a terminal, edited with readline and the user's own `~/.inputrc`, while other text appears above.
///
/// One thread owns readline and the terminal; every method may be called from anywhere. Readline's state belongs to
/// the process, so one editor runs at a time. History lives in memory and ends with `stop`.
///
/// Text from other people must have passed ``VisibleText`` before it comes here.
package final class LineEditor: Sendable {
    /// The word before the cursor, the line up to the cursor → whole replacements for the word. Runs on the editor's
    /// thread while the user waits, so it must be quick.
    package typealias Completion = @Sendable (_ word: String, _ line: String) -> [String]

    /// What the user does. Ends after `stop`, or when the terminal hangs up. For one consumer.
    package let events: AsyncStream<LineEvent>

    private let eventSink: AsyncStream<LineEvent>.Continuation
    private let input: Int32
    private let output: Int32
    private let longest: Int?
    private let completion: Completion
    private let inbox: Mutex<EditorInbox>
    private let ended = DispatchGroup()

    /// Nothing happens to the terminal before `start`.
    /// - Parameters:
    ///   - input: descriptor of the terminal that is read.
    ///   - output: descriptor of the terminal that is written, usually the same terminal.
    ///   - prompt: one line; colour sequences are allowed and take no columns.
    ///   - longest: bytes that a line may have; nil: any number. Enter leaves a longer one where it is.
    package init(
        input: Int32 = STDIN_FILENO,
        output: Int32 = STDOUT_FILENO,
        prompt: String = "> ",
        longest: Int? = nil,
        completion: @escaping Completion = { _, _ in [] }
    ) {
        (events, eventSink) = AsyncStream.makeStream()
        self.input = input
        self.output = output
        self.longest = longest
        self.completion = completion
        inbox = Mutex(EditorInbox(prompt: prompt))
    }

    /// Shows the prompt and begins to read. The terminal is put back by `stop`, at exit, and when the process dies of
    /// a fault of its own (a trap, an abort, a bad access, Ctrl-\). Signals that ask the program to end (INT, TERM,
    /// HUP) are the program's to handle: it calls `stop`.
    /// - Throws: `.noTerminal`, `.inUse`, `.system`.
    package func start() throws(TerminalError) {
        try EditorThread.start(named: "line editor", until: ended) { [self] thread in
            let loop = LineLoop(handlers: handlers, longest: longest)
            let prompt = inbox.withLock { $0.prompt }
            let failure = loop.begin(input: input, output: output, prompt: prompt)
            if failure == nil { inbox.withLock { $0.isRunning = true } }
            thread.begun(failure)
            if failure == nil { run(loop) }
        }
    }

    private var handlers: EditorHandlers {
        EditorHandlers(
            line: { [eventSink] line in eventSink.yield(line.map { .line($0) } ?? .endOfFile) },
            tooLong: { [eventSink] bytes in eventSink.yield(.lineRefused(bytes: bytes)) },
            interrupt: { [eventSink] in eventSink.yield(.interrupt) },
            completion: completion)
    }

    /// Shows `text` above the line being typed, whose text, cursor and undo history stay. Returns at once; what is
    /// printed while the terminal is busy is written together. A newline is added where it lacks one. When the
    /// editor is not running, the text goes straight to the terminal.
    package func print(above text: String) {
        let line = text.hasSuffix("\n") ? text : text + "\n"
        let queued = inbox.withLock { inbox in
            if inbox.isRunning { inbox.output += line }
            return inbox.isRunning
        }
        if queued { ct_editor_wake() } else { writeAll(line, to: output) }
    }

    /// Columns of the terminal as it is now; nil where it does not say. For ``VisibleText/block(_:indent:start:columns:)``.
    package var columns: Int? {
        var columns: Int32 = 0
        var rows: Int32 = 0
        ct_tty_size(output, &columns, &rows)
        return columns > 0 ? Int(columns) : nil
    }

    /// Returns when everything printed so far has been written, so that a fast sender can be held back.
    package func drain() async {
        await withCheckedContinuation { continuation in
            let queued = inbox.withLock { inbox in
                if inbox.isRunning { inbox.waiting.append(continuation) }
                return inbox.isRunning
            }
            if queued { ct_editor_wake() } else { continuation.resume() }
        }
    }

    /// One line; colour sequences are allowed. While the user searches the history it waits for the end of that.
    package func setPrompt(_ prompt: String) {
        inbox.withLock { inbox in
            inbox.prompt = prompt
            inbox.promptChanged = true
        }
        ct_editor_wake()
    }

    /// Writes what was printed, puts the terminal back, and ends `events`. Half-typed text stays on the screen, on a
    /// row of its own. Blocks until that is done; where the terminal takes no output, at most two seconds.
    /// Harmless when not running.
    package func stop() {
        guard inbox.withLock({ $0.isRunning }) else { return }
        ct_tty_release_output()
        ct_editor_request_end()
        if ended.wait(timeout: .now() + .seconds(2)) == .timedOut { Self.restore() }
    }

    /// Puts the terminal's settings back as they were before any editor or passphrase prompt changed them. Only for
    /// a process about to die: safe in a signal handler, from any thread, any number of times.
    package static func restore() {
        ct_tty_restore()
    }

    private func run(_ loop: LineLoop) {
        var goesOn = true
        while goesOn {
            goesOn = loop.step() != .gone
            var work = inbox.withLock { inbox in
                if loop.isEnding || !goesOn { inbox.isRunning = false }
                return inbox.takeWork()
            }
            if loop.isEnding { goesOn = false }
            if let prompt = work.prompt { loop.setPrompt(prompt) }
            if !work.output.isEmpty { loop.print(above: &work.output) }
            for waiting in work.waiting { waiting.resume() }
        }
        loop.end()
        eventSink.finish()
    }
}

/// What other threads leave for the editor's.
private struct EditorInbox {
    var prompt: String
    var promptChanged = false
    var output = ""
    var waiting: [CheckedContinuation<Void, Never>] = []
    var isRunning = false

    init(prompt: String) {
        self.prompt = prompt
    }

    mutating func takeWork() -> (prompt: String?, output: String, waiting: [CheckedContinuation<Void, Never>])
    {
        defer {
            promptChanged = false
            output = ""
            waiting = []
        }
        return (promptChanged ? prompt : nil, output, waiting)
    }
}

/// All of `text`, whatever the descriptor takes at once; gives up when it takes nothing more.
private func writeAll(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { return }
        rest = rest.dropFirst(written)
    }
}
