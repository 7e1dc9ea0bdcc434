import ArgumentParser
import Identity
import Terminal

struct ShowFingerprint: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fingerprint",
        abstract: "Print your own fingerprint, or a peer's.",
        discussion: """
            One's own needs no passphrase. In a terminal it is grouped in fours; on a pipe it is one word.

            Examples:
              p2pchat fingerprint
              p2pchat fingerprint --qr
              p2pchat fingerprint bob
            """)

    @OptionGroup var options: HomeOptions

    @Argument(help: "Whose; your own where nobody is named.")
    var peer: String?

    @Flag(help: "Print it as a QR code of half blocks, too.")
    var qr = false

    func run() async throws {
        let identity: PublicIdentity
        if let peer {
            let found = try await HomeAccess(options: options).call(
                ControlMethods.fingerprint, PeerParameters(peer: peer), { $0.fingerprint })
            identity = try PublicIdentity(fingerprint: found.fingerprint)
        } else {
            identity = try options.folder.publicIdentity().identity
        }
        try Output.line(Output.isTerminal ? identity.groupedFingerprint : identity.fingerprint)
        if qr {
            for line in try QRCode.halfBlocks(identity.fingerprint.uppercased()) { try Output.line(line) }
        }
    }
}
