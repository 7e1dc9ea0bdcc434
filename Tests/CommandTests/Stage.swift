import Foundation
import TestSupport

/// A directory, and alice and bob, who know each other: for trials that look closer at a screen than a transcript does.
final class Stage {
    let folder: String
    private let environment: [String: String]
    private var programs: [RunningProgram] = []
    private var screens: [TmuxScreen] = []
    private var started = 0

    private static let limit = Duration.seconds(60)

    /// As for transcripts: many at once would only take each other's time.
    private static let gate = Gate(places: max(2, ProcessInfo.processInfo.activeProcessorCount))

    /// Whatever is still running at the end is killed.
    static func with(
        _ environment: [String: String] = [:], _ body: (Stage) async throws -> Void
    ) async throws {
        await gate.enter()
        var failure: (any Error)?
        do {
            let folder = try TemporaryFolder()
            let stage = try Stage(folder, environment)
            do {
                try await stage.meet()
                try await body(stage)
            } catch {
                failure = error
            }
            await stage.close()
        } catch {
            failure = error
        }
        await gate.leave()
        if let failure { throw failure }
    }

    private init(_ folder: TemporaryFolder, _ extra: [String: String]) throws {
        self.folder = folder.path
        for name in ["home", "streams"] {
            try FileManager.default.createDirectory(
                atPath: folder.path + "/" + name, withIntermediateDirectories: true)
        }
        environment = [
            "PATH": BuiltProducts.directory.path + ":/usr/local/bin:/usr/bin:/bin",
            "HOME": folder.path + "/home", "LC_ALL": "C.UTF-8", "TERM": "dumb",
        ].merging(extra) { $1 }
    }

    private func close() async {
        for screen in screens { await screen.close() }
        for program in programs { await program.end() }
    }

    /// Registers both, and has bob accept alice.
    private func meet() async throws {
        let server = try start(["server", "--listen", "127.0.0.1:0", "--state", folder + "/directory"])
        let directory = try await line(of: server, "directory ").dropFirst(10)
        for name in ["alice", "bob"] {
            try await run(["keygen", "--no-passphrase", "--home", home(name)])
            try await run([
                "register", "--home", home(name), "--directory", String(directory), "--handle", name,
                "--listen", "127.0.0.1:0", "--discoverable",
            ])
        }
        let bob = try start(["listen", "--json", "--accept-requests", "--home", home("bob")])
        _ = try await line(of: bob, "{")
        try await run(["send", "bob", "hello", "--home", home("alice")])
        bob.signal(SIGTERM)
        try await waitUntil("bob's end", within: Self.limit) { bob.status != nil }
    }

    func home(_ name: String) -> String { folder + "/" + name }

    /// The full screen of somebody, at the conversation with another.
    func chat(
        _ name: String, with other: String, columns: Int = 80, rows: Int = 24, _ arguments: [String] = [],
        environment extra: [String: String] = [:]
    ) async throws -> TmuxScreen {
        let screen = try await terminal(
            ["p2pchat", "chat", other, "--home", home(name)] + arguments, columns: columns, rows: rows,
            environment: extra)
        try await screen.wait(for: "\(name)'s line", within: Self.limit) { $0.last == "\(other)>" }
        return screen
    }

    func terminal(
        _ command: [String], columns: Int = 80, rows: Int = 24, environment extra: [String: String] = [:]
    ) async throws -> TmuxScreen {
        var variables = environment.merging(extra) { $1 }
        variables["TERM"] = nil
        let words = extra["TERM"].map { ["TERM=" + $0] } ?? []
        let screen = try await TmuxScreen(
            columns: columns, rows: rows, environment: variables, command: ["/usr/bin/env"] + words + command)
        screens.append(screen)
        return screen
    }

    /// Runs `p2pchat` to its end, and returns its output.
    @discardableResult
    func run(_ arguments: [String], input: String = "", expecting status: Int32 = 0) async throws -> String {
        let program = try start(arguments, .text(input))
        try await waitUntil("the end of \(arguments)", within: Self.limit, describe: { program.report }) {
            program.status != nil
        }
        guard program.status == status else {
            throw Unexpected(description: "\(arguments): exit \(program.status ?? -1)\n\(program.report)")
        }
        return program.output
    }

    /// Starts `p2pchat`, which goes on beside what follows.
    func start(_ arguments: [String], _ input: RunningProgram.Input = .nothing) throws -> RunningProgram {
        started += 1
        let program = try RunningProgram(
            ["/usr/bin/env", "p2pchat"] + arguments, environment: environment, folder: folder,
            streams: folder + "/streams/\(started)", input: input, keepsInputOpen: false)
        programs.append(program)
        return program
    }

    /// The next line that begins so.
    private func line(of program: RunningProgram, _ beginning: String) async throws -> String {
        var found: String?
        try await waitUntil("a line of output", within: Self.limit, describe: { program.report }) {
            while found == nil, let line = program.takeLine() {
                if line.hasPrefix(beginning) { found = line }
            }
            return found != nil
        }
        return found ?? ""
    }

    private struct Unexpected: Error, CustomStringConvertible {
        let description: String
    }
}

extension TmuxScreen {
    func enter(_ line: String) async throws {
        try await type(line)
        try await press("Enter")
    }

    /// Waits until the line being typed, with its prompt, is this.
    @discardableResult
    func wait(forLine line: String) async throws -> [String] {
        try await wait(for: "“\(line)” being typed") { $0.last == line }
    }

    /// What stands on the screen is what is drawn on an empty one: there is nothing that was left behind. To be called when
    /// nothing moves any more.
    func waitUntilFresh() async throws {
        let before = try await rows()
        try await press("C-l")
        // Keys are done one after the other: when this one is seen, the screen was drawn anew.
        try await type("~")
        let line = before.last ?? ""
        try await wait(for: "a key") { $0.last == line + (line.hasSuffix(">") ? " ~" : "~") }
        try await press("BSpace")
        try await waitUntil(
            "a screen without remains; it had\n" + before.joined(separator: "\n") + "\nand drawn anew"
        ) {
            try await rows() == before
        }
    }
}
