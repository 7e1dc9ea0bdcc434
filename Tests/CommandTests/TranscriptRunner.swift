import Foundation
import TestSupport

struct TranscriptFailure: Error, CustomStringConvertible {
    let line: Int
    let message: String

    var description: String { "line \(line): \(message)" }
}

/// Runs one transcript in a fresh folder, `$W`, which is also where its programs run. Whatever they leave running is
/// killed at the end.
final class TranscriptRunner {
    private let transcript: Transcript
    private let folder: String
    private var variables = Variables()
    private var environment: [String: String]
    private var programs: [String: RunningProgram] = [:]
    private var screens: [String: TmuxScreen] = [:]
    private var started = 0

    /// Of each wait.
    private static let limit = Duration.seconds(60)

    init(_ transcript: Transcript) throws {
        self.transcript = transcript
        // Short, for the sockets in it: their paths are limited to 107 bytes.
        var template = Array((NSTemporaryDirectory() + "p2p-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw POSIXError(.EIO) }
        folder = template.withUnsafeBufferPointer {
            String(decoding: $0.map { UInt8(bitPattern: $0) }.dropLast(), as: UTF8.self)
        }
        variables["W"] = folder
        variables["TESTS"] = PackageFolder.root + "/Tests"
        variables["EXAMPLES"] = PackageFolder.root + "/Examples"
        for name in ["home", "tmp", ".streams"] {
            try FileManager.default.createDirectory(
                atPath: folder + "/" + name, withIntermediateDirectories: true)
        }
        environment = [
            "PATH": BuiltProducts.directory.path + ":/usr/local/bin:/usr/bin:/bin",
            "HOME": folder + "/home", "TMPDIR": folder + "/tmp", "LC_ALL": "C.UTF-8", "TERM": "dumb",
        ]
    }

    func run() async throws {
        do {
            for step in transcript.steps {
                do {
                    try await perform(step)
                } catch let failure as TranscriptFailure {
                    throw failure
                } catch {
                    throw TranscriptFailure(line: step.line, message: "\(error)")
                }
            }
        } catch {
            await cleanUp()
            throw error
        }
        await cleanUp()
    }

    private func cleanUp() async {
        for screen in screens.values { await screen.close() }
        for program in programs.values { await program.end() }
        try? FileManager.default.removeItem(atPath: folder)
    }

    // MARK: Steps

    private func perform(_ step: Transcript.Step) async throws {
        switch step.action {
        case .run(let words, let input, let background, let expectation):
            try await run(words, input: input, background: background, expectation, at: step.line)
        case .output(let name, let expectation):
            try await waitForOutput(of: try program(name), expectation)
        case .wait(let name, let expectation):
            let program = try program(name)
            try await waitForEnd(of: program, expectation, at: step.line)
            programs[name] = nil
        case .input(let name, let lines):
            let text = try lines.map { try variables.expand($0) + "\n" }.joined()
            try program(name).write(text)
        case .close(let name): try program(name).closeInput()
        case .kill(let signal, let name): try program(name).signal(signal)
        case .environment(let name, let value): environment[name] = try value.map { try variables.expand($0) }
        case .file(let file, let lines):
            let text = try lines.map { try variables.expand($0) + "\n" }.joined()
            try Data(text.utf8).write(to: URL(filePath: try path(file)))
        case .screen(let name, let columns, let rows, let words):
            var variables = environment
            variables["TERM"] = nil
            // A name that is used again means another terminal.
            await screens.removeValue(forKey: name)?.close()
            screens[name] = try await TmuxScreen(
                columns: columns, rows: rows, environment: variables,
                command: try command(words.map { try $0.expanded(self.variables) }))
        case .type, .press, .paste, .see, .unseen, .gone, .ended:
            try await perform(onScreen: step.action)
        case .mode, .exists, .absent, .grep:
            try check(step.action)
        }
    }

    private func check(_ action: Transcript.Action) throws {
        switch action {
        case .mode(let file, let mode):
            let attributes = try FileManager.default.attributesOfItem(atPath: try path(file))
            let found = (attributes[.posixPermissions] as? Int) ?? -1
            try expect(found == mode, "its mode is 0\(String(found, radix: 8))")
        case .exists(let file):
            try expect(FileManager.default.fileExists(atPath: try path(file)), "it does not exist")
        case .absent(let file):
            try expect(!FileManager.default.fileExists(atPath: try path(file)), "it exists")
        case .grep(let file, let text, let wanted):
            let pattern = try LinePattern("*" + text + "*", variables: variables)
            let lines = Self.lines(
                String(decoding: try Data(contentsOf: URL(filePath: try path(file))), as: UTF8.self))
            try expect(
                lines.contains { pattern.match($0) != nil } == wanted,
                "its content is:\n\(lines.joined(separator: "\n"))")
        default: break
        }
    }

    private func perform(onScreen action: Transcript.Action) async throws {
        switch action {
        case .type(let name, let text): try await screen(name).type(try variables.expand(text))
        case .press(let name, let keys):
            for key in keys { try await screen(name).press(key) }
        case .paste(let name, let lines):
            try await screen(name).paste(try lines.map { try variables.expand($0) }.joined(separator: "\n"))
        case .see(let name, let text):
            let pattern = try LinePattern(text.hasPrefix("~ ") ? text : "*" + text, variables: variables)
            var found: [String: String] = [:]
            try await screen(name).wait(for: "“\(text)” on \(name)'s screen", within: Self.limit) { rows in
                guard let match = rows.lazy.compactMap({ pattern.match($0) }).last else { return false }
                found = match
                return true
            }
            for (name, value) in found { variables[name] = value }
        case .unseen(let name, let text):
            let pattern = try LinePattern("*" + text + "*", variables: variables)
            let rows = try await screen(name).history()
            try expect(
                !rows.contains { pattern.match($0) != nil },
                "the screen shows:\n\(rows.joined(separator: "\n"))")
        case .gone(let name, let text):
            let pattern = try LinePattern("*" + text + "*", variables: variables)
            try await screen(name).wait(for: "“\(text)” to go from \(name)'s screen", within: Self.limit) {
                rows in
                !rows.contains { pattern.match($0) != nil }
            }
        case .ended(let name, let status):
            let found = try await screen(name).waitForExit(within: Self.limit)
            try expect(found == status, "its exit status is \(found)")
        default: break
        }
    }

    private func expect(_ holds: Bool, _ otherwise: @autoclosure () -> String) throws {
        if !holds { throw Mismatch(description: otherwise()) }
    }

    private struct Mismatch: Error, CustomStringConvertible {
        let description: String
    }

    private func program(_ name: String) throws -> RunningProgram {
        guard let program = programs[name] else {
            throw Mismatch(description: "no program is called \(name)")
        }
        return program
    }

    private func screen(_ name: String) throws -> TmuxScreen {
        guard let screen = screens[name] else { throw Mismatch(description: "no screen is called \(name)") }
        return screen
    }

    private func path(_ text: String) throws -> String {
        let path = try variables.expand(text)
        return path.hasPrefix("/") ? path : folder + "/" + path
    }

    /// `env` finds the program in the transcript's own PATH.
    private func command(_ words: [String]) -> [String] {
        ["/usr/bin/env", "--"] + words
    }

    // MARK: Programs

    private func run(
        _ words: [Word], input: Transcript.Input?, background: String?, _ expectation: Transcript.Expectation,
        at line: Int
    ) async throws {
        started += 1
        let words = try words.map { try $0.expanded(variables) }
        let source: RunningProgram.Input =
            switch input {
            case .file(let file): .file(try path(file))
            case .lines(let lines): .text(try lines.map { try variables.expand($0) + "\n" }.joined())
            case nil: background == nil ? .nothing : .text("")
            }
        let program = try RunningProgram(
            command(words), environment: environment, folder: folder,
            streams: folder + "/.streams/\(started)",
            input: source, keepsInputOpen: background != nil)
        if let background {
            guard programs[background] == nil else {
                throw Mismatch(description: "\(background) is running already")
            }
            programs[background] = program
            try await waitForOutput(of: program, expectation)
        } else {
            // Named, so that it does not outlive a transcript that fails meanwhile.
            programs["the program of line \(line)"] = program
            try await waitForEnd(of: program, expectation, at: line)
            programs["the program of line \(line)"] = nil
        }
    }

    /// The next lines of a program that goes on.
    private func waitForOutput(of program: RunningProgram, _ expectation: Transcript.Expectation) async throws
    {
        var expected = expectation.output[...]
        var maySkip = false
        while let next = expected.first {
            if next.pattern == Transcript.Expectation.anyLines {
                maySkip = true
                expected = expected.dropFirst()
                continue
            }
            let line = try await nextLine(of: program, for: next)
            if try take(line, as: next) {
                maySkip = false
                expected = expected.dropFirst()
            } else if !maySkip {
                throw TranscriptFailure(
                    line: next.line,
                    message: "expected: \(next.pattern)\nbut it is: \(line)\(program.errorReport)")
            }
        }
        for wanted in expectation.errors {
            let pattern = try LinePattern(wanted.pattern, variables: variables)
            do {
                try await waitUntil(
                    "stderr: \(wanted.pattern)", within: Self.limit, describe: { program.errorReport }
                ) {
                    Self.lines(program.errors).contains { pattern.match($0) != nil }
                }
            } catch {
                throw TranscriptFailure(line: wanted.line, message: "\(error)")
            }
        }
    }

    private func nextLine(of program: RunningProgram, for wanted: Transcript.Expectation.Line) async throws
        -> String
    {
        var line: String?
        do {
            try await waitUntil("a line of output", within: Self.limit) {
                // The status first: what it wrote before its end is there afterwards.
                let hasEnded = program.status != nil
                line = program.takeLine()
                return line != nil || hasEnded
            }
        } catch {
            throw TranscriptFailure(
                line: wanted.line, message: "waited in vain for: \(wanted.pattern)\n\(program.report)")
        }
        guard let line else {
            throw TranscriptFailure(
                line: wanted.line,
                message:
                    "the program ended (\(program.status ?? -1)) before: \(wanted.pattern)\(program.errorReport)"
            )
        }
        return line
    }

    /// All the output that is left, the errors, and the status.
    private func waitForEnd(
        of program: RunningProgram, _ expectation: Transcript.Expectation, at line: Int
    ) async throws {
        program.closeInput()
        try await waitUntil("the end of the program", within: Self.limit, describe: { program.report }) {
            program.status != nil
        }
        let status = program.status ?? -1
        guard status == Int32(expectation.status) else {
            throw TranscriptFailure(
                line: line, message: "exit \(status), expected \(expectation.status)\n\(program.report)")
        }
        var lines: [String] = []
        while let line = program.takeLine() { lines.append(line) }
        try match(lines[...], expectation.output[...], at: line, program)
        var errors = Self.lines(program.errors)[...]
        for wanted in expectation.errors {
            let place = try errors.firstIndex { try take($0, as: wanted) }
            guard let place else {
                throw TranscriptFailure(
                    line: wanted.line,
                    message: "no such line on stderr: \(wanted.pattern)\(program.errorReport)")
            }
            errors = errors[(place + 1)...]
        }
    }

    private func match(
        _ lines: ArraySlice<String>, _ expected: ArraySlice<Transcript.Expectation.Line>, at line: Int,
        _ program: RunningProgram
    ) throws {
        var lines = lines
        var expected = expected
        var maySkip = false
        while let next = expected.first {
            expected = expected.dropFirst()
            if next.pattern == Transcript.Expectation.anyLines {
                maySkip = true
                continue
            }
            if maySkip { lines = try lines.drop { try !matches($0, next) } }
            maySkip = false
            guard let found = lines.first else {
                throw TranscriptFailure(
                    line: next.line, message: "no such output: \(next.pattern)\n\(program.report)")
            }
            guard try take(found, as: next) else {
                throw TranscriptFailure(
                    line: next.line,
                    message: "expected: \(next.pattern)\nbut it is: \(found)\(program.errorReport)")
            }
            lines = lines.dropFirst()
        }
        if let extra = lines.first, !maySkip {
            throw TranscriptFailure(
                line: line, message: "output that nobody expected: \(extra)\n\(program.report)")
        }
    }

    private func matches(_ line: String, _ expected: Transcript.Expectation.Line) throws -> Bool {
        try LinePattern(expected.pattern, variables: variables).match(line) != nil
    }

    /// Whether the line matches; then its captures are kept.
    private func take(_ line: String, as expected: Transcript.Expectation.Line) throws -> Bool {
        guard let found = try LinePattern(expected.pattern, variables: variables).match(line) else {
            return false
        }
        for (name, value) in found { variables[name] = value }
        return true
    }

    static func lines(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }
}
