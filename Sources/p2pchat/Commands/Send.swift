import ArgumentParser
import Chat
import FoundationEssentials
import Glibc
import Wire

struct Send: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send one message, and wait until the peer has acknowledged it.",
        discussion: """
            Without TEXT, all of standard input less one final newline is the message. Exit code 0 means that the peer has
            it; after any other one nothing is kept to be sent later.

            Examples:
              p2pchat send bob "build 4711 is green"
              git log -1 | p2pchat send bob
            """)

    @OptionGroup var options: HomeOptions

    @Argument(help: "Fingerprint, ip:port, handle, or the beginning of a contact's fingerprint.")
    var peer: String

    @Argument(help: "The message; several words are joined by spaces.")
    var text: [String] = []

    @Option(help: ArgumentHelp("How long to wait for the acknowledgement.", valueName: "seconds"))
    var timeout: Double = 30

    func validate() throws {
        guard timeout > 0, timeout <= Operations.longestTimeout else {
            throw ValidationError("--timeout takes more than 0 and at most 86400 seconds.")
        }
    }

    func run() async throws {
        let message = text.isEmpty ? try Self.standardInput() : text.joined(separator: " ")
        // Before anything is asked or unlocked for it.
        guard !message.isEmpty else { throw ChatError.emptyMessage }
        guard message.utf8.count <= WireLimits.text else {
            throw ChatError.messageTooLong(bytes: message.utf8.count)
        }
        let sent = try await HomeAccess(options: options).call(
            ControlMethods.send, SendParameters(peer: peer, text: message, timeout: timeout),
            within: .seconds(timeout) + .seconds(2), { $0.send })
        Output.note("delivered to \(sent.peer.handle ?? sent.peer.fingerprint)")
    }

    /// All of standard input; one byte past the limit is enough to know that it is too long.
    private static func standardInput() throws -> String {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= WireLimits.text + 1 {
            let count = read(STDIN_FILENO, &part, part.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw CommandError(
                    .inputOutput, "cannot read standard input: \(String(cString: strerror(errno)))")
            }
            if count == 0 { break }
            bytes += part[..<count]
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandError(.badData, "standard input is not UTF-8 text")
        }
        return text
    }
}
