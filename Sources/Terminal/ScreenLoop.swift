import CTerminal
import Glibc

/// The loop of a full screen: readline's line goes in, a frame comes out, and what differs is drawn.
final class ScreenLoop: EditorLoop {
    private var shown = Frame()
    private var question = ""

    func begin(input: Int32, output: Int32) -> TerminalError? {
        failure(ct_screen_begin(input, output, callbacks))
    }

    var size: ScreenSize {
        var columns: Int32 = 0
        var rows: Int32 = 0
        ct_screen_size(&columns, &rows)
        return ScreenSize(columns: Int(columns), rows: Int(rows))
    }

    /// Whether all must be drawn anew, for the terminal has lost it or has another size.
    var isLost: Bool { ct_screen_is_lost() }

    /// Whether the terminal can be written to without waiting.
    var takesOutput: Bool { ct_screen_takes_output() }

    var inputWaits: Bool { ct_editor_input_pending() }

    func ask(_ question: String) {
        self.question = question
        ct_screen_ask()
    }

    func setLine(_ text: String) {
        ct_screen_set_line(text)
    }

    func setTyping(_ typing: ScreenTyping) {
        ct_screen_set_typing(typing.mode)
    }

    func bell() {
        ct_screen_bell()
    }

    /// As ``VisibleText`` has it: a title must not end the sequence that it travels in.
    func setTitle(_ title: String?) {
        guard let title else { return ct_screen_set_title(nil) }
        let visible = String(VisibleText(title).description.unicodeScalars.prefix(200))
        ct_screen_set_title(NarrowText.isNeeded ? NarrowText.ascii(visible) : visible)
    }

    func setMouse(_ on: Bool) {
        ct_screen_set_mouse(on)
    }

    func setPalette(_ palette: Palette) {
        switch palette {
        case .automatic: ct_screen_set_palette(CT_PALETTE_AUTOMATIC)
        case .dark: ct_screen_set_palette(CT_PALETTE_DARK)
        case .light: ct_screen_set_palette(CT_PALETTE_LIGHT)
        case .none: ct_screen_set_palette(CT_PALETTE_NONE)
        }
    }

    func setKeys(list: Bool, _ letters: String) {
        ct_screen_set_keys(list, letters)
    }

    func copy(base64: String) {
        ct_screen_copy(base64)
    }

    func draw(_ render: FullScreen.Render) {
        let size = size
        let frame = render(inputLine, size)
        if ct_screen_take_lost() { shown = Frame() }
        for row in changedRows(from: shown.rows, to: frame.rows, rows: size.rows) {
            ct_screen_row(Int32(row))
            if row < frame.rows.count { add(cut(frame.rows[row], columns: size.columns)) }
        }
        ct_screen_show(Int32(clamping: frame.cursor?.row ?? -1), Int32(clamping: frame.cursor?.column ?? -1))
        shown = frame
    }

    func end() {
        ct_screen_end()
    }

    private var inputLine: InputLine {
        let line = ct_screen_line()
        let prompt = line.prompt.map { String(cString: $0) } ?? ""
        // 0x01 and 0x02 stand around what takes no columns.
        let visiblePrompt = String(prompt.unicodeScalars.filter { $0.value > 2 })
        let asked = ct_screen_is_asking() ? question : nil
        let count = line.length
        guard let text = line.text else { return InputLine(prompt: visiblePrompt, question: asked) }
        return text.withMemoryRebound(to: UInt8.self, capacity: count) { bytes in
            InputLine(
                bytes: UnsafeBufferPointer(start: bytes, count: count), point: line.point,
                prompt: visiblePrompt,
                question: asked)
        }
    }

    private func add(_ spans: [Span]) {
        for span in spans {
            let text = NarrowText.isNeeded ? NarrowText.ascii(span.text) : span.text
            let scalars = text.unicodeScalars.map { $0.value }
            scalars.withUnsafeBufferPointer {
                ct_screen_add($0.baseAddress, $0.count, span.style.attributes, span.style.colour.number)
            }
        }
    }
}

extension Style {
    fileprivate var attributes: UInt32 {
        var attributes: UInt32 = 0
        if isBold { attributes |= CT_BOLD.rawValue }
        if isDim { attributes |= CT_DIM.rawValue }
        if isUnderlined { attributes |= CT_UNDERLINE.rawValue }
        if isReversed { attributes |= CT_REVERSE.rawValue }
        return attributes
    }
}

extension Colour {
    fileprivate var number: Int32 {
        switch self {
        case .plain: return 0
        case .red: return 1
        case .green: return 2
        case .yellow: return 3
        case .blue: return 4
        case .magenta: return 5
        case .cyan: return 6
        case .one(let of):
            let count = Int(ct_screen_distinct_colours())
            guard count > 0 else { return 0 }
            return Int32(CT_FIRST_DISTINCT_COLOUR) + Int32(((of % count) + count) % count)
        }
    }
}
