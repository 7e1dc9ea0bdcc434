import Sodium

/// The way back when an identity's key is lost or stolen: 16 random bytes, shown once as words and kept on
/// paper. Only `hash` is stored; it stands in the claim of a handle, and the key behind it may later revoke
/// that claim (protocol.md §7).
package struct RecoveryKey: ~Copyable, Sendable {
    /// Eight words of the key, and one of checksum.
    package static let wordCount = 9
    /// Bytes of `hash`.
    package static let hashByteCount = 32

    /// The public half of the Ed25519 key that the 16 bytes give.
    package let publicIdentity: PublicIdentity
    private let secret: SecretBytes

    private static let byteCount = 16

    /// A new random key.
    package static func generate() throws(IdentityError) -> RecoveryKey {
        try RecoveryKey(secret: sodium { () throws(SodiumError) in try SecretBytes(random: byteCount) })
    }

    /// Reads the words back: in any case, separated by white space or hyphens. Throws `recoveryWords` with
    /// the reason.
    package init(words text: String) throws(IdentityError) {
        let words = text.lowercased().split { $0.isWhitespace || $0 == "-" }
        guard words.count == RecoveryKey.wordCount else { throw .recoveryWords(.count(words.count)) }
        var values: [UInt8] = []
        values.reserveCapacity(RecoveryKey.wordCount * 2)
        defer { Erase.bytes(&values) }
        for (position, word) in words.enumerated() {
            guard let value = Proquint.decode(word) else {
                throw .recoveryWords(.spelling(word: position + 1))
            }
            values.append(UInt8(value >> 8))
            values.append(UInt8(value & 0xff))
        }
        let check = Array(values.suffix(2))
        var bytes = Array(values.prefix(RecoveryKey.byteCount))
        let secret = try sodium { () throws(SodiumError) in try SecretBytes(erasing: &bytes) }
        guard try RecoveryKey.checksum(of: secret) == check else { throw .recoveryWords(.checksum) }
        try self.init(secret: secret)
    }

    private init(secret: consuming SecretBytes) throws(IdentityError) {
        publicIdentity = try IdentityKeys(seed: Self.seed(of: secret)).publicIdentity
        self.secret = secret
    }

    private static func seed(of secret: borrowing SecretBytes) throws(IdentityError) -> SecretBytes {
        try sodium { () throws(SodiumError) in
            try Blake2b.secret256(secret, prefix: Array("p2pchat/1 recovery seed".utf8), suffix: [])
        }
    }

    /// The nine words. This is the one secret that is ever shown; the strings stay in ordinary memory.
    package func words() throws(IdentityError) -> [String] {
        let check = try RecoveryKey.checksum(of: secret)
        return secret.withBytes { bytes in
            var values = Array(bytes) + check
            defer { Erase.bytes(&values) }
            return stride(from: 0, to: values.count, by: 2).map {
                Proquint.encode(UInt16(values[$0]) << 8 | UInt16(values[$0 + 1]))
            }
        }
    }

    /// `H("p2pchat/1 recovery hash" ‖ recovery public key)`; 32 bytes, not secret.
    package var hash: [UInt8] { Self.hash(of: publicIdentity) }

    /// The same of a recovery key's public half.
    package static func hash(of publicKey: PublicIdentity) -> [UInt8] {
        Blake2b.hash256(Array("p2pchat/1 recovery hash".utf8), publicKey.bytes)
    }

    /// What the key signs with.
    package func keys() throws(IdentityError) -> IdentityKeys {
        try IdentityKeys(seed: Self.seed(of: secret))
    }

    /// The first two bytes of `H("p2pchat/1 recovery check" ‖ secret)`: finds all but one of 65,536 mistakes.
    private static func checksum(of secret: borrowing SecretBytes) throws(IdentityError) -> [UInt8] {
        let hash = try sodium { () throws(SodiumError) in
            try Blake2b.secret256(secret, prefix: Array("p2pchat/1 recovery check".utf8), suffix: [])
        }
        return hash.withBytes { Array($0.prefix(2)) }
    }
}

/// Proquints (arXiv:0901.4016): 16 bits as a pronounceable word of five letters.
enum Proquint {
    private static let consonants = Array("bdfghjklmnprstvz".utf8)
    private static let vowels = Array("aiou".utf8)

    static func encode(_ value: UInt16) -> String {
        let letters = [
            consonants[Int(value >> 12 & 15)], vowels[Int(value >> 10 & 3)], consonants[Int(value >> 6 & 15)],
            vowels[Int(value >> 4 & 3)], consonants[Int(value & 15)],
        ]
        return String(decoding: letters, as: UTF8.self)
    }

    static func decode(_ word: some StringProtocol) -> UInt16? {
        let letters = Array(word.utf8)
        guard letters.count == 5 else { return nil }
        var value: UInt16 = 0
        for (position, letter) in letters.enumerated() {
            let alphabet = position % 2 == 0 ? consonants : vowels
            guard let digit = alphabet.firstIndex(of: letter) else { return nil }
            value = value << (position % 2 == 0 ? 4 : 2) | UInt16(digit)
        }
        return value
    }
}
