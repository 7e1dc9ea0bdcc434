import ArgumentParser
import Identity
import Sodium

struct Keygen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make your identity: one key pair, in the home folder.",
        discussion: """
            The fingerprint goes to standard output. The recovery words go to standard error and are shown this once: a
            later version revokes a lost identity with them. Write them on paper.

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
        try Self.make(home: options.folder, options: options, noPassphrase: noPassphrase)
    }

    static func make(home: Home, options: HomeOptions, noPassphrase: Bool) throws {
        guard !KeyFile.exists(directory: home.path) else {
            throw CommandError(
                .exists, "there is an identity in \(home.path) already; it is left as it is",
                hint: "see it with: p2pchat fingerprint")
        }
        try home.create()
        let keys = try IdentityKeys.generate()
        let recovery = try RecoveryKey.generate()
        if noPassphrase {
            try KeyFile.write(keys, recoveryHash: recovery.hash, passphrase: nil, directory: home.path)
        } else {
            var passphrase = try options.givenPassphrase()
            if passphrase == nil {
                passphrase = try PassphraseInput.askTwice(
                    "Passphrase for the new identity: ", otherwise: "a new identity needs a passphrase",
                    ifEmpty: Self.withoutPassphrase)
            }
            try KeyFile.write(keys, recoveryHash: recovery.hash, passphrase: passphrase, directory: home.path)
        }
        let identity = keys.publicIdentity
        let words = try recovery.words().joined(separator: " ")
        try Output.line(Output.isTerminal ? identity.groupedFingerprint : identity.fingerprint)
        Output.note(
            """

            Recovery words, shown only now. Write them on paper; a later version revokes a lost identity with them.

              \(words)

            Next: p2pchat register --directory HOST:PORT#FINGERPRINT --handle NAME --discoverable
            """)
    }

    static let withoutPassphrase = "to have none on purpose: p2pchat keygen --no-passphrase"
}
