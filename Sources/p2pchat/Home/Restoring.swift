import Foundation
import Identity
import Sodium
import Store

/// A backup that was opened, and what opened it: the restored identity keeps that passphrase.
final class OpenedBackup {
    let reader: BackupReader
    fileprivate let passphrase: SecretBytes?

    /// - Throws: `backup(.wrongPassphrase)`.
    init(_ backup: BackupFile, _ passphrase: consuming SecretBytes) throws {
        reader = try backup.open(passphrase: passphrase)
        self.passphrase = consume passphrase
    }
}

/// Making a home from a backup.
struct Restoring {
    let home: Home
    let file: String
    let history: Bool

    struct Restored: Sendable {
        let keys: IdentityKeys
        let summary: BackupSummary
        let settings: HomeSettings
    }

    func run(_ open: (BackupFile) throws -> OpenedBackup) async throws -> Restored {
        try refuseUsed()
        let opened = try open(BackupFile(path: file))
        // Everything is read once before anything is written.
        let found = try HomeStore.check(backup: opened.reader)
        try home.create()
        guard let lock = try HomeLock.take(home) else { throw HomeAccess.inUse(home) }
        defer { withExtendedLifetime(lock) {} }
        try refuseUsed()
        let settings = try await writeDatabase(from: opened.reader)
        // The last thing: from here on the home has an identity.
        do {
            try KeyFile.write(
                opened.reader.keys, recoveryHash: opened.reader.recoveryHash, passphrase: opened.passphrase,
                directory: home.path)
        } catch {
            for path in Self.files(home.databasePath) { try? FileManager.default.removeItem(atPath: path) }
            throw error
        }
        return Restored(
            keys: opened.reader.keys, summary: history ? found : found.withoutMessages, settings: settings)
    }

    private func refuseUsed() throws {
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

    /// Makes the database in a folder of its own, so that what a failure or a kill leaves is never taken for a home.
    private func writeDatabase(from reader: BackupReader) async throws -> HomeSettings {
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
}

extension Restoring.Restored {
    /// What whoever restored should know.
    var notes: [String] {
        var notes = [
            "restored from the backup of \(summary.made.ISO8601Format()): \(BackupText.contents(summary))",
            "It has the backup's passphrase; another one: p2pchat key passphrase",
            """
            Two homes with one identity must not be online at once: peers reach only
            one of them, and messages go astray. If the home that was backed up is
            still in use, do not go online with this one.
            """,
        ]
        if let advertise = settings.advertise {
            notes.append(
                """
                This identity hands out the address \(advertise); if this computer has another:
                p2pchat register --advertise HOST:PORT
                """)
        }
        return notes
    }
}
