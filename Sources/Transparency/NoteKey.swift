package import Sodium

/// The name and the public key that sign notes, and in which way: C2SP signed-note, "verifier keys".
package struct NoteKey: Hashable, Sendable {
    /// What a signature is over. The raw value is the C2SP signature type.
    package enum Kind: UInt8, Sendable {
        /// The note's text, by Ed25519.
        case note = 0x01
        /// A time and the note's text, by Ed25519 (C2SP tlog-cosignature, version 1).
        case cosignature = 0x04
    }

    package let name: String
    package let kind: Kind
    /// 32 bytes of Ed25519.
    package let publicKey: [UInt8]

    /// Nil for a name that is empty or has spaces or plus signs, or a public key that is no point that signs.
    package init?(name: String, kind: Kind, publicKey: [UInt8]) {
        guard NoteKey.isName(name), Ed25519.isValidPublicKey(publicKey) else { return nil }
        self.name = name
        self.kind = kind
        self.publicKey = publicKey
    }

    /// Reads `<name>+<key id in hexadecimal>+<base64 of type and public key>`. Nil unless it is the canonical form of a key whose
    /// id is that of its parts.
    package init?(text: String) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64.decode(parts[2]),
            let kind = bytes.first.flatMap(Kind.init),
            let key = NoteKey(name: String(parts[0]), kind: kind, publicKey: Array(bytes.dropFirst())),
            key.text == text
        else { return nil }
        self = key
    }

    /// The form that ``init(text:)`` reads.
    package var text: String {
        let id = id.map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        return "\(name)+\(id.joined())+\(Base64.encode([kind.rawValue] + publicKey))"
    }

    /// 4 bytes that tell keys of one name apart. No proof of anything.
    package var id: [UInt8] {
        Array(SHA256.hash(Array(name.utf8), [0x0A, kind.rawValue], publicKey).prefix(4))
    }

    /// C2SP signed-note: not empty, and neither Unicode spaces nor plus.
    static func isName(_ name: some StringProtocol) -> Bool {
        !name.isEmpty && name.utf8.count <= 255
            && name.unicodeScalars.allSatisfy {
                !$0.properties.isWhitespace && $0 != "+" && $0.value >= 0x20 && $0.value != 0x7F
            }
    }
}

/// A key that signs notes and nothing else. Its secret lies in secret memory.
package struct NoteSigner: ~Copyable, Sendable {
    package let key: NoteKey
    private let secretKey: SecretBytes

    /// - Parameter seed: 32 bytes. Throws `invalidLength` for other seeds, and `invalidKey` for a name that no key may have.
    package init(name: String, kind: NoteKey.Kind, seed: borrowing SecretBytes) throws(SodiumError) {
        let pair = try Ed25519.keyPair(seed: seed)
        guard let key = NoteKey(name: name, kind: kind, publicKey: pair.publicKey) else { throw .invalidKey }
        self.key = key
        secretKey = pair.takeSecretKey()
    }

    /// A signature over a text. A cosignature has a time in it, seconds since 1970; a plain signature has none.
    package func sign(_ text: String, at time: UInt64) throws(SodiumError) -> NoteSignature {
        switch key.kind {
        case .note:
            return NoteSignature(key: key, bytes: try Ed25519.sign(Array(text.utf8), secretKey: secretKey))
        case .cosignature:
            let signed = try Ed25519.sign(NoteSignature.cosigned(text, at: time), secretKey: secretKey)
            return NoteSignature(key: key, bytes: NoteSignature.bigEndian(time) + signed)
        }
    }
}
