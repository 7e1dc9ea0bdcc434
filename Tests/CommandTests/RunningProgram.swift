import Foundation
import TestSupport

/// A program of a transcript. Its output goes to files, so that it never waits for a reader.
final class RunningProgram {
    enum Input {
        case nothing
        case text(String)
        case file(String)
    }

    private let process: ChildProcess
    private let outputPath: String
    private let errorPath: String
    private var input: FileHandle?
    private var taken = 0

    /// Writing to a program that has ended is an error of the transcript, not the end of the test run.
    private static let ignoresBrokenPipes: Void = { _ = Foundation.signal(SIGPIPE, SIG_IGN) }()

    init(
        _ command: [String], environment: [String: String], folder: String, streams: String, input: Input,
        keepsInputOpen: Bool
    ) throws {
        Self.ignoresBrokenPipes
        outputPath = streams + ".stdout"
        errorPath = streams + ".stderr"
        let output = try Self.create(outputPath)
        let errors = try Self.create(errorPath)
        let source: FileHandle
        switch input {
        case .nothing: source = try FileHandle(forReadingFrom: URL(filePath: "/dev/null"))
        case .file(let path): source = try FileHandle(forReadingFrom: URL(filePath: path))
        case .text(let text) where keepsInputOpen:
            let pipe = Pipe()
            source = pipe.fileHandleForReading
            self.input = pipe.fileHandleForWriting
            try self.input?.write(contentsOf: Data(text.utf8))
        case .text(let text):
            try Data(text.utf8).write(to: URL(filePath: streams + ".stdin"))
            source = try FileHandle(forReadingFrom: URL(filePath: streams + ".stdin"))
        }
        process = try ChildProcess(
            command[0], Array(command.dropFirst()), environment: environment, directory: folder,
            input: source.fileDescriptor, output: output.fileDescriptor, errors: errors.fileDescriptor)
    }

    /// The exit status, or 128 and the number of a signal; nil while it runs.
    var status: Int32? { process.status }

    var output: String { Self.read(outputPath) }
    var errors: String { Self.read(errorPath) }

    /// The next complete line of output that was not taken yet; the last may lack its newline once the program ended.
    func takeLine() -> String? {
        let hasEnded = status != nil
        let rest = Data(Self.bytes(outputPath).dropFirst(taken))
        if let newline = rest.firstIndex(of: 0x0A) {
            taken += newline + 1
            return String(decoding: rest[..<newline], as: UTF8.self)
        }
        guard hasEnded, !rest.isEmpty else { return nil }
        taken += rest.count
        return String(decoding: rest, as: UTF8.self)
    }

    func write(_ text: String) throws {
        try input?.write(contentsOf: Data(text.utf8))
    }

    func closeInput() {
        try? input?.close()
        input = nil
    }

    func signal(_ number: Int32) {
        process.signal(number)
    }

    /// Kills it, with what it started, and waits for its end.
    func end() async {
        process.signal(SIGKILL, group: true)
        _ = await process.wait()
    }

    var report: String { "stdout:\n\(output)stderr:\n\(errors)" }
    var errorReport: String { errors.isEmpty ? "" : "\nstderr:\n\(errors)" }

    private static func create(_ path: String) throws -> FileHandle {
        try Data().write(to: URL(filePath: path))
        return try FileHandle(forWritingTo: URL(filePath: path))
    }

    private static func bytes(_ path: String) -> Data {
        (try? Data(contentsOf: URL(filePath: path))) ?? Data()
    }

    private static func read(_ path: String) -> String {
        String(decoding: bytes(path), as: UTF8.self)
    }
}
