import CSodium

/// SHA-256 (FIPS 180-4) by `crypto_hash_sha256`: what RFC 6962 logs hash with.
package enum SHA256 {
    /// SHA-256 over the parts one after the other; 32 bytes.
    package static func hash(_ parts: [UInt8]...) -> [UInt8] {
        _ = SodiumLibrary.isReady
        var state = crypto_hash_sha256_state()
        crypto_hash_sha256_init(&state)
        for part in parts {
            crypto_hash_sha256_update(&state, part, UInt64(part.count))
        }
        var digest = [UInt8](repeating: 0, count: crypto_hash_sha256_bytes())
        crypto_hash_sha256_final(&state, &digest)
        return digest
    }
}
