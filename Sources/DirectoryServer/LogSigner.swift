package import Directory
package import Identity
import Sodium
package import Transparency

/// The secret halves of a log's keys, and what the directory's identity says of them and of those before.
package final class LogSigner: Sendable {
    /// The oldest first; the last one is of the keys in use.
    package let statements: [LogKeyStatement]
    package let keys: LogKeys
    private let note: NoteSigner
    private let cosignature: NoteSigner

    /// The keys that a file's seed gives. Throws ``LogStartError/foreignKeys`` when another identity signed what the file has of former keys.
    package init(_ file: borrowing LogKeyFile, directory: IdentityKeys) throws {
        let origin = LogKeyStatement.origin(of: directory.publicIdentity)
        note = try NoteSigner(name: origin, kind: .note, seed: Self.derive(file.seed, "log note key"))
        cosignature = try NoteSigner(
            name: origin, kind: .cosignature, seed: Self.derive(file.seed, "log cosignature key"))
        guard let keys = LogKeys(note: note.key, cosignature: cosignature.key),
            let current = try LogKeyStatement.make(
                sequence: UInt64(file.former.count), keys: keys, by: directory)
        else { throw LogStartError.foreignKeys }
        self.keys = keys
        var statements: [LogKeyStatement] = []
        for (sequence, bytes) in file.former.enumerated() {
            guard let statement = LogKeyStatement(bytes: bytes, by: directory.publicIdentity),
                statement.sequence == UInt64(sequence)
            else { throw LogStartError.foreignKeys }
            statements.append(statement)
        }
        self.statements = statements + [current]
    }

    /// A checkpoint with its signature and with the statement that it is the newest at that time, in seconds since 1970.
    package func sign(_ checkpoint: Checkpoint, at time: UInt64) throws -> SignedNote {
        let text = checkpoint.text
        return try SignedNote(
            text: text, signatures: [note.sign(text, at: time), cosignature.sign(text, at: time)])
    }

    /// What a note says if these keys or former ones signed it; nil for any other bytes.
    func checkpoint(_ bytes: [UInt8]) -> Checkpoint? {
        guard let note = try? SignedNote(bytes: bytes) else { return nil }
        return statements.lazy.compactMap { try? SignedCheckpoint(note: note, by: $0.keys) }.first?.checkpoint
    }

    private static func derive(_ seed: borrowing SecretBytes, _ purpose: String) throws -> SecretBytes {
        try Blake2b.keyed256(key: seed, Array("p2pchat/1 \(purpose)".utf8))
    }
}
