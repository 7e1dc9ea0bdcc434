import ArgumentParser
import Directory
import Glibc
import Identity
import Sodium
import Store

struct KeyRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Say in the directory's log that your key is not to be trusted any more.",
        discussion: """
            Contacts who look the handle up see it, and send nothing to that key any more. It cannot be taken back. With the identity itself
            nobody gets the handle afterwards. With the recovery words an heir may be named, who alone can claim it; p2pchat key recover does both
            in one. For a new key where the old one is at hand and nobody else has it, p2pchat key rotate is the way.

            The words are asked for, or read from the first line of standard input.

            Examples:
              p2pchat key revoke
              p2pchat key revoke --recovery-words --directory 192.0.2.1:7600#p2p1... --handle alice
              p2pchat key revoke --recovery-words --heir p2p1... < words
            """)

    @OptionGroup var options: HomeOptions

    @Flag(help: "Revoke with the recovery words instead of the identity.")
    var recoveryWords = false

    @Option(
        help: ArgumentHelp(
            "With the words: who alone can claim the handle afterwards.", valueName: "fingerprint"))
    var heir: String?

    @Option(
        help: ArgumentHelp(
            "With the words: the directory (default: that of this home).", valueName: "host:port#fingerprint")
    )
    var directory: String?

    @Option(
        help: ArgumentHelp("With the words: the handle (default: that of this home).", valueName: "handle"))
    var handle: String?

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(help: "Print the result as one JSON object.")
    var json = false

    func validate() throws {
        guard recoveryWords || (heir == nil && directory == nil && handle == nil) else {
            throw ValidationError("--heir, --directory and --handle go with --recovery-words.")
        }
    }

    func run() async throws {
        if recoveryWords { try await revokeWithWords() } else { try await revokeWithIdentity() }
    }

    private func revokeWithIdentity() async throws {
        let home = options.folder
        _ = try home.publicIdentity()
        let lock = try KeyCommand.lock(home)
        defer { withExtendedLifetime(lock) {} }
        let keys = try await options.unlockSettled()
        let store = try HomeStore(path: home.databasePath, keys: keys)
        var settings = try store.settings()
        guard let reference = settings.directory, let handle = settings.handle else {
            throw KeyRevoke.noHandle
        }
        try KeyCommand.confirm("Revoke this key for good? Nobody can have \(handle) afterwards.", yes)
        try await DirectoryVisit(reference: reference, keys: keys, store: store)
            .with { try await $0.revoke(handle) }
        settings.handle = nil
        try store.save(settings)
        try report(keys.publicIdentity, handle, heir: nil)
    }

    private func revokeWithWords() async throws {
        let heir = try heir.map { text in
            try KeyCommand.parsed { () throws(IdentityError) in try PublicIdentity(fingerprint: text) }
        }
        let (visit, handle) = try place()
        let words = try RecoveryWords.read()
        if heir == nil {
            try KeyCommand.confirm("Revoke the key of \(handle) for good, without an heir?", yes)
        }
        let revoked = try await visit.with { client in
            try await client.revoke(handle, with: words.key(), heir: heir)
        }
        try report(revoked, handle, heir: heir)
    }

    /// Where, and with which identity the directory is asked: any will do, since the words sign.
    private func place() throws -> (DirectoryVisit, Handle) {
        let reference = try directory.map { text in
            try KeyCommand.parsed { () throws(IdentityError) in try DirectoryReference(text) }
        }
        let named = try handle.map { text in
            try KeyCommand.parsed { () throws(IdentityError) in try Handle(text) }
        }
        if let reference, let named {
            return (try DirectoryVisit(reference: reference, keys: .generate(), store: nil), named)
        }
        let keys = try options.unlock()
        let store = try HomeStore(path: options.folder.databasePath, keys: keys)
        let settings = try store.settings()
        guard let reference = reference ?? settings.directory, let named = named ?? settings.handle else {
            throw KeyRevoke.noHandle
        }
        return (try DirectoryVisit(reference: reference, keys: keys, store: store), named)
    }

    private func report(_ revoked: PublicIdentity, _ handle: Handle, heir: PublicIdentity?) throws {
        if json {
            try Output.json(
                RevokeJSON(revoked: revoked.fingerprint, handle: handle.text, heir: heir?.fingerprint))
        } else {
            try Output.line("revoked \(revoked.fingerprint)")
        }
        Output.note("contacts see it when they look up \(handle); tell them another way, too")
        if let heir { Output.note("only \(heir.fingerprint) can claim \(handle) now") }
    }

    static let noHandle = CommandError(
        .usage, "which handle, and at which directory?",
        hint: "name both: --directory HOST:PORT#FINGERPRINT --handle NAME")
}

private struct RevokeJSON: Encodable {
    let v = 1
    let revoked: String
    let handle: String
    let heir: String?
}
