import CSodium

/// Signatures over edwards25519 (RFC 8032) by `crypto_sign`, and the conversion of its keys to X25519.
package enum Ed25519 {
    /// Bytes of a seed, which is the whole secret.
    package static let seedByteCount = 32
    /// Bytes of a public key.
    package static let publicKeyByteCount = 32
    /// Bytes of libsodium's secret key: seed ‖ public key.
    package static let secretKeyByteCount = 64
    /// Bytes of a signature.
    package static let signatureByteCount = 64

    /// A public key (32 bytes) and the secret key that belongs to it (64 bytes).
    package struct KeyPair: ~Copyable, Sendable {
        package let publicKey: [UInt8]
        package let secretKey: SecretBytes

        /// Gives the secret key away and ends the pair.
        package consuming func takeSecretKey() -> SecretBytes { secretKey }
    }

    /// The key pair of a 32-byte seed.
    package static func keyPair(seed: borrowing SecretBytes) throws(SodiumError) -> KeyPair {
        try SodiumLibrary.ensure()
        guard seed.count == seedByteCount else { throw .invalidLength }
        var publicKey = [UInt8](repeating: 0, count: publicKeyByteCount)
        var secretKey = try SecretBytes(zeroed: secretKeyByteCount)
        let status = secretKey.withMutableBytes { secret in
            seed.withBytes {
                crypto_sign_seed_keypair(
                    &publicKey, secret.octets,
                    $0.octets)
            }
        }
        guard status == 0 else { throw .invalidKey }
        return KeyPair(publicKey: publicKey, secretKey: secretKey)
    }

    /// The 64-byte signature of `message`.
    package static func sign(
        _ message: [UInt8], secretKey: borrowing SecretBytes
    ) throws(SodiumError) -> [UInt8] {
        try SodiumLibrary.ensure()
        guard secretKey.count == secretKeyByteCount else { throw .invalidLength }
        var signature = [UInt8](repeating: 0, count: signatureByteCount)
        let status = secretKey.withBytes {
            crypto_sign_detached(
                &signature, nil, message, UInt64(message.count),
                $0.octets)
        }
        guard status == 0 else { throw .invalidKey }
        return signature
    }

    /// Whether `signature` is one of `message` by `publicKey`, by libsodium's rules alone (protocol.md §2:
    /// libraries disagree on edge cases). False for a wrong length.
    package static func verify(_ signature: [UInt8], _ message: [UInt8], publicKey: [UInt8]) -> Bool {
        guard SodiumLibrary.isReady, signature.count == signatureByteCount,
            publicKey.count == publicKeyByteCount
        else { return false }
        return crypto_sign_verify_detached(signature, message, UInt64(message.count), publicKey) == 0
    }

    /// Whether the 32 bytes are the one canonical form of a point in the main subgroup, and not of small
    /// order.
    package static func isValidPublicKey(_ publicKey: [UInt8]) -> Bool {
        SodiumLibrary.isReady && publicKey.count == publicKeyByteCount
            && crypto_core_ed25519_is_valid_point(publicKey) == 1
    }

    /// The X25519 public key (32 bytes) of an Ed25519 one. Throws `invalidKey` for a point of small order or
    /// outside the main subgroup.
    package static func x25519PublicKey(_ publicKey: [UInt8]) throws(SodiumError) -> [UInt8] {
        try SodiumLibrary.ensure()
        guard publicKey.count == publicKeyByteCount else { throw .invalidLength }
        var result = [UInt8](repeating: 0, count: X25519.byteCount)
        guard crypto_sign_ed25519_pk_to_curve25519(&result, publicKey) == 0 else { throw .invalidKey }
        return result
    }

    /// The X25519 secret key (32 bytes) of a 64-byte Ed25519 one.
    package static func x25519SecretKey(_ secretKey: borrowing SecretBytes) throws(SodiumError) -> SecretBytes
    {
        try SodiumLibrary.ensure()
        guard secretKey.count == secretKeyByteCount else { throw .invalidLength }
        var result = try SecretBytes(zeroed: X25519.byteCount)
        let status = result.withMutableBytes { output in
            secretKey.withBytes {
                crypto_sign_ed25519_sk_to_curve25519(
                    output.octets,
                    $0.octets)
            }
        }
        guard status == 0 else { throw .invalidKey }
        return result
    }
}
