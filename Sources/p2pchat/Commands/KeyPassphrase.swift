import ArgumentParser
import Identity
import Sodium

struct KeyPassphrase: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "passphrase",
        abstract: "Seal the identity under another passphrase.",
        discussion: """
            Only identity.key is written anew; contacts and messages stay as they are. It works while chat or listen is
            online. Copies of identity.key and backups that were made before still open with the old passphrase.

            Examples:
              p2pchat key passphrase
              p2pchat key passphrase --passphrase-file old --new-passphrase-file new
              p2pchat key passphrase --no-passphrase
            """)

    @OptionGroup var options: HomeOptions

    @Option(
        help: ArgumentHelp("Read the new passphrase from the first line of a file.", valueName: "file"))
    var newPassphraseFile: String?

    @Option(
        help: ArgumentHelp(
            "Read the new passphrase from a file descriptor (its next line, if it is that of the old one).",
            valueName: "n"))
    var newPassphraseFd: Int32?

    @Flag(help: "Take the passphrase away: whoever can read the key file is you.")
    var noPassphrase = false

    func validate() throws {
        let chosen = [newPassphraseFile != nil, newPassphraseFd != nil, noPassphrase].count { $0 }
        guard chosen <= 1 else {
            throw ValidationError(
                "--new-passphrase-file, --new-passphrase-fd and --no-passphrase exclude each other.")
        }
    }

    func run() async throws {
        let home = options.folder
        let keys = try options.unlock()
        guard try KeyFile.nextIdentity(directory: home.path) == nil else {
            throw CommandError(
                .tryAgain, "a change of the key is under way; its passphrase is changed after that",
                hint: "end it with: p2pchat key rotate")
        }
        // No lock: a process that is online has its keys in memory and does not read the file again.
        if noPassphrase {
            try KeyFile.changePassphrase(keys, to: nil, directory: home.path)
            Output.note(
                """
                the passphrase is taken away: whoever can read \(home.path)/\(KeyFile.keyName) is you from now on, and can \
                read your contacts and messages
                """)
        } else {
            let passphrase: SecretBytes? = try newPassphrase()
            try KeyFile.changePassphrase(keys, to: passphrase, directory: home.path)
            Output.note("the passphrase is changed")
        }
        Output.note(
            "copies of \(KeyFile.keyName) and backups made before still open with the old passphrase, if they had one"
        )
    }

    private func newPassphrase() throws -> SecretBytes {
        let advice = "to have none on purpose: p2pchat key passphrase --no-passphrase"
        if let given = try PassphraseInput.given(
            file: newPassphraseFile, descriptor: newPassphraseFd, ifEmpty: advice)
        {
            return given
        }
        return try PassphraseInput.askTwice(
            "New passphrase: ", otherwise: "a new passphrase is needed",
            options: "--new-passphrase-file FILE or --new-passphrase-fd N", ifEmpty: advice)
    }
}
