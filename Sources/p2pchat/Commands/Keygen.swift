import ArgumentParser
import Identity
import Sodium

struct Keygen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make your identity: one key pair, in the home folder.",
        discussion: """
            The fingerprint goes to standard output. The recovery words go to standard error and are shown this once:
            with them a lost or stolen identity is revoked (p2pchat key recover). Write them on paper.

            Examples:
              p2pchat keygen
              p2pchat keygen --no-passphrase --home ./test
              p2pchat keygen --passphrase-file /run/keys/passphrase
            """)

    @OptionGroup var options: HomeOptions

    @Flag(help: "Do not seal the key file: whoever can read it is you.")
    var noPassphrase = false

    func validate() throws {
        if noPassphrase, options.passphraseFile != nil || options.passphraseFd != nil {
            throw ValidationError("--no-passphrase excludes the other passphrase options.")
        }
    }

    func run() async throws {
        let home = options.folder
        try NewIdentity.refuseExisting(in: home)
        // Before anything is asked.
        try home.create()
        let made = try NewIdentity()
        if noPassphrase {
            try made.write(to: home, passphrase: nil)
        } else {
            var passphrase = try options.givenPassphrase()
            if passphrase == nil {
                passphrase = try PassphraseInput.askTwice(
                    "Passphrase for the new identity: ", otherwise: "a new identity needs a passphrase",
                    ifEmpty: Self.withoutPassphrase)
            }
            try made.write(to: home, passphrase: passphrase)
        }
        let identity = made.keys.publicIdentity
        try Output.line(Output.isTerminal ? identity.groupedFingerprint : identity.fingerprint)
        Output.note(
            """

            Recovery words, shown only now. Write them on paper; with them a lost or stolen identity is revoked.

              \(made.recoveryWords.joined(separator: " "))

            Next: p2pchat register --directory HOST:PORT#FINGERPRINT --handle NAME --discoverable
            """)
    }

    static let withoutPassphrase = "to have none on purpose: p2pchat keygen --no-passphrase"
}
