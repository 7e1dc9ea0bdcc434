import ArgumentParser
import Glibc
import Identity

@main
struct P2PChat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "p2pchat",
        abstract: "Private chat between peers, over direct encrypted links.",
        discussion: """
            A PEER is a fingerprint, an ip:port, a contact's handle, a handle at the directory, or at least 8 characters
            of a contact's fingerprint.

            First steps:
              p2pchat keygen                                   make your identity
              p2pchat register --directory REF --handle alice --discoverable
              p2pchat chat                                     go online, choose a peer, talk

            Exit codes: 0 done, 64 usage, 65 bad data, 66 no identity here, 69 peer or directory not reachable, 73 exists
            already, 74 input/output, 75 try again or queued, 76 the directory misbehaves, 77 refused.
            """,
        version: "0.1.0",
        subcommands: [
            Keygen.self, Key.self, ShowFingerprint.self, Server.self, Register.self, Who.self, Lookup.self,
            LogCommand.self, WitnessCommand.self,
            ChatCommand.self,
            Listen.self, Send.self, SendFile.self, FilesCommand.self, History.self, Outbox.self, Verify.self,
            Contacts.self, Export.self, InviteCommand.self,
            Status.self, Demo.self, ManualCommand.self,
        ])

    /// The one way out: every error becomes one line (and a hint) on standard error and an exit code of the table.
    static func main() async {
        do {
            try Process.harden()
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let quiet as QuietExit {
            Glibc.exit(quiet.code.rawValue)
        } catch let interrupted as Interrupted {
            Glibc.exit(128 + interrupted.signal)
        } catch {
            if error is CommandError || !isParserError(error) {
                let described = CommandError(describing: error)
                Output.error(described)
                noteHome(of: described)
                Glibc.exit(described.code.rawValue)
            }
            exit(withError: error)
        }
    }

    /// A hint is to work when typed: where the home was named by an option, the command in the hint needs it too.
    private static func noteHome(of error: CommandError) {
        let words = CommandLine.arguments
        guard let hint = error.hint, hint.contains("p2pchat "), !hint.contains("--home"),
            let option = words.firstIndex(where: { $0 == "--home" || $0.hasPrefix("--home=") })
        else { return }
        let isJoined = words[option] != "--home"
        guard isJoined || words.indices.contains(option + 1) else { return }
        let named = isJoined ? words[option] : "--home " + ShellWord.quote(words[option + 1])
        Output.note("  (for this home, with \(named))")
    }

    /// Help, version and usage errors are the parser's to print.
    private static func isParserError(_ error: any Error) -> Bool {
        let code = exitCode(for: error)
        return code == .success || code == .validationFailure
    }
}
