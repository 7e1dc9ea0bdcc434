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

    /// SHA-256 of `input` into the first 32 bytes of `output`, which must be that long; without memory of its own: for many small inputs.
    package static func hash(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) {
        _ = SodiumLibrary.isReady
        precondition(output.count >= crypto_hash_sha256_bytes(), "a hash needs room for its output")
        crypto_hash_sha256(output.octets, input.octets, UInt64(input.count))
    }
}
