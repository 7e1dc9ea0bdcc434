import ArgumentParser
import Identity
import Store
import Terminal

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare safety numbers with a peer.",
        discussion: """
            Both of you see the same 60 digits, unless somebody is in the middle. Read them to each other over another
            way (on the phone, face to face), or give the number that the peer read out, and the result is kept. Exit code
            77 means that the numbers differ.

            Examples:
              p2pchat verify bob
              p2pchat verify bob "12345 67890 …"
              p2pchat verify bob --json
            """)

    @OptionGroup var options: HomeOptions

    @Argument(help: "Fingerprint, ip:port, handle, or the beginning of a contact's fingerprint.")
    var peer: String

    @Argument(help: "The 60 digits that the peer sees; spaces do not matter.")
    var number: [String] = []

    @Flag(help: "Print the result as JSON; the exit code is the same.")
    var json = false

    func run() async throws {
        let given = number.isEmpty ? nil : number.joined(separator: " ")
        let result = try await HomeAccess(options: options).call(
            ControlMethods.verify, VerifyParameters(peer: peer, number: given), { $0.verify })
        if json { try Output.json(result) }
        switch result.isEqual {
        case true? where json: return
        case true?:
            try Output.line("equal: \(result.name) is verified")
        case false?:
            throw CommandError(
                .refused,
                "the numbers differ: somebody may be between you and \(result.name), who is now unverified",
                hint: "compare the whole number again over another way, and trust nothing before it is equal")
        case nil where json: return
        case nil:
            guard let shown = SafetyNumber(parsing: result.safetyNumber) else {
                throw CommandError(.badData, "not a safety number")
            }
            // The digits last, so that they are on the screen of a small window.
            if Output.isTerminal {
                for line in try QRCode.halfBlocks(shown.digits) { try Output.line(line) }
            }
            try Output.line(Output.isTerminal ? shown.grouped : shown.digits)
            Output.note(ComparedText.sentence(result.log, name: result.name))
            guard result.trust != Trust.verified.rawValue else {
                return Output.note("\(result.name) is verified: the numbers were compared and equal")
            }
            Output.note(
                """
                \(result.name) is \(result.trust). If the peer sees the same number, keep that with: \
                p2pchat verify \(result.fingerprint) \(shown.digits)
                """)
        }
    }
}
