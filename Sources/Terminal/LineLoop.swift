import CTerminal

/// The loop of a line below other output.
final class LineLoop: EditorLoop {
    func begin(input: Int32, output: Int32, prompt: String) -> TerminalError? {
        failure(ct_line_begin(input, output, Self.readlinePrompt(prompt), callbacks))
    }

    func setPrompt(_ prompt: String) {
        ct_line_set_prompt(Self.readlinePrompt(prompt))
    }

    func print(above text: inout String) {
        if NarrowText.isNeeded { text = NarrowText.ascii(text) }
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { ct_line_print_above($0.baseAddress, $0.count) }
        }
    }

    func end() {
        ct_line_end()
    }

    /// Readline counts columns, so it must be told which bytes take none: `ESC [ … letter` goes between 0x01 and
    /// 0x02. A newline would break its count, so it becomes a space.
    static func readlinePrompt(_ prompt: String) -> String {
        let prompt = NarrowText.isNeeded ? NarrowText.ascii(prompt) : prompt
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
