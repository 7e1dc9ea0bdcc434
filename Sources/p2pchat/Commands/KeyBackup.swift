import ArgumentParser
import Foundation
import Identity
import Sodium
import Store

struct KeyBackup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Write your identity, contacts, settings and messages into one sealed file.",
        discussion: """
            The file has a passphrase of its own; the identity's is offered. It works while chat or listen is online. Messages
            that come later are not in it. Files that were received are not in it, and neither are the recovery words.

            Examples:
              p2pchat key backup alice.backup
              p2pchat key backup /media/stick/alice.backup --no-history
              p2pchat key backup alice.backup --passphrase-file secret --backup-passphrase-file other
            """)

    @OptionGroup var options: HomeOptions

    @Argument(help: "The file to write; nothing is overwritten.")
    var file: String

    @Flag(inversion: .prefixedNo, help: "Whether conversations and their messages are included.")
    var history = true

    @Option(
        help: ArgumentHelp(
            "Read the backup's passphrase from the first line of a file.", valueName: "file"))
    var backupPassphraseFile: String?

    @Option(help: ArgumentHelp("Read the backup's passphrase from a file descriptor.", valueName: "n"))
    var backupPassphraseFd: Int32?

    @Flag(help: "Print what was written as one JSON object.")
    var json = false

    func validate() throws {
        if backupPassphraseFile != nil, backupPassphraseFd != nil {
            throw ValidationError("--backup-passphrase-file and --backup-passphrase-fd exclude each other.")
        }
    }

    func run() async throws {
        let home = options.folder
        let known = try home.publicIdentity()
        try refuseExisting()
        let unlocked = try options.unlockKeepingPassphrase()
        // Beside a process that is online, too: this only reads.
        let store = try HomeStore(path: home.databasePath, keys: unlocked.keys)
        let writer = try BackupWriter(
            path: file, keys: unlocked.keys, recoveryHash: known.recoveryHash,
            passphrase: try backupPassphrase(unlocked))
        let summary = try await store.backUp(to: writer, history: history, at: Date())
        try writer.finish()
        if json { try Output.json(BackupJSON(file: file, keys: unlocked.keys, summary)) }
        Output.note(
            """
            \(file) holds your identity, settings, \(BackupText.contents(summary))
            on a fresh home: p2pchat key restore \(ShellWord.quote(file))
            """)
    }

    /// Before anything is asked.
    private func refuseExisting() throws {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder.boolValue {
            let inside = (file.hasSuffix("/") ? file : file + "/") + "p2pchat.backup"
            throw CommandError(
                .exists, "\(file) is a folder",
                hint: "name a file in it: p2pchat key backup \(ShellWord.quote(inside))")
        }
        guard isFolder.boolValue || FileManager.default.fileExists(atPath: file) else { return }
        throw CommandError(.exists, "\(file) exists already; nothing was changed", hint: "name another file")
    }

    private func backupPassphrase(_ unlocked: Unlocked) throws -> SecretBytes {
        let advice = "a backup always has a passphrase"
        if let given = try PassphraseInput.given(
            file: backupPassphraseFile, descriptor: backupPassphraseFd, ifEmpty: advice)
        {
            return given
        }
        let isTyped = options.passphraseFile == nil && options.passphraseFd == nil
        if !isTyped, let same = try unlocked.copyOfPassphrase() {
            Output.note(
                "the backup has the identity's passphrase; another one: --backup-passphrase-file FILE")
            return same
        }
        let offer = unlocked.hasPassphrase ? " (Enter alone: that of the identity)" : ""
        let typed = try PassphraseInput.ask(
            "Passphrase for the backup\(offer): ", otherwise: "a backup needs a passphrase",
            options: "--backup-passphrase-file FILE or --backup-passphrase-fd N")
        if typed.count == 0 {
            guard let same = try unlocked.copyOfPassphrase() else { throw PassphraseInput.empty(advice) }
            return same
        }
        try PassphraseInput.askAgain(typed)
        return typed
    }
}

/// What a backup holds, for people.
enum BackupText {
    static func contents(_ summary: BackupSummary) -> String {
        let contacts = summary.contacts.of("contact")
        guard summary.hasHistory else { return "\(contacts); no messages" }
        return "\(contacts) and \(summary.messages.of("message"))"
    }
}

/// What a backup holds, for scripts.
struct BackupJSON: Encodable {
    let v = 1
    let file: String
    let fingerprint: String
    /// RFC 3339.
    let made: String
    let history: Bool
    let contacts: Int
    let messages: Int

    init(file: String, keys: IdentityKeys, _ summary: BackupSummary) {
        self.file = file
        fingerprint = keys.publicIdentity.fingerprint
        made = summary.made.ISO8601Format()
        history = summary.hasHistory
        contacts = summary.contacts
        messages = summary.messages
    }
}
