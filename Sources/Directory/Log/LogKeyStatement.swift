package import Identity
package import Transparency

/// What a directory's identity says of the keys of its log: so whoever has the directory's reference can find its log's keys
/// (docs/directory.md, "The log's keys").
package struct LogKeyStatement: Hashable, Sendable {
    /// 0 for the first keys, then one more each time that they are replaced.
    package let sequence: UInt64
    package let keys: LogKeys
    /// 136 bytes: sequence, key for notes, key for cosignatures, signature.
    package let bytes: [UInt8]

    /// Reads a statement and checks the signature. Nil for what the identity has not signed.
    package init?(bytes: [UInt8], by directory: PublicIdentity) {
        guard bytes.count == LogKeyFile.statementByteCount else { return nil }
        let body = Array(bytes.prefix(72))
        guard directory.verify(Array(bytes.suffix(64)), context: Self.context, body: body) else { return nil }
        let origin = Self.origin(of: directory)
        guard let note = NoteKey(name: origin, kind: .note, publicKey: Array(body[8..<40])),
            let cosignature = NoteKey(name: origin, kind: .cosignature, publicKey: Array(body[40..<72])),
            let keys = LogKeys(note: note, cosignature: cosignature)
        else { return nil }
        sequence = body.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        self.keys = keys
        self.bytes = bytes
    }

    /// Makes and signs one. Nil for keys of another name than ``origin(of:)``.
    package static func make(
        sequence: UInt64, keys: LogKeys, by directory: IdentityKeys
    ) throws -> LogKeyStatement? {
        var body = stride(from: 56, through: 0, by: -8).map {
            UInt8(truncatingIfNeeded: sequence >> UInt64($0))
        }
        body += keys.note.publicKey
        body += keys.cosignature.publicKey
        let signature = try directory.sign(context: context, body: body)
        let statement = LogKeyStatement(bytes: body + signature, by: directory.publicIdentity)
        return statement?.keys == keys ? statement : nil
    }

    /// What the log of a directory is called: in its checkpoints, and as the name of its keys.
    package static func origin(of directory: PublicIdentity) -> String { "p2pchat/\(directory.fingerprint)" }

    private static let context = "log keys"
}
