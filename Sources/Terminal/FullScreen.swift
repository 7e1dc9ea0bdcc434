import CTerminal
import Dispatch
import FoundationEssentials
import Glibc
import Synchronization

/// A terminal's whole screen, with one line that is typed: ncurses draws, readline edits with the user's own
/// `~/.inputrc`. What is shown is made by a function, anew each time: whoever changes what it looks at calls
/// ``redraw()``.
///
/// One thread owns the terminal; every method may be called from anywhere, before ``start()`` too. Readline's and
/// ncurses' state belongs to the process, so there is one screen or one ``LineEditor`` at a time. History lives in
/// memory and ends with ``stop()``.
///
/// Text from other people must have passed ``VisibleText`` before it comes into a frame. Controls are dropped once
/// more when it is drawn.
package final class FullScreen: Sendable {
    package typealias Completion = LineEditor.Completion
    /// What to show. Runs on the screen's thread, while keys wait: it must be quick, and must not call ``stop()``.
    package typealias Render = @Sendable (InputLine, ScreenSize) -> Frame

    /// What the user does. Ends after `stop`, or when the terminal hangs up. For one consumer.
    package let events: AsyncStream<ScreenEvent>

    private let eventSink: AsyncStream<ScreenEvent>.Continuation
    private let input: Int32
    private let output: Int32
    private let longest: Int?
    private let completion: Completion
    private let render: Render
    private let inbox = Mutex(ScreenInbox())
    private let secretTaker = Mutex<ScreenTyping.SecretTaker?>(nil)
    private let ended = DispatchGroup()

    /// Nothing happens to the terminal before `start`.
    /// - Parameters:
    ///   - input: descriptor of the terminal that is read.
    ///   - output: descriptor of the terminal that is written, usually the same terminal.
    ///   - longest: bytes that a line may have; nil: any number. Enter leaves a longer one where it is.
    ///   - completion: for Tab. There is no list of candidates: what they begin with in common is inserted, and
    ///     further Tabs go through them.
    package init(
        input: Int32 = STDIN_FILENO,
        output: Int32 = STDOUT_FILENO,
        longest: Int? = nil,
        completion: @escaping Completion = { _, _ in [] },
        render: @escaping Render
    ) {
        (events, eventSink) = AsyncStream.makeStream()
        self.input = input
        self.output = output
        self.longest = longest
        self.completion = completion
        self.render = render
    }

    /// Takes the screen and begins to read. The terminal is put back by `stop`, at exit, while the job is stopped
    /// (Ctrl-Z), and when the process dies of a fault of its own (a trap, an abort, a bad access, Ctrl-\). Signals
    /// that ask the program to end (INT, TERM, HUP) are the program's to handle: it calls `stop`.
    /// - Throws: `.noTerminal` (also where the terminal, by its TERM, cannot show a full screen), `.inUse`,
    ///   `.system`.
    package func start() throws(TerminalError) {
        try EditorThread.start(named: "full screen", until: ended) { [self] thread in
            let loop = ScreenLoop(handlers: handlers, longest: longest)
            let failure = loop.begin(input: input, output: output)
            if failure == nil { inbox.withLock { $0.isRunning = true } }
            thread.begun(failure)
            if failure == nil { run(loop) }
        }
    }

    /// What `render` looks at has changed. Returns at once; draws soon, at most about 60 times a second.
    package func redraw() {
        leave { inbox in
            defer { inbox.redraw = true }
            return !inbox.redraw
        }
    }

    /// Keeps what is being typed aside, and lets the user type an answer. Ends with `.answer` or `.cancelled`, and what
    /// was typed comes back. A second question cancels the first. Waits for the end of a search in the history.
    package func ask(_ question: String) { leave(.ask(question)) }

    /// Replaces the line being typed, or the answer; the cursor stands at its end.
    package func setLine(_ text: String) { leave(.setLine(text)) }

    /// What may be typed from now on; what is half typed is dropped. At first everything: lines, one after the other.
    package func setTyping(_ typing: ScreenTyping) {
        secretTaker.withLock { if case .secret(let taker) = typing { $0 = taker } else { $0 = nil } }
        leave(.typing(typing))
    }

    package func bell() { leave(.bell) }

    /// The window's title, where the terminal has one. Nil gives back the one before, where the terminal keeps it;
    /// so does the end.
    package func setTitle(_ title: String?) { leave(.title(title)) }

    /// Whether the wheel and clicks are events. The terminal then does not select text by itself without Shift.
    package func setMouse(_ on: Bool) { leave(.mouse(on)) }

    /// Automatic at first.
    package func setPalette(_ palette: Palette) { leave(.palette(palette)) }

    /// Which keys are events while nothing is typed, for a list that is shown or for what stands on the screen: Up, Down and
    /// Enter, and Alt with each of some letters. Readline has nothing to do for them on an empty line; as soon as something is
    /// typed they are what the user's inputrc says. A macro of the user's stays one.
    package func setKeys(list: Bool, letters: String = "") { leave(.keys(list: list, letters)) }

    /// Whether ``copy(_:)`` can do anything, as far as TERM tells; the terminal may still not be set to allow it.
    package var canCopy: Bool { ct_screen_takes_sequences() }

    /// Puts the text, exactly, onto the clipboard of the terminal (OSC 52).
    /// - Returns: False when it is longer than terminals take; nothing happens then.
    package func copy(_ text: String) -> Bool {
        let bytes = Data(text.utf8)
        guard bytes.count <= Self.mostCopied else { return false }
        // In this form nothing in it can end the sequence that it travels in.
        leave(.copy(base64: bytes.base64EncodedString()))
        return true
    }

    /// Puts the terminal back and ends `events`. Blocks until that is done; where the terminal takes no output, at
    /// most two seconds. Output that was stopped (Ctrl-S) goes on. Harmless when not running.
    package func stop() {
        guard inbox.withLock({ $0.isRunning }) else { return }
        ct_tty_release_output()
        ct_editor_request_end()
        if ended.wait(timeout: .now() + .milliseconds(1500)) == .timedOut { Self.restore() }
    }

    /// Puts the terminal back as it was before any editor, screen or passphrase prompt changed it. Only for a
    /// process about to die: safe in a signal handler, from any thread, any number of times.
    package static func restore() {
        ct_tty_restore()
    }

    private func leave(_ work: ScreenInbox.Work) {
        leave { inbox in
            inbox.work.append(work)
            return true
        }
    }

    /// Leaves something for the screen's thread, and wakes it where it says so.
    private func leave(_ change: (inout sending ScreenInbox) -> Bool) {
        if inbox.withLock({ change(&$0) }) { ct_editor_wake() }
    }

    private var handlers: EditorHandlers {
        let sink = eventSink
        return EditorHandlers(
            line: { line in sink.yield(line.map { .line($0) } ?? .endOfFile) },
            tooLong: { sink.yield(.lineRefused(bytes: $0)) },
            interrupt: { sink.yield(.interrupt) },
            completion: completion,
            key: { sink.yield(.key($0)) },
            answer: { answer in sink.yield(answer.map { .answer($0) } ?? .cancelled) },
            resized: { sink.yield(.resized($0)) },
            secret: { [self] bytes in
                secretTaker.withLock { $0 }?(bytes)
                sink.yield(.secret)
            })
    }

    /// Bytes; in base64 they stay below the 100,000 that xterm and others take.
    package static let mostCopied = 64_000

    /// Between looks at a terminal that takes no output: short at first, since most have only a few rows to take in before they
    /// do again, and longer for one that was stopped.
    private static let patience = Duration.milliseconds(1)...Duration.milliseconds(50)

    private func run(_ loop: ScreenLoop) {
        let clock = ContinuousClock()
        var pace = DrawingPace()
        pace.keyCame(at: clock.now)
        var work: [ScreenInbox.Work] = []
        var patience = Self.patience.lowerBound
        while true {
            let (newWork, redraw) = inbox.withLock { $0.takeAll() }
            if loop.isEnding { break }
            if redraw { pace.redrawRequested() }
            if !newWork.isEmpty { pace.keyCame(at: clock.now) }
            // Kept while writing would wait: that would keep the keys waiting.
            work += newWork
            if !work.isEmpty && loop.takesOutput {
                for item in work { item.apply(to: loop) }
                work = []
            }

            var delay = pace.delay(at: clock.now, inputWaits: loop.inputWaits)
            if delay == .zero {
                if loop.takesOutput {
                    loop.draw(render)
                    pace.drawn(at: clock.now)
                    delay = nil
                    patience = Self.patience.lowerBound
                } else {
                    delay = patience
                    patience = min(patience * 2, Self.patience.upperBound)
                }
            }
            let step = loop.step(timeout: delay.map { Int32($0 / .milliseconds(1)) + 1 } ?? -1)
            if step == .gone { break }
            if step == .input || loop.isLost { pace.keyCame(at: clock.now) }
        }
        inbox.withLock { $0.isRunning = false }
        loop.end()
        eventSink.finish()
    }
}

/// What other threads leave for the screen's.
private struct ScreenInbox {
    enum Work {
        case ask(String), setLine(String), typing(ScreenTyping), bell, title(String?), mouse(Bool)
        case palette(Palette), keys(list: Bool, String), copy(base64: String)

        func apply(to loop: ScreenLoop) {
            switch self {
            case .ask(let question): loop.ask(question)
            case .setLine(let text): loop.setLine(text)
            case .typing(let typing): loop.setTyping(typing)
            case .bell: loop.bell()
            case .title(let title): loop.setTitle(title)
            case .mouse(let on): loop.setMouse(on)
            case .palette(let palette): loop.setPalette(palette)
            case .keys(let list, let letters): loop.setKeys(list: list, letters)
            case .copy(let base64): loop.copy(base64: base64)
            }
        }
    }

    var work: [Work] = []
    var redraw = false
    var isRunning = false

    mutating func takeAll() -> (work: [Work], redraw: Bool) {
        defer {
            work = []
            redraw = false
        }
        return (work, redraw)
    }
}
