import ArgumentParser

struct Lookup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look one peer up at the directory.",
        discussion: """
            Exit code 69 and "not available" stand for unknown, offline and not discoverable alike.

            Examples:
              p2pchat lookup bob
              p2pchat lookup 192.0.2.7:4000 --json
              p2pchat lookup bob --proof
            """)

    @OptionGroup var options: HomeOptions

    @Argument(help: "Fingerprint, ip:port, handle, or the beginning of a contact's fingerprint.")
    var peer: String

    @Flag(help: "One JSON object a line.")
    var json = false

    @Flag(
        help:
            "Say what the directory's log proves of a handle: who holds it, or that nobody does; not whether anybody is online."
    )
    var proof = false

    func run() async throws {
        if proof {
            let proved = try await HomeAccess(options: options).call(
                ControlMethods.proveHandle, HandleParameters(handle: peer), { $0.proveHandle })
            if json { return try Output.json(proved) }
            for line in HandleProofText.lines(proved) { try Output.line(line) }
            return
        }
        let entry = try await HomeAccess(options: options).call(
            ControlMethods.lookup, PeerParameters(peer: peer), { $0.lookup })
        if json { try Output.json(entry) } else { try Output.line(try PeerLine.text(entry)) }
    }
}
