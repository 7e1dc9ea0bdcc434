package import Sodium

/// One's own key pair. The secret never leaves secret memory.
package final class IdentityKeys: Sendable {
    /// The public half.
    package let publicIdentity: PublicIdentity
    /// seed ‖ public key; 64 bytes.
    private let secretKey: SecretBytes

    /// The keys of a 32-byte seed.
    package init(seed: consuming SecretBytes) throws(IdentityError) {
        do {
            let pair = try Ed25519.keyPair(seed: seed)
            publicIdentity = try PublicIdentity(bytes: pair.publicKey)
            secretKey = pair.takeSecretKey()
        } catch let error as SodiumError {
            throw .sodium(error)
        } catch {
            throw .invalidPublicKey
        }
    }

    /// New random keys.
    package static func generate() throws(IdentityError) -> IdentityKeys {
        try IdentityKeys(
            seed: sodium { () throws(SodiumError) in try SecretBytes(random: Ed25519.seedByteCount) })
    }

    /// The 64-byte signature over `"p2pchat/1 <context>" ‖ 0x00 ‖ body` (protocol.md §2).
    package func sign(context: String, body: [UInt8]) throws(IdentityError) -> [UInt8] {
        try sodium { () throws(SodiumError) in
            try Ed25519.sign(SignedMessage.bytes(context: context, body: body), secretKey: secretKey)
        }
    }

    /// The secret that belongs to `publicIdentity.x25519PublicKey`; 32 bytes.
    package func x25519SecretKey() throws(IdentityError) -> SecretBytes {
        try sodium { () throws(SodiumError) in try Ed25519.x25519SecretKey(secretKey) }
    }

    /// A key for what this identity keeps on disk: `KH(seed, "p2pchat/1 <purpose>")`; 32 bytes.
    package func storeKey(_ purpose: String) throws(IdentityError) -> SecretBytes {
        let seed = try seed()
        return try sodium { () throws(SodiumError) in
            try Blake2b.keyed256(key: seed, Array("p2pchat/1 \(purpose)".utf8))
        }
    }

    /// What a key file holds; 32 bytes.
    func seed() throws(IdentityError) -> SecretBytes {
        try sodium { () throws(SodiumError) in try secretKey.copy(0..<Ed25519.seedByteCount) }
    }
}

/// Runs `body`, and turns what libsodium refuses into this module's error.
func sodium<R: ~Copyable>(_ body: () throws(SodiumError) -> R) throws(IdentityError) -> R {
    do {
        return try body()
    } catch {
        throw .sodium(error)
    }
}
