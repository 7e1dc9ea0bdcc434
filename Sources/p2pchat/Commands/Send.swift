import ArgumentParser
import Chat
import FoundationEssentials
import Glibc
import Terminal
import Wire

struct Send: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send one message, and wait until the peer has acknowledged it.",
        discussion: """
            Without TEXT, all of standard input less one final newline is the message. Exit code 0 means that the peer has
            stored it. Otherwise the message is taken back, unless --queue keeps it: then its id is printed, the exit
            code is 75, and it goes when this home is online (chat or listen) and the peer is there.
            With --lines about a thousand lines may be on their way at once, in order; after the first that fails no more are
            read, and its number and reason are said. So long the home is in use: for an endless input run listen beside it.

            Examples:
              p2pchat send bob "build 4711 is green"
              git log -1 | p2pchat send bob
              p2pchat send --queue bob "when you are back"
              tail -F build.log | p2pchat send --lines bob
            """)

    @OptionGroup var options: HomeOptions

    @Argument(help: "Fingerprint, ip:port, handle, or the beginning of a contact's fingerprint.")
    var peer: String

    @Argument(help: "The message; several words are joined by spaces.")
    var text: [String] = []

    @Option(help: ArgumentHelp("How long to wait for the acknowledgement.", valueName: "seconds"))
    var timeout: Double = 30

    @Flag(help: "Keep the message in the outbox when the peer does not acknowledge it in time.")
    var queue = false

    @Flag(help: "Send each line of standard input as a message of its own; empty lines are skipped.")
    var lines = false

    @Flag(
        help: "Print the result as JSON: id, peer, state, and why it waits; with --lines one object a line.")
    var json = false

    func validate() throws {
        guard !lines || text.isEmpty else {
            throw ValidationError("--lines reads standard input and takes no TEXT.")
        }
        guard timeout > 0, timeout <= Operations.longestTimeout else {
            throw ValidationError("--timeout takes more than 0 and at most 86400 seconds.")
        }
    }

    func run() async throws {
        if lines {
            try await sendLines()
            return
        }
        let message = text.isEmpty ? try Self.standardInput() : text.joined(separator: " ")
        // Before anything is asked or unlocked for it.
        guard try await send(message) else { throw QuietExit(code: .tryAgain) }
    }

    /// False when the message waits in the outbox.
    private func send(_ message: String) async throws -> Bool {
        guard !message.isEmpty else { throw ChatError.emptyMessage }
        guard message.utf8.count <= WireLimits.text else {
            throw ChatError.messageTooLong(bytes: message.utf8.count)
        }
        let parameters = SendParameters(peer: peer, text: message, timeout: timeout, queue: queue)
        let sent = try await session {
            try await $0.call(
                ControlMethods.send, parameters, within: .seconds(timeout) + .seconds(2), { $0.send })
        }
        if json { try Output.json(sent) }
        if sent.former != nil {
            Output.note(
                """
                \(sent.peer.name) has a new key, which the one before has handed on to; it is not verified
                  \(sent.peer.fingerprint)
                """)
        }
        guard let reason = sent.reason else {
            if !json { Output.note("delivered to \(sent.peer.name)") }
            return true
        }
        if !json { try Output.line(sent.id) }
        Output.note("queued for \(sent.peer.name): \(reason)")
        return false
    }

    private func sendLines() async throws {
        let code = try await session { [peer, timeout, queue, json] session in
            try await LineSender(
                session: session, peer: peer, timeout: timeout, queue: queue, json: json
            ).run(LineReader())
        }
        if let code { throw QuietExit(code: code) }
    }

    /// A signal ends `body`, and with it what was not delivered is taken back or waits.
    private func session<Value: Sendable>(
        _ body: @escaping @Sendable (HomeSession) async throws -> Value
    ) async throws -> Value {
        do {
            return try await HomeAccess(options: options).session { session in
                try await Interrupted.canEnd { try await body(session) }
            }
        } catch let interrupted as Interrupted {
            Output.note(
                "interrupted; what was not delivered "
                    + (queue ? "waits in the outbox" : "was taken back, and may have arrived if it had left"))
            throw interrupted
        }
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
