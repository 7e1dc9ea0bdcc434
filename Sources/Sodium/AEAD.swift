import CSodium

/// ChaCha20-Poly1305 (RFC 8439): 32-byte key, 12-byte nonce, 16-byte tag behind the ciphertext.
package enum ChaCha20Poly1305 {
    package static let nonceByteCount = 12
    package static let tagByteCount = 16

    /// Ciphertext ‖ tag. A nonce must never be used twice with one key.
    package static func seal(
        _ plaintext: [UInt8], key: borrowing SecretBytes, nonce: [UInt8], ad: [UInt8]
    ) throws(SodiumError) -> [UInt8] {
        try key.withBytes { key throws(SodiumError) in
            try sealArray(
                plaintext, key: key, nonce: nonce, nonceByteCount: nonceByteCount, ad: ad, with: encrypt)
        }
    }

    /// The plaintext, or `authenticationFailed`.
    package static func open(
        _ ciphertext: [UInt8], key: borrowing SecretBytes, nonce: [UInt8], ad: [UInt8]
    ) throws(SodiumError) -> [UInt8] {
        try key.withBytes { key throws(SodiumError) in
            try openArray(
                ciphertext, key: key, nonce: nonce, nonceByteCount: nonceByteCount, ad: ad, with: decrypt)
        }
    }

    private static func encrypt(_ c: AEADCall) -> Int32 {
        crypto_aead_chacha20poly1305_ietf_encrypt(
            c.output, nil, c.input, UInt64(c.inputCount), c.ad, UInt64(c.adCount), nil, c.nonce, c.key)
    }

    private static func decrypt(_ c: AEADCall) -> Int32 {
        crypto_aead_chacha20poly1305_ietf_decrypt(
            c.output, nil, nil, c.input, UInt64(c.inputCount), c.ad, UInt64(c.adCount), c.nonce, c.key)
    }
}

/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha): 32-byte key, 24-byte nonce that may be random, 16-byte tag
/// behind the ciphertext.
package enum XChaCha20Poly1305 {
    package static let keyByteCount = 32
    package static let nonceByteCount = 24
    package static let tagByteCount = 16

    /// Ciphertext ‖ tag.
    package static func seal(
        _ plaintext: [UInt8], key: borrowing SecretBytes, nonce: [UInt8], ad: [UInt8]
    ) throws(SodiumError) -> [UInt8] {
        try key.withBytes { key throws(SodiumError) in
            try sealArray(
                plaintext, key: key, nonce: nonce, nonceByteCount: nonceByteCount, ad: ad, with: encrypt)
        }
    }

    /// The plaintext, or `authenticationFailed`.
    package static func open(
        _ ciphertext: [UInt8], key: borrowing SecretBytes, nonce: [UInt8], ad: [UInt8]
    ) throws(SodiumError) -> [UInt8] {
        try key.withBytes { key throws(SodiumError) in
            try openArray(
                ciphertext, key: key, nonce: nonce, nonceByteCount: nonceByteCount, ad: ad, with: decrypt)
        }
    }

    /// Ciphertext ‖ tag of a secret, which never leaves secret memory in the clear.
    package static func seal(
        secret: borrowing SecretBytes, key: borrowing SecretBytes, nonce: [UInt8], ad: [UInt8]
    ) throws(SodiumError) -> [UInt8] {
        try checkLengths(key: key.count, nonce: nonce.count, nonceByteCount: nonceByteCount)
        var output = [UInt8](repeating: 0, count: secret.count + tagByteCount)
        let status = output.withUnsafeMutableBytes { output in
            secret.withBytes { secret in
                key.withBytes { key in encrypt(AEADCall(output, secret, key, nonce, ad)) }
            }
        }
        guard status == 0 else { throw .invalidLength }
        return output
    }

    /// The plaintext in secret memory, or `authenticationFailed`.
    package static func openSecret(
        _ ciphertext: [UInt8], key: borrowing SecretBytes, nonce: [UInt8], ad: [UInt8]
    ) throws(SodiumError) -> SecretBytes {
        try checkLengths(key: key.count, nonce: nonce.count, nonceByteCount: nonceByteCount)
        guard ciphertext.count >= tagByteCount else { throw .authenticationFailed }
        var result = try SecretBytes(zeroed: ciphertext.count - tagByteCount)
        let status = result.withMutableBytes { output in
            ciphertext.withUnsafeBytes { ciphertext in
                key.withBytes { key in decrypt(AEADCall(output, ciphertext, key, nonce, ad)) }
            }
        }
        guard status == 0 else { throw .authenticationFailed }
        return result
    }

    /// Seals into memory of the caller, for many small pieces one after the other: ciphertext ‖ tag.
    ///
    /// - Parameter output: `plaintext.count + tagByteCount` bytes or more.
    /// - Returns: The bytes written.
    /// - Throws: `invalidLength` when a length does not fit.
    @discardableResult
    package static func seal(
        _ plaintext: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer,
        key: borrowing SecretBytes, nonce: UnsafeRawBufferPointer, ad: UnsafeRawBufferPointer
    ) throws(SodiumError) -> Int {
        try checkLengths(key: key.count, nonce: nonce.count, nonceByteCount: nonceByteCount)
        let count = plaintext.count + tagByteCount
        guard output.count >= count else { throw .invalidLength }
        let status = key.withBytes { key in
            crypto_aead_xchacha20poly1305_ietf_encrypt(
                output.octets, nil, plaintext.octets, UInt64(plaintext.count), ad.octets, UInt64(ad.count),
                nil,
                nonce.octets, key.octets)
        }
        guard status == 0 else { throw .invalidLength }
        return count
    }

    /// Opens into memory of the caller.
    ///
    /// - Parameter output: `ciphertext.count - tagByteCount` bytes or more; zeroed where nothing could be opened.
    /// - Returns: The bytes written.
    /// - Throws: `authenticationFailed`, or `invalidLength` when a length does not fit.
    package static func open(
        _ ciphertext: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer,
        key: borrowing SecretBytes, nonce: UnsafeRawBufferPointer, ad: UnsafeRawBufferPointer
    ) throws(SodiumError) -> Int {
        try checkLengths(key: key.count, nonce: nonce.count, nonceByteCount: nonceByteCount)
        guard ciphertext.count >= tagByteCount else { throw .authenticationFailed }
        let count = ciphertext.count - tagByteCount
        guard output.count >= count else { throw .invalidLength }
        let status = key.withBytes { key in
            crypto_aead_xchacha20poly1305_ietf_decrypt(
                output.octets, nil, nil, ciphertext.octets, UInt64(ciphertext.count), ad.octets,
                UInt64(ad.count), nonce.octets, key.octets)
        }
        guard status == 0 else { throw .authenticationFailed }
        return count
    }

    private static func encrypt(_ c: AEADCall) -> Int32 {
        crypto_aead_xchacha20poly1305_ietf_encrypt(
            c.output, nil, c.input, UInt64(c.inputCount), c.ad, UInt64(c.adCount), nil, c.nonce, c.key)
    }

    private static func decrypt(_ c: AEADCall) -> Int32 {
        crypto_aead_xchacha20poly1305_ietf_decrypt(
            c.output, nil, nil, c.input, UInt64(c.inputCount), c.ad, UInt64(c.adCount), c.nonce, c.key)
    }
}

