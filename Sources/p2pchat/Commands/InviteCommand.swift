import ArgumentParser
import Glibc
import Terminal

struct InviteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite",
        abstract: "Print an invite: one URI that says who you are, at which directory, and where.",
        discussion: """
            Hand it to somebody another way, as text or as the QR code that is drawn at a terminal. Whoever has it types:
            p2pchat chat 'p2pchat:...'. While this home is online it holds the address where you can be called.

            Examples:
              p2pchat invite
              p2pchat invite --json
            """)

    @OptionGroup var options: HomeOptions

    @Flag(help: "One JSON object.")
    var json = false

    private struct Result: Encodable {
        let v = 1
        let invite: String
    }

    func run() async throws {
        let status = try await HomeAccess(options: options).call(
            ControlMethods.status, NoParameters(), { $0.status })
        if json { return try Output.json(Result(invite: status.invite)) }
        if isatty(STDOUT_FILENO) == 1 {
            for line in try QRCode.halfBlocks(status.invite) { try Output.line(line) }
        }
        try Output.line(status.invite)
    }
}
