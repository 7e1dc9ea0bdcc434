import ArgumentParser
import Foundation
import Identity
import Sodium
import Store

struct KeyRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a home from a backup: identity, contacts, settings and messages.",
        discussion: """
            The home must not have an identity yet. The whole file is checked before anything is written. The restored
            identity keeps the backup's passphrase; p2pchat key passphrase changes it. Messages that were still queued are shown
            as sent and not sent again. The fingerprint goes to standard output.

            Examples:
              p2pchat key restore alice.backup
              p2pchat key restore alice.backup --no-history --home ./second
              p2pchat key restore alice.backup --passphrase-file secret
            """)

    @OptionGroup var options: HomeOptions

    @Argument(help: "A file that p2pchat key backup wrote.")
    var file: String

    @Flag(inversion: .prefixedNo, help: "Whether the backup's messages are restored.")
    var history = true

    @Flag(help: "Print what was restored as one JSON object.")
    var json = false

    func run() async throws {
        HomeOptions.warnIfMemoryCannotBeLocked()
        let restored = try await Restoring(home: options.folder, file: file, history: history).run(open)
        for note in restored.notes { Output.note(note) }
        if json {
            try Output.json(
                BackupJSON(file: file, keys: restored.keys, restored.summary))
        } else {
            let identity = restored.keys.publicIdentity
            try Output.line(Output.isTerminal ? identity.groupedFingerprint : identity.fingerprint)
        }
        Output.note("Next: p2pchat chat")
    }

    private func open(_ backup: BackupFile) throws -> OpenedBackup {
        if let given = try options.givenPassphrase() { return try OpenedBackup(backup, given) }
        for _ in 1..<Self.attempts {
            do {
                return try OpenedBackup(backup, Self.ask())
            } catch IdentityError.backup(.wrongPassphrase) {
                Output.note("wrong passphrase")
            }
        }
        return try OpenedBackup(backup, Self.ask())
    }

    private static func ask() throws -> SecretBytes {
        try PassphraseInput.ask("Passphrase of the backup: ", otherwise: "the backup has a passphrase")
    }

    private static let attempts = 3
}
