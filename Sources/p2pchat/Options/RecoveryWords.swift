import Glibc
import Identity
import Sodium

/// The recovery words as somebody gave them: typed without echo, or from standard input; never an argument, which others can see.
final class RecoveryWords: Sendable {
    private let line: SecretBytes
    /// Of the key that they give; not secret.
    let hash: [UInt8]

    /// - Throws: `recoveryWords` with what is wrong with them.
    static func read() throws -> RecoveryWords {
        guard isatty(STDIN_FILENO) == 1 else {
            return try RecoveryWords(SecretBytes.readLine(fileDescriptor: STDIN_FILENO))
        }
        return try RecoveryWords(
            PassphraseInput.ask(
                "Recovery words (nine, not shown): ", otherwise: "the recovery words are needed",
                options: "standard input"))
    }

    private init(_ line: consuming SecretBytes) throws {
        hash = try Self.key(line).hash
        self.line = line
    }

    func key() throws -> RecoveryKey { try Self.key(line) }

    private static func key(_ line: borrowing SecretBytes) throws -> RecoveryKey {
        try RecoveryKey(words: line.withBytes { String(decoding: $0, as: UTF8.self) })
    }
}
