import Foundation

/// A terminal for a test: a program in a tmux window of its own server, driven by keys, read as the text on its
/// screen. tmux is a real terminal emulator, so what is read is what a person would see.
///
/// Call ``close()`` at the end, also of a failing test: ``with(columns:rows:environment:command:_:)`` does.
package struct TmuxScreen: Sendable {
    private let socket: String
    private let environment: [String: String]
    /// The first window; there may be others.
    private static let window = ["-t", ":0"]

    /// Runs `body` with `command` (program and arguments, no shell) in a terminal, and ends whatever still runs in
    /// it. The window stays after the program's end, so that what it left on the screen can be read.
    package static func with<Result>(
        columns: Int = 80, rows: Int = 24, environment: [String: String] = [:], command: [String],
        _ body: (TmuxScreen) async throws -> Result
    ) async throws -> Result {
        let screen = try await TmuxScreen(
            columns: columns, rows: rows, environment: environment, command: command)
        do {
            let result = try await body(screen)
            await screen.close()
            return result
        } catch {
            await screen.close()
            throw error
        }
    }

    package init(columns: Int, rows: Int, environment: [String: String], command: [String]) async throws {
        socket = FileManager.default.temporaryDirectory.appending(path: "tmux-\(UUID().uuidString)").path
        self.environment = environment
        var arguments = ["-f", "/dev/null", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)"]
        // What the tester has set must not decide what a test sees; and the toolchain's crash report would wait for
        // an answer.
        var variables = ["INPUTRC": "/dev/null", "LC_ALL": "C.UTF-8", "SWIFT_BACKTRACE": "enable=no"]
        variables.merge(environment) { $1 }
        for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
            arguments += ["-e", "\(name)=\(value)"]
        }
        arguments += ["--"] + command
        // Before anything runs in it: the window stays when the program ends, and the status row is no one's business.
        try await tmux(
            ["-f", "/dev/null", "start-server", ";", "set-option", "-g", "remain-on-exit", "on"]
                + [";", "set-option", "-g", "status", "off", ";", "set-option", "-g", "escape-time", "0"]
                + [";"] + arguments.dropFirst(2))
    }

    package func close() async {
        _ = try? await tmux(["kill-server"])
        try? FileManager.default.removeItem(atPath: socket)
    }

    /// Types `text` as it is.
    package func type(_ text: String) async throws {
        try await tmux(["send-keys"] + Self.window + ["-l", "--", text])
    }

    /// Types bytes, which need be no UTF-8.
    package func typeBytes(_ bytes: [UInt8]) async throws {
        try await tmux(["send-keys"] + Self.window + ["-H"] + bytes.map { String($0, radix: 16) })
    }

    /// Presses keys by tmux's names: `Enter`, `C-c`, `Left`, `Tab`, `BSpace`.
    package func press(_ keys: String...) async throws {
        try await tmux(["send-keys"] + Self.window + keys)
    }

    /// Pastes as a terminal does, bracketed where the program asked for that.
    package func paste(_ text: String) async throws {
        // Through a file: an argument has its limit.
        let file = socket + ".paste"
        try Data(text.utf8).write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await tmux(["load-buffer", file, ";", "paste-buffer", "-d", "-p", "-r"] + Self.window)
    }

    package func resize(columns: Int, rows: Int) async throws {
        try await tmux(["resize-window"] + Self.window + ["-x", "\(columns)", "-y", "\(rows)"])
    }

    /// The rows of the screen, without trailing spaces and empty rows at the end.
    package func rows() async throws -> [String] {
        Self.trimmed(try await tmux(["capture-pane", "-p"] + Self.window))
    }

    /// The same with the sequences that make the colours.
    package func colouredRows() async throws -> [String] {
        Self.trimmed(try await tmux(["capture-pane", "-p", "-e"]))
    }

    /// The rows that have scrolled off, and the screen. After the program's end tmux says so in a last row, for which
    /// the first may have to go.
    package func history() async throws -> [String] {
        Self.trimmed(try await tmux(["capture-pane", "-p", "-S", "-"] + Self.window))
    }

    /// Column and row of the cursor, from 0.
    package func cursor() async throws -> (column: Int, row: Int) {
        let numbers = try await display("#{cursor_x} #{cursor_y}")
            .split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : (-1, -1)
    }

    /// Lets programs copy by OSC 52, as a user's own configuration may.
    package func allowCopying() async throws { try await tmux(["set-option", "-g", "set-clipboard", "on"]) }

    /// What was copied last; throws where nothing was.
    package func copied() async throws -> String { try await tmux(["show-buffer"]) }

    /// What tmux knows of the window, by its format: `#{cursor_x}`.
    package func display(_ format: String) async throws -> String {
        try await tmux(["display-message", "-p"] + Self.window + [format]).trimmingCharacters(in: .newlines)
    }

    /// Writes what the program sends to the terminal from now on into a file, byte for byte.
    package func record(into file: String) async throws {
        try await tmux(["pipe-pane"] + Self.window + ["cat > '\(file)'"])
    }

    /// Goes to another window, so that this one is in the background.
    package func lookElsewhere() async throws {
        try await tmux(["new-window", "-d", "sleep", "1000", ";", "select-window", "-t", ":1"])
    }

    package func lookAgain() async throws {
        try await tmux(["select-window", "-t", ":0"])
    }

    /// The exit status of the window's program, or 128 and the number of the signal that ended it: nil while it runs.
    package func exitStatus() async throws -> Int? {
        // A pane is dead when its terminal is closed, and has a status when its program was waited for.
        let answer = try await display("#{pane_dead_status};#{pane_dead_signal};#{pane_dead};#{pid}")
        let fields = answer.split(separator: ";", omittingEmptySubsequences: false).map {
            Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        guard fields.count == 4 else { return nil }
        if let status = fields[0] { return status }
        if let signal = fields[1] { return 128 + signal }
        // tmux 3.3 at times misses that its child ended; told again, it looks again.
        if fields[2] == 1, let server = fields[3] { kill(pid_t(server), SIGCHLD) }
        return nil
    }

    /// Waits for the end of the window's program, and returns its exit status.
    package func waitForExit(within limit: Duration = .seconds(30)) async throws -> Int {
        var status: Int?
        try await waitUntil("the program's end", within: limit) {
            status = try await exitStatus()
            return status != nil
        }
        return status ?? -1
    }

    /// Waits until the rows of the screen satisfy `condition`, and returns them.
    @discardableResult
    package func wait(
        for what: String, within limit: Duration = .seconds(30), _ condition: ([String]) -> Bool
    ) async throws -> [String] {
        var seen: [String] = []
        try await waitUntil(what, within: limit, describe: { seen.joined(separator: "\n") }) {
            seen = try await rows()
            return condition(seen)
        }
        return seen
    }

    /// Waits until `text` stands somewhere on the screen, within one row.
    @discardableResult
    package func wait(forText text: String, within limit: Duration = .seconds(30)) async throws -> [String] {
        try await wait(for: "“\(text)”", within: limit) { $0.contains { $0.contains(text) } }
    }

    @discardableResult
    private func tmux(_ arguments: [String]) async throws -> String {
        // tmux looks for the window's program by the PATH of the client that asks for it, not by the session's.
        var variables = [
            "PATH": environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin", "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
        ]
        variables["HOME"] = environment["HOME"] ?? "/nonexistent"
        let run = try await runProgram(
            "/usr/bin/env", ["tmux", "-u", "-S", socket] + arguments, environment: variables)
        guard run.status == 0 else { throw TmuxFailed(arguments: arguments, message: run.errors) }
        return run.output
    }

    private static func trimmed(_ screen: String) -> [String] {
        var rows = screen.split(separator: "\n", omittingEmptySubsequences: false).map { row in
            String(row.reversed().drop { $0 == " " }.reversed())
        }
        while rows.last == "" { rows.removeLast() }
        return rows
    }
}

package struct TmuxFailed: Error, CustomStringConvertible {
    package let arguments: [String]
    package let message: String

    package var description: String { "tmux \(arguments.joined(separator: " ")): \(message)" }
}
