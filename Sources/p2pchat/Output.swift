import FoundationEssentials
import Glibc
import Synchronization
import Terminal

/// The only place that writes to standard output and standard error. Data goes to the first, what is about it to the second.
enum Output {
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// One line of data; out at once, because a script may wait for it.
    static func line(_ text: String) throws {
        try write(text + "\n", to: STDOUT_FILENO)
    }

    /// One JSON object as a line.
    static func json(_ value: some Encodable) throws {
        try line(jsonText(value))
    }

    /// One JSON object without a newline, harmless to a terminal.
    static func jsonText(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return JSONText.escapingControls(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// What is said about the data: progress, advice, state. That it cannot be written stops nothing.
    static func note(_ text: String) {
        try? write(text + "\n", to: STDERR_FILENO)
    }

    /// A question, without a newline.
    static func prompt(_ text: String) {
        try? write(text, to: STDERR_FILENO)
    }

    static func error(_ error: CommandError) {
        note("p2pchat: \(error.message)")
        if let hint = error.hint { note("  \(hint)") }
    }

    /// The program is about to end: from now on a reader that takes nothing is waited for only for a moment.
    static func hurry() { isHurried.store(true, ordering: .relaxed) }

    private static let isHurried = Atomic(false)

    /// Writes all of it, to a file too. Waits for a reader in steps, because a write that blocks could not be ended.
    static func write(_ text: String, to descriptor: Int32) throws {
        let isNarrow = NarrowText.isNeeded && isatty(descriptor) == 1
        var bytes = Array((isNarrow ? NarrowText.ascii(text) : text).utf8)[...]
        var waited: Int32 = 0
        while !bytes.isEmpty {
            var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            if poll(&wanted, 1, step) == 0 {
                waited = isHurried.load(ordering: .relaxed) ? waited + step : 0
                guard waited < patience else {
                    throw CommandError(.inputOutput, "cannot write the output: nobody reads it")
                }
                continue
            }
            waited = 0
            let written = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, min($0.count, Int(PIPE_BUF)))
            }
            if written < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                throw CommandError(
                    .inputOutput, "cannot write the output: \(String(cString: strerror(errno)))")
            }
            bytes = bytes.dropFirst(written)
        }
    }

    /// Milliseconds.
    private static let step: Int32 = 100
    private static let patience: Int32 = 2_000
}

/// What JSON leaves open and a terminal minds.
enum JSONText {
    /// JSON escapes C0 controls by itself. DEL, C1 controls, bidi controls and the like are legal inside its strings, and
    /// would act on a terminal that shows the line; outside strings they cannot stand, so all can be escaped.
    static func escapingControls(_ json: String) -> String {
        guard json.unicodeScalars.contains(where: acts) else { return json }
        var escaped = ""
        for scalar in json.unicodeScalars {
            if acts(scalar) {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func acts(_ scalar: Unicode.Scalar) -> Bool {
        // Most are ASCII, and asking for a category costs more than making the JSON.
        guard scalar.value >= 0x7f else { return false }
        return switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
