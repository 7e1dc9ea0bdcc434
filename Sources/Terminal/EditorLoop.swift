import CTerminal
import Glibc

/// The editor's thread seen from Swift: the only caller of readline. Confined to that thread, so not Sendable.
final class EditorLoop {
    private let sink: AsyncStream<LineEvent>.Continuation
    private let completion: LineEditor.Completion
    private var candidates: [String] = []

    init(sink: AsyncStream<LineEvent>.Continuation, completion: @escaping LineEditor.Completion) {
        self.sink = sink
        self.completion = completion
    }

    /// Whether `stop` was called.
    var isEnding: Bool { ct_editor_is_ending() }

    func begin(input: Int32, output: Int32, prompt: String) -> TerminalError? {
        // The loop outlives all calls back: it is held by the function that calls `step` until `end`.
        let callbacks = ct_editor_callbacks(
            context: Unmanaged.passUnretained(self).toOpaque(),
            line: { context, line in
                EditorLoop.at(context)?.sink.yield(line.map { .line(String(cString: $0)) } ?? .endOfFile)
            },
            interrupt: { context in EditorLoop.at(context)?.sink.yield(.interrupt) },
            candidate: { context, word, line, index in
                guard let word, let line else { return nil }
                return EditorLoop.at(context)?
                    .candidate(Int(index), for: String(cString: word), in: String(cString: line))
            })
        switch ct_editor_begin(input, output, Self.readlinePrompt(prompt), callbacks) {
        case CT_EDITOR_OK: return nil
        case CT_EDITOR_NO_TERMINAL: return .noTerminal
        default: return errno == EBUSY ? .inUse : .system(errno)
        }
    }

    /// Waits for a key or a wake-up. False when the terminal is gone.
    func step() -> Bool {
        guard ct_editor_step() == CT_STEP_GONE else { return true }
        sink.yield(.endOfFile)
        return false
    }

    func setPrompt(_ prompt: String) {
        ct_editor_set_prompt(Self.readlinePrompt(prompt))
    }

    func print(above text: inout String) {
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { ct_editor_print_above($0.baseAddress, $0.count) }
        }
    }

    func end() {
        ct_editor_end()
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> EditorLoop? {
        context.map { Unmanaged<EditorLoop>.fromOpaque($0).takeUnretainedValue() }
    }

    private func candidate(_ index: Int, for word: String, in line: String) -> UnsafeMutablePointer<CChar>? {
        if index == 0 { candidates = completion(word, line) }
        return candidates.indices.contains(index) ? strdup(candidates[index]) : nil
    }

    /// Readline counts columns, so it must be told which bytes take none: `ESC [ … letter` goes between 0x01 and
    /// 0x02. A newline would break its count, so it becomes a space.
    static func readlinePrompt(_ prompt: String) -> String {
        var result = ""
        var insideSequence = false
        for scalar in prompt.unicodeScalars {
            if scalar == "\u{1B}" && !insideSequence {
                result += "\u{01}"
                insideSequence = true
            }
            result.unicodeScalars.append(scalar == "\n" ? " " : scalar)
            if insideSequence && scalar.properties.isAlphabetic {
                result += "\u{02}"
                insideSequence = false
            }
        }
        return insideSequence ? result + "\u{02}" : result
    }
}
