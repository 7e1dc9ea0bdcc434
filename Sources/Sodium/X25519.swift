import CSodium

/// Diffie-Hellman over Curve25519 (RFC 7748) by `crypto_scalarmult`.
package enum X25519 {
    /// Bytes of a public key, a secret key and a shared secret.
    package static let byteCount = 32

    /// The public key of a 32-byte secret.
    package static func publicKey(of secret: borrowing SecretBytes) throws(SodiumError) -> [UInt8] {
        try SodiumLibrary.ensure()
        guard secret.count == byteCount else { throw .invalidLength }
        var result = [UInt8](repeating: 0, count: byteCount)
        let status = secret.withBytes {
            crypto_scalarmult_base(&result, $0.octets)
        }
        guard status == 0 else { throw .invalidKey }
        return result
    }

    /// The 32-byte shared secret. Throws `lowOrderPoint` when it is all zeros: the other side chose a point
    /// that gives this result with every secret.
    package static func sharedSecret(
        _ secret: borrowing SecretBytes, _ publicKey: [UInt8]
    ) throws(SodiumError) -> SecretBytes {
        try SodiumLibrary.ensure()
        guard secret.count == byteCount, publicKey.count == byteCount else { throw .invalidLength }
        var result = try SecretBytes(zeroed: byteCount)
        let status = result.withMutableBytes { output in
            secret.withBytes {
                crypto_scalarmult(
                    output.octets,
                    $0.octets, publicKey)
            }
        }
        guard status == 0 else { throw .lowOrderPoint }
        return result
    }
}
