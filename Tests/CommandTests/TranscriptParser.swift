import Foundation

struct TranscriptSyntaxError: Error, CustomStringConvertible {
    let line: Int
    let message: String

    var description: String { "line \(line): \(message)" }
}

/// Text to steps: pure.
struct TranscriptParser {
    private let lines: [String]
    private var next = 0

    init(text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    mutating func steps() throws -> [Transcript.Step] {
        var steps: [Transcript.Step] = []
        while next < lines.count {
            let number = next + 1
            let line = lines[next]
            next += 1
            if line.isEmpty || line.hasPrefix("#") { continue }
            do {
                let action =
                    line.hasPrefix("$ ") ? try command(String(line.dropFirst(2))) : try directive(line)
                steps.append(Transcript.Step(line: number, action: action))
            } catch let error as ShapeError {
                throw TranscriptSyntaxError(line: number, message: error.message)
            }
        }
        return steps
    }

    private struct ShapeError: Error {
        let message: String
    }

    // MARK: Commands

    private mutating func command(_ text: String) throws -> Transcript.Action {
        var words = try split(text)
        var background: String?
        if let last = words.last, !last.isQuoted, last.text.hasPrefix("&") {
            background = String(last.text.dropFirst())
            guard background?.isEmpty == false else {
                throw ShapeError(message: "a background program needs a name: &name")
            }
            words.removeLast()
        }
        var input: Transcript.Input?
        if let sign = words.firstIndex(where: { $0.text == "<" && !$0.isQuoted }) {
            guard sign + 2 == words.count else { throw ShapeError(message: "`< FILE` comes last") }
            input = .file(words[sign + 1].text)
            words.removeLast(2)
        }
        guard !words.isEmpty else { throw ShapeError(message: "no command") }
        let typed = continuation("<")
        if !typed.isEmpty { input = .lines(typed) }
        let expectation = try expectation()
        return .run(words: words, input: input, background: background, expectation: expectation)
    }

    private mutating func expectation() throws -> Transcript.Expectation {
        var result = Transcript.Expectation()
        while next < lines.count, !lines[next].isEmpty {
            let line = lines[next]
            next += 1
            if line.hasPrefix("#") { continue }
            if line.hasPrefix("$ ") {
                throw ShapeError(message: "a blank line must stand before line \(next)")
            }
            if line.hasPrefix("[exit "), line.hasSuffix("]"), let status = Int(line.dropFirst(6).dropLast()) {
                result.status = status
            } else if line.hasPrefix("stderr: ") {
                result.errors.append(.init(line: next, pattern: String(line.dropFirst(8))))
            } else {
                // A backslash before a line that would mean something else, and for an empty one.
                result.output.append(
                    .init(line: next, pattern: line.hasPrefix("\\") ? String(line.dropFirst()) : line))
            }
        }
        return result
    }

    /// The lines that follow with this sign and a space before them, without it; the sign alone is an empty line.
    private mutating func continuation(_ sign: String) -> [String] {
        var result: [String] = []
        while next < lines.count, lines[next] == sign || lines[next].hasPrefix(sign + " ") {
            result.append(String(lines[next].dropFirst(sign.count + 1)))
            next += 1
        }
        return result
    }

    // MARK: Directives

    private mutating func directive(_ line: String) throws -> Transcript.Action {
        let words = try split(line)
        let verb = words.first?.text ?? ""
        let rest = words.dropFirst().map(\.text)
        /// What stands after the verb and `count` words, as it is.
        func remainder(after count: Int) -> String {
            line.split(separator: " ", maxSplits: count + 1, omittingEmptySubsequences: true)
                .dropFirst(count + 1).first.map(String.init) ?? ""
        }
        switch (verb, rest.count) {
        case ("output", 1): return .output(rest[0], try expectation())
        case ("wait", 1): return .wait(rest[0], try expectation())
        case ("input", 1): return .input(rest[0], continuation("<"))
        case ("close", 1): return .close(rest[0])
        case ("kill", 2): return .kill(signal: try signal(rest[0]), rest[1])
        case ("env", 1...):
            let parts = remainder(after: 0).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw ShapeError(message: "env NAME=value") }
            return .environment(name: String(parts[0]), value: String(parts[1]))
        case ("unset", 1): return .environment(name: rest[0], value: nil)
        case ("file", 1): return .file(path: rest[0], lines: continuation("|"))
        case ("mode", 2):
            guard let mode = Int(rest[1], radix: 8) else { throw ShapeError(message: "mode FILE 0600") }
            return .mode(path: rest[0], mode)
        case ("exists", 1): return .exists(path: rest[0])
        case ("absent", 1): return .absent(path: rest[0])
        case ("grep", 2...): return .grep(path: rest[0], pattern: remainder(after: 1), wanted: true)
        case ("no-grep", 2...): return .grep(path: rest[0], pattern: remainder(after: 1), wanted: false)
        case ("screen", 3...):
            let size = rest[1].split(separator: "x").compactMap { Int($0) }
            guard size.count == 2 else { throw ShapeError(message: "screen NAME 80x24 program argument…") }
            return .screen(rest[0], columns: size[0], rows: size[1], words: Array(words.dropFirst(3)))
        case ("type", 2...): return .type(rest[0], remainder(after: 1))
        case ("press", 2...): return .press(rest[0], Array(rest.dropFirst()))
        case ("paste", 1): return .paste(rest[0], continuation("|"))
        case ("see", 2...): return .see(rest[0], pattern: remainder(after: 1))
        case ("unseen", 2...): return .unseen(rest[0], pattern: remainder(after: 1))
        case ("gone", 2...): return .gone(rest[0], pattern: remainder(after: 1))
        case ("ended", 2):
            guard let status = Int(rest[1]) else { throw ShapeError(message: "ended NAME STATUS") }
            return .ended(rest[0], status: status)
        default:
            throw ShapeError(message: "not understood: \(line)")
        }
    }

    private func signal(_ name: String) throws -> Int32 {
        let numbers = [
            "-TERM": SIGTERM, "-INT": SIGINT, "-HUP": SIGHUP, "-KILL": SIGKILL, "-STOP": SIGSTOP,
            "-CONT": SIGCONT,
        ]
        guard let number = numbers[name] else { throw ShapeError(message: "which signal is \(name)?") }
        return number
    }

    private func split(_ text: String) throws -> [Word] {
        guard let words = Word.split(text) else { throw ShapeError(message: "a quote is not closed") }
        return words
    }
}
