import CTerminal
import Glibc

/// What readline says to the one who reads: called on the editor's thread.
struct EditorHandlers {
    /// Nil: end of file on an empty line, or the terminal hung up.
    var line: (String?) -> Void
    /// Enter on a line of so many bytes, which is more than allowed: it still stands there.
    var tooLong: (Int) -> Void
    var interrupt: () -> Void
    var completion: LineEditor.Completion
    // Of a full screen only.
    var key: (ScreenKey) -> Void = { _ in }
    /// Nil: the question was cancelled.
    var answer: (String?) -> Void = { _ in }
    var resized: (ScreenSize) -> Void = { _ in }
    /// Nil: it was too long.
    var secret: (UnsafeRawBufferPointer?) -> Void = { _ in }
}

/// The editor's thread seen from Swift: the only caller of readline. Confined to that thread, so not Sendable.
class EditorLoop {
    private let handlers: EditorHandlers
    private let longest: Int?
    private var candidates: [String] = []

    /// - Parameter longest: bytes that a line may have; nil: any number.
    init(handlers: EditorHandlers, longest: Int?) {
        self.handlers = handlers
        self.longest = longest
    }

    /// Whether `stop` was called.
    final var isEnding: Bool { ct_editor_is_ending() }

    /// The loop outlives all calls back: it is held by the function that calls `step` until the end.
    final var callbacks: ct_editor_callbacks {
        ct_editor_callbacks(
            context: Unmanaged.passUnretained(self).toOpaque(),
            line: { context, line in
                EditorLoop.at(context)?.handlers.line(line.map { String(cString: $0) })
            },
            too_long: { context, bytes in EditorLoop.at(context)?.handlers.tooLong(bytes) },
            longest: longest ?? 0,
            interrupt: { context in EditorLoop.at(context)?.handlers.interrupt() },
            candidate: { context, word, line, index in
                guard let word, let line else { return nil }
                return EditorLoop.at(context)?
                    .candidate(Int(index), for: String(cString: word), in: String(cString: line))
            },
            key: { context, key, first, second in
                guard let key = ScreenKey(key, Int(first), Int(second)) else { return }
                EditorLoop.at(context)?.handlers.key(key)
            },
            answer: { context, answer in
                EditorLoop.at(context)?.handlers.answer(answer.map { String(cString: $0) })
            },
            resized: { context, columns, rows in
                EditorLoop.at(context)?.handlers.resized(ScreenSize(columns: Int(columns), rows: Int(rows)))
            },
            secret: { context, bytes, length in
                EditorLoop.at(context)?.handlers.secret(
                    bytes.map { UnsafeRawBufferPointer(start: $0, count: length) })
            })
    }

    /// Nil when all is well.
    final func failure(_ status: ct_editor_status) -> TerminalError? {
        switch status {
        case CT_EDITOR_OK: nil
        case CT_EDITOR_NO_TERMINAL: .noTerminal
        default: errno == EBUSY ? .inUse : .system(errno)
        }
    }

    enum Step {
        case woken, input, gone
    }

    /// Waits for a key, a wake-up, or so many milliseconds.
    final func step(timeout: Int32 = -1) -> Step {
        switch ct_editor_step(timeout) {
        case CT_STEP_WOKEN: return .woken
        case CT_STEP_INPUT: return .input
        default:
            handlers.line(nil)
            return .gone
        }
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> EditorLoop? {
        context.map { Unmanaged<EditorLoop>.fromOpaque($0).takeUnretainedValue() }
    }

    private func candidate(_ index: Int, for word: String, in line: String) -> UnsafeMutablePointer<CChar>? {
        if index == 0 { candidates = handlers.completion(word, line) }
        return candidates.indices.contains(index) ? strdup(candidates[index]) : nil
    }
}

extension ScreenKey {
    init?(_ key: ct_key, _ first: Int, _ second: Int) {
        switch key {
        case CT_KEY_PAGE_UP: self = .pageUp
        case CT_KEY_PAGE_DOWN: self = .pageDown
        case CT_KEY_TOP: self = .top
        case CT_KEY_BOTTOM: self = .bottom
        case CT_KEY_NUMBER: self = .number(first)
        case CT_KEY_PREVIOUS: self = .previous
        case CT_KEY_NEXT: self = .next
        case CT_KEY_JUMP: self = .jump
        case CT_KEY_HELP: self = .help
        case CT_KEY_REDRAW: self = .redraw
        case CT_KEY_WHEEL_UP: self = .wheelUp
        case CT_KEY_WHEEL_DOWN: self = .wheelDown
        case CT_KEY_CLICK: self = .click(row: first, column: second)
        case CT_KEY_ESCAPE: self = .escape
        case CT_KEY_FOCUS: self = .focus(first != 0)
        case CT_KEY_FIND_NEXT: self = .findNext
        case CT_KEY_FIND_PREVIOUS: self = .findPrevious
        case CT_KEY_UP: self = .up
        case CT_KEY_DOWN: self = .down
        case CT_KEY_ENTER: self = .enter
        case CT_KEY_LETTER:
            guard let letter = Unicode.Scalar(UInt32(clamping: first)) else { return nil }
            self = .letter(Character(letter))
        default: return nil
        }
    }
}
