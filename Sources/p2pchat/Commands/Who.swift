import ArgumentParser
import Identity

struct Who: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the peers that are online and discoverable.",
        discussion: """
            Examples:
              p2pchat who
              p2pchat who --json | jq -r .handle
            """)

    @OptionGroup var options: HomeOptions

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() async throws {
        let found = try await HomeAccess(options: options).call(
            ControlMethods.who, NoParameters(), { $0.who })
        for peer in found.peers {
            if json { try Output.json(peer) } else { try Output.line(try PeerLine.text(peer)) }
        }
        if found.peers.isEmpty { Output.note("nobody else is online and discoverable") }
    }
}

/// A peer as a line for people.
enum PeerLine {
    static func text(_ peer: EntryJSON) throws -> String {
        let name = peer.handle ?? "-"
        let padding = String(repeating: " ", count: max(1, nameWidth - name.count))
        let short = try PublicIdentity(fingerprint: peer.fingerprint).shortFingerprint
        let addresses = peer.addresses.isEmpty ? "cannot be called" : peer.addresses.joined(separator: " ")
        return "\(name)\(padding) \(short)  \(peer.trust)  \(addresses)"
    }

    private static let nameWidth = 16
}
