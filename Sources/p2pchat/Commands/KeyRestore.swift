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
        let restored = try await Restoring(options: options, file: file, history: history).run()
        if json {
            try Output.json(
                BackupJSON(file: file, keys: restored.keys, restored.summary))
        } else {
            let identity = restored.keys.publicIdentity
            try Output.line(Output.isTerminal ? identity.groupedFingerprint : identity.fingerprint)
        }
        Output.note("Next: p2pchat chat")
    }
}

/// Making a home from a backup; also the way in which `chat` offers it.
struct Restoring {
    let options: HomeOptions
    let file: String
    let history: Bool

    struct Restored {
        let keys: IdentityKeys
        let summary: BackupSummary
    }

    func run() async throws -> Restored {
        let home = options.folder
        try refuseUsed(home)
        let backup = try BackupFile(path: file)
        HomeOptions.warnIfMemoryCannotBeLocked()
        let opened = try open(backup)
        // Everything is read once before anything is written.
        let found = try HomeStore.check(backup: opened.reader)
        try home.create()
        guard let lock = try HomeLock.take(home) else { throw HomeAccess.inUse(home) }
        defer { withExtendedLifetime(lock) {} }
        try refuseUsed(home)
        let settings = try await writeDatabase(home, from: opened.reader)
        // The last thing: from here on the home has an identity.
        do {
            try KeyFile.write(
                opened.reader.keys, recoveryHash: opened.reader.recoveryHash, passphrase: opened.passphrase,
                directory: home.path)
        } catch {
            for path in Self.files(home.databasePath) { try? FileManager.default.removeItem(atPath: path) }
            throw error
        }
        let summary = history ? found : found.withoutMessages
        report(summary, settings)
        return Restored(keys: opened.reader.keys, summary: summary)
    }

    private func refuseUsed(_ home: Home) throws {
        if KeyFile.exists(directory: home.path) {
            throw CommandError(
                .exists, "there is an identity in \(home.path) already; it is left as it is",
                hint: "restore into another home: p2pchat key restore \(ShellWord.quote(file)) --home DIR")
        }
        for path in Self.files(home.databasePath) where FileManager.default.fileExists(atPath: path) {
            throw CommandError(
                .exists, "there is a database without an identity in \(home.path); it is left as it is",
                hint: "move it away: mv \(ShellWord.quote(path)) \(ShellWord.quote(path + ".old"))")
        }
    }

    /// A database, and the log that may lie beside it.
    private static func files(_ database: String) -> [String] { [database, database + "-wal"] }

    // MARK: Opening

    private final class Opened {
        let reader: BackupReader
        let passphrase: SecretBytes?

        init(_ backup: BackupFile, _ passphrase: consuming SecretBytes) throws {
            reader = try backup.open(passphrase: passphrase)
            self.passphrase = consume passphrase
        }
    }

    private func open(_ backup: BackupFile) throws -> Opened {
        if let given = try options.givenPassphrase() { return try Opened(backup, given) }
        for _ in 1..<Self.attempts {
            do {
                return try Opened(backup, Self.ask())
            } catch IdentityError.backup(.wrongPassphrase) {
                Output.note("wrong passphrase")
            }
        }
        return try Opened(backup, Self.ask())
    }

    private static func ask() throws -> SecretBytes {
        try PassphraseInput.ask("Passphrase of the backup: ", otherwise: "the backup has a passphrase")
    }

    private static let attempts = 3

    // MARK: Writing

    /// Makes the database in a folder of its own, so that what a failure or a kill leaves is never taken for a home.
    private func writeDatabase(_ home: Home, from reader: BackupReader) async throws -> HomeSettings {
        let staging = home.path + "/restore.unfinished"
        let files = FileManager.default
        try? files.removeItem(atPath: staging)
        defer { try? files.removeItem(atPath: staging) }
        do {
            try files.createDirectory(
                atPath: staging, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            let database = staging + "/home.sqlite"
            let store = try HomeStore(path: database, keys: reader.keys)
            try await store.restore(backup: reader, history: history)
            let settings = try store.settings()
            try store.close()
            for (made, wanted) in zip(Self.files(database), Self.files(home.databasePath))
            where files.fileExists(atPath: made) {
                try files.moveItem(atPath: made, toPath: wanted)
            }
            return settings
        } catch let error as CocoaError {
            throw CommandError(.inputOutput, "cannot write to \(home.path): \(error.localizedDescription)")
        }
    }

    private func report(_ summary: BackupSummary, _ settings: HomeSettings) {
        Output.note(
            """
            restored from the backup of \(summary.made.ISO8601Format()): \(BackupText.contents(summary))
            It has the backup's passphrase; another one: p2pchat key passphrase
            Two homes with one identity must not be online at once: peers reach only
            one of them, and messages go astray. If the home that was backed up is
            still in use, do not go online with this one.
            """)
        if let advertise = settings.advertise {
            Output.note(
                """
                This identity hands out the address \(advertise); if this computer has another:
                p2pchat register --advertise HOST:PORT
                """)
        }
    }
}
