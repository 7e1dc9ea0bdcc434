import Foundation
import TestSupport
import Testing

/// One file of `transcripts/`: its steps, in order. The format is described in README.md beside this file.
struct Transcript: Sendable {
    /// One step and the number of its line.
    struct Step: Sendable, Equatable {
        let line: Int
        let action: Action
    }

    /// Words and texts still hold `$NAME`: variables get their values while the transcript runs.
    enum Action: Sendable, Equatable {
        /// `$ program argument…`, to its end; `background` names it when it goes on beside what follows.
        case run(words: [Word], input: Input?, background: String?, expectation: Expectation)
        /// More output of a background program, or its end.
        case output(String, Expectation)
        case wait(String, Expectation)
        case input(String, [String])
        case close(String)
        case kill(signal: Int32, String)
        case environment(name: String, value: String?)
        case file(path: String, lines: [String])
        case mode(path: String, Int)
        case exists(path: String)
        case absent(path: String)
        case grep(path: String, pattern: String, wanted: Bool)
        /// A program in a terminal of its own, and what a person does there.
        case screen(String, columns: Int, rows: Int, words: [Word])
        case type(String, String)
        case press(String, [String])
        case paste(String, [String])
        case see(String, pattern: String)
        case unseen(String, pattern: String)
        case gone(String, pattern: String)
        case ended(String, status: Int)
    }

    enum Input: Sendable, Equatable {
        case lines([String])
        case file(String)
    }

    struct Expectation: Sendable, Equatable {
        struct Line: Sendable, Equatable {
            let line: Int
            let pattern: String
        }
        var output: [Line] = []
        var errors: [Line] = []
        var status = 0

        /// Takes `...` for any number of lines.
        static let anyLines = "..."
    }

    let name: String
    let path: String
    let steps: [Step]

    init(path: String) throws {
        self.path = path
        name = String(path.split(separator: "/").last ?? "").replacingOccurrences(of: ".txt", with: "")
        var parser = TranscriptParser(text: try String(contentsOfFile: path, encoding: .utf8))
        steps = try parser.steps()
    }
}

/// A file that is a test case, named for itself. Read when the test runs, so that a malformed one fails by itself.
struct TranscriptFile: Sendable, CustomTestStringConvertible {
    let path: String

    var testDescription: String { String(path.split(separator: "/").last ?? "") }

    static let all: [TranscriptFile] = {
        let folder = PackageFolder.root + "/Tests/CommandTests/transcripts"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let wanted = ProcessInfo.processInfo.environment["TRANSCRIPTS"]
            .map { $0.split(separator: " ").map { String($0) + ".txt" } }
        return names.filter { wanted?.contains($0) ?? $0.hasSuffix(".txt") }.sorted().map {
            TranscriptFile(path: folder + "/" + $0)
        }
    }()
}