/// The arguments that both ciphers take, as C wants them. Lives only inside the closures that lend the
/// pointers.
private struct AEADCall {
    let output: UnsafeMutablePointer<UInt8>
    let input: UnsafePointer<UInt8>
    let inputCount: Int
    let key: UnsafePointer<UInt8>
    let nonce: [UInt8]
    let ad: [UInt8]
    var adCount: Int { ad.count }

    init(
        _ output: UnsafeMutableRawBufferPointer, _ input: UnsafeRawBufferPointer,
        _ key: UnsafeRawBufferPointer,
        _ nonce: [UInt8], _ ad: [UInt8]
    ) {
        self.output = output.octets
        self.input = input.octets
        inputCount = input.count
        self.key = key.octets
        self.nonce = nonce
        self.ad = ad
    }
}

private let tagByteCount = 16

private func checkLengths(key: Int, nonce: Int, nonceByteCount: Int) throws(SodiumError) {
    try SodiumLibrary.ensure()
    guard key == 32, nonce == nonceByteCount else { throw .invalidLength }
}

private func sealArray(
    _ plaintext: [UInt8], key: UnsafeRawBufferPointer, nonce: [UInt8], nonceByteCount: Int, ad: [UInt8],
    with encrypt: (AEADCall) -> Int32
) throws(SodiumError) -> [UInt8] {
    try checkLengths(key: key.count, nonce: nonce.count, nonceByteCount: nonceByteCount)
    var output = [UInt8](repeating: 0, count: plaintext.count + tagByteCount)
    let status = output.withUnsafeMutableBytes { output in
        plaintext.withUnsafeBytes { encrypt(AEADCall(output, $0, key, nonce, ad)) }
    }
    guard status == 0 else { throw .invalidLength }
    return output
}

private func openArray(
    _ ciphertext: [UInt8], key: UnsafeRawBufferPointer, nonce: [UInt8], nonceByteCount: Int, ad: [UInt8],
    with decrypt: (AEADCall) -> Int32
) throws(SodiumError) -> [UInt8] {
    try checkLengths(key: key.count, nonce: nonce.count, nonceByteCount: nonceByteCount)
    guard ciphertext.count >= tagByteCount else { throw .authenticationFailed }
    var output = [UInt8](repeating: 0, count: ciphertext.count - tagByteCount)
    let status = output.withUnsafeMutableBytes { output in
        ciphertext.withUnsafeBytes { decrypt(AEADCall(output, $0, key, nonce, ad)) }
    }
    guard status == 0 else { throw .authenticationFailed }
    return output
}
