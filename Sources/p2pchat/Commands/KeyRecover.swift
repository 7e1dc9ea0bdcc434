import ArgumentParser
import Directory
import Identity
import Store

struct KeyRecover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover",
        abstract:
            "With the recovery words, revoke a lost or stolen key and take its handle over with the key of this home.",
        discussion: """
            First make a new identity in a home of its own (p2pchat keygen). The words do not give the old identity back: that is what a backup does
            (p2pchat key restore). They revoke it, and name the identity of this home as the only one that can claim the handle. Contacts
            see both in the log, and are asked whether the new key is yours; tell them another way.

            The words are asked for, or read from the first line of standard input. What was interrupted is ended by the same command.

            Examples:
              p2pchat key recover --directory 192.0.2.1:7600#p2p1... --handle alice
              p2pchat key recover --directory 192.0.2.1:7600#p2p1... --handle alice --json < words
            """)

    @OptionGroup var options: HomeOptions

    @Option(
        help: ArgumentHelp("The directory (default: that of this home).", valueName: "host:port#fingerprint"))
    var directory: String?

    @Option(help: ArgumentHelp("The handle to recover.", valueName: "handle"))
    var handle: String

    @Flag(help: "Print the result as one JSON object.")
    var json = false

    func run() async throws {
        let home = options.folder
        let known = try home.publicIdentity()
        let lock = try KeyCommand.lock(home)
        defer { withExtendedLifetime(lock) {} }
        let keys = try await options.unlockSettled()
        let store = try HomeStore(path: home.databasePath, keys: keys)
        var settings = try store.settings()
        let wanted = try KeyCommand.parsed { () throws(IdentityError) in try Handle(handle) }
        if let directory {
            settings.directory = try KeyCommand.parsed { () throws(IdentityError) in
                try DirectoryReference(directory)
            }
        }
        guard let reference = settings.directory else { throw KeyRevoke.noHandle }
        let words = try RecoveryWords.read()
        let visit = try DirectoryVisit(reference: reference, keys: keys, store: store)
        let revoked = try await visit.with { client in
            let revoked: PublicIdentity?
            do {
                revoked = try await client.revoke(wanted, with: words.key(), heir: keys.publicIdentity)
            } catch RecoveryError.heirHolds where known.recoveryHash != words.hash {
                // Interrupted behind the claim.
                revoked = nil
            }
            try await client.claim(wanted, recoveryHash: known.recoveryHash)
            return revoked
        }
        settings.handle = wanted
        try store.save(settings)
        if json {
            try Output.json(
                RecoverJSON(
                    fingerprint: keys.publicIdentity.fingerprint, revoked: revoked?.fingerprint,
                    handle: wanted.text))
        } else {
            if let revoked { try Output.line("revoked \(revoked.fingerprint)") }
            try Output.line("\(wanted) is \(keys.publicIdentity.fingerprint)")
        }
        Output.note(
            """
            from now on the recovery words of this identity count, and those that were typed no more
            contacts are told that the old key was revoked, and have to accept this one: tell them another way
            Next: p2pchat register --discoverable, if strangers may find you; then p2pchat chat
            """)
    }
}

private struct RecoverJSON: Encodable {
    let v = 1
    let fingerprint: String
    let revoked: String?
    let handle: String
}
