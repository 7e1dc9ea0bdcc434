import ArgumentParser
import Glibc
import Identity
import Terminal

struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a conversation as text or JSON, in the clear.",
        discussion: """
            To standard output, or to a new file that only you can read. Nothing is ever exported without this command.
            Times are UTC; "me" is you. With --json, one object a line, with exact text.

            Examples:
              p2pchat export bob
              p2pchat export bob --json --out bob.jsonl
            """)

    @OptionGroup var options: HomeOptions

    @Argument(help: "Whose conversation.")
    var peer: String

    @Flag(help: "One JSON object a line.")
    var json = false

    @Option(help: ArgumentHelp("The file to write; nothing is overwritten.", valueName: "file"))
    var out: String?

    func run() async throws {
        let file = try out.map { try ExportFile($0) }
        let json = json
        do {
            try await HomeAccess(options: options).pages(
                ControlMethods.export, ExportParameters(peer: peer, after: 0), { $0.export }
            ) { page in
                for message in page.messages {
                    let line = json ? try Output.jsonText(message) : Self.text(message, from: page.peer)
                    try Output.write(line + "\n", to: file?.descriptor ?? STDOUT_FILENO)
                }
                return page.next.map { ExportParameters(peer: page.peer.fingerprint, after: $0) }
            }
            try file?.keep()
        } catch {
            file?.remove()
            throw error
        }
    }

    private static func text(_ message: MessageJSON, from peer: PeerJSON) -> String {
        let name = message.direction == "in" ? VisibleText(peer.name).description : "me"
        // What was not acknowledged may never have arrived.
        let state = message.state.map { $0 == "queued" || $0 == "sent" ? " (\($0))" : "" } ?? ""
        let content =
            if let file = message.file {
                "file \(VisibleText(file.name)), \(ByteCount.text(file.size))"
            } else {
                VisibleText.block(message.text ?? "").description
            }
        return "\(message.time) \(name)\(state): \(content)"
    }
}

/// A new file that only its owner can read.
private struct ExportFile: Sendable {
    let descriptor: Int32
    private let path: String

    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let code = errno
            throw code == EEXIST
                ? CommandError(
                    .exists, "\(path) exists already; nothing was changed", hint: "name another file")
                : CommandError(.inputOutput, "cannot write \(path): \(String(cString: strerror(code)))")
        }
    }

    func keep() throws {
        guard fsync(descriptor) == 0, close(descriptor) == 0 else {
            throw CommandError(.inputOutput, "cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }

    /// What is not whole does not stay.
    func remove() {
        _ = close(descriptor)
        unlink(path)
    }
}
