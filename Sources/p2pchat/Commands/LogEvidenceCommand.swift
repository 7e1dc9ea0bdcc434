import ArgumentParser
import Directory
import Foundation
import Identity
import Store

struct LogEvidenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evidence",
        abstract: "List what convicts directories of lying, or write one of it into a file.",
        discussion: """
            The file needs nothing else: whoever has it can check it with p2pchat log check-evidence, without a home.

            Examples:
              p2pchat log evidence
              p2pchat log evidence lie.json
              p2pchat log evidence --number 2 lie.json
            """)

    @OptionGroup var options: HomeOptions

    @Argument(help: "The file to write; nothing is overwritten. None: what there is is listed.")
    var file: String?

    @Option(help: "Which one, as listed (default: the last one).")
    var number: Int64?

    func run() async throws {
        // Beside a process that is online, too: this only reads.
        let store = try HomeStore(path: options.folder.databasePath, keys: options.unlock())
        let all = try await store.evidence()
        guard let file else {
            if all.isEmpty { Output.note("no directory was convicted of anything") }
            for (number, bytes) in all {
                let evidence = try Evidence(bytes: bytes)
                try Output.line(
                    """
                    \(number) \(LogText.time(evidence.time)) \(evidence.directory.fingerprint) \(evidence.check())
                    """)
            }
            return
        }
        guard let chosen = number.map({ number in all.last { $0.number == number } }) ?? all.last else {
            throw CommandError(
                .usage, "there is no such evidence", hint: "list it with: p2pchat log evidence")
        }
        let path = FolderCheck.absolute(file)
        do {
            try Data(chosen.content).write(to: URL(filePath: path), options: .withoutOverwriting)
        } catch CocoaError.fileWriteFileExists {
            throw CommandError(.exists, "\(file) exists already; it is left as it is")
        } catch {
            throw CommandError(.inputOutput, "cannot write to \(file): \(error.localizedDescription)")
        }
        Output.note("anybody can check it: p2pchat log check-evidence \(ShellWord.quote(file))")
    }
}

struct CheckEvidence: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-evidence",
        abstract: "Check a file that is said to convict a directory of lying; exit code 0 when it does.",
        discussion: """
            Needs neither a home nor a network. What it says of the directory whose whole fingerprint it prints is proved; that
            this is the directory that you know, you have to compare.

            Examples:
              p2pchat log check-evidence lie.json
            """)

    @Argument(help: "The file.")
    var file: String

    func run() async throws {
        for line in try Self.read(file).lines { try Output.line(line) }
    }

    /// What a file proves of which directory. Throws where it is no evidence, or convicts nobody.
    static func read(_ file: String) throws -> (directory: PublicIdentity, lines: [String]) {
        let path = try FolderCheck.readable(file)
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw CommandError(.inputOutput, "cannot read \(file)")
        }
        // One more than is read, so that a longer file is seen to be one.
        let bytes = try handle.read(upToCount: Evidence.mostBytes + 1) ?? Data()
        let evidence = try Evidence(bytes: Array(bytes))
        let what = try evidence.check()
        return (
            evidence.directory,
            ["proved: the directory \(evidence.directory.groupedFingerprint)", "  \(what)"]
        )
    }
}
