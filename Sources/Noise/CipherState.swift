package import Sodium

/// A key and a counter (Noise §5.1), with ChaCha20-Poly1305. Without a key it passes everything through.
package struct CipherState: ~Copyable, Sendable {
    /// Bytes that a ciphertext is longer than its plaintext once there is a key.
    package static let tagByteCount = ChaCha20Poly1305.tagByteCount
    package static let keyByteCount = 32

    private var key: SecretBytes
    private var nonce: UInt64 = 0
    package private(set) var hasKey: Bool

    /// Begins with a 32-byte key, as for the transport behind a handshake.
    package init(key: consuming SecretBytes) throws(NoiseError) {
        guard key.count == CipherState.keyByteCount else { throw .invalidLength }
        self.key = key
        hasKey = true
    }

    /// Begins without a key.
    init() throws(NoiseError) {
        key = try noise { () throws(SodiumError) in try SecretBytes(zeroed: CipherState.keyByteCount) }
        hasKey = false
    }

    /// InitializeKey: takes the first 32 of the given bytes, which are at least as many.
    mutating func initializeKey(_ bytes: UnsafeRawBufferPointer) {
        key.withMutableBytes { $0.copyBytes(from: bytes.prefix(CipherState.keyByteCount)) }
        nonce = 0
        hasKey = true
    }

    /// EncryptWithAd. The nonce counts itself. Throws `nonceExhausted`.
    package mutating func encryptWithAd(_ ad: [UInt8], _ plaintext: [UInt8]) throws(NoiseError) -> [UInt8] {
        guard hasKey else { return plaintext }
        let nonceBytes = try nextNonce()
        let ciphertext = try noise { () throws(SodiumError) in
            try ChaCha20Poly1305.seal(plaintext, key: key, nonce: nonceBytes, ad: ad)
        }
        nonce += 1
        return ciphertext
    }

    /// DecryptWithAd. Throws `authenticationFailed`, and then the nonce stays (Noise §5.1).
    package mutating func decryptWithAd(_ ad: [UInt8], _ ciphertext: [UInt8]) throws(NoiseError) -> [UInt8] {
        guard hasKey else { return ciphertext }
        let nonceBytes = try nextNonce()
        let plaintext = try noise { () throws(SodiumError) in
            try ChaCha20Poly1305.open(ciphertext, key: key, nonce: nonceBytes, ad: ad)
        }
        nonce += 1
        return plaintext
    }

    /// Four zero bytes, then the counter, little-endian (Noise §12.3). The highest value is reserved.
    private func nextNonce() throws(NoiseError) -> [UInt8] {
        guard nonce < UInt64.max else { throw .nonceExhausted }
        return [0, 0, 0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: nonce >> (8 * UInt64($0))) }
    }
}
