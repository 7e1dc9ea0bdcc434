import CSodium

/// Authenticated encryption between two X25519 key pairs (`crypto_box`: X25519, XSalsa20-Poly1305), with the shared key computed
/// beforehand.
package enum Box {
    /// Bytes of the shared key.
    package static let keyByteCount = 32
    /// Bytes that a box has more than what is in it: a nonce of 24 and a tag of 16.
    package static let overhead = 40
    private static let nonceByteCount = 24

    /// The same 32 bytes for both sides (`crypto_box_beforenm`). Throws `lowOrderPoint` for a public key that gives every secret the same.
    package static func sharedKey(
        _ secret: borrowing SecretBytes, _ publicKey: [UInt8]
    ) throws(SodiumError) -> SecretBytes {
        try SodiumLibrary.ensure()
        guard secret.count == X25519.byteCount, publicKey.count == X25519.byteCount else {
            throw .invalidLength
        }
        var result = try SecretBytes(zeroed: keyByteCount)
        let status = result.withMutableBytes { output in
            secret.withBytes { crypto_box_beforenm(output.octets, publicKey, $0.octets) }
        }
        guard status == 0 else { throw .lowOrderPoint }
        return result
    }

    /// Random nonce ‖ ciphertext with tag; 40 bytes longer than the plaintext.
    package static func seal(
        _ plaintext: [UInt8], key: borrowing SecretBytes
    ) throws(SodiumError) -> [UInt8] {
        try SodiumLibrary.ensure()
        guard key.count == keyByteCount else { throw .invalidLength }
        var nonce = [UInt8](repeating: 0, count: nonceByteCount)
        randombytes_buf(&nonce, nonce.count)
        var sealed = [UInt8](repeating: 0, count: plaintext.count + overhead - nonceByteCount)
        let status = key.withBytes {
            crypto_box_easy_afternm(&sealed, plaintext, UInt64(plaintext.count), nonce, $0.octets)
        }
        guard status == 0 else { throw .invalidLength }
        return nonce + sealed
    }

    /// What was sealed. Throws `authenticationFailed` for anything else.
    package static func open(_ box: [UInt8], key: borrowing SecretBytes) throws(SodiumError) -> [UInt8] {
        try SodiumLibrary.ensure()
        guard key.count == keyByteCount else { throw .invalidLength }
        guard box.count >= overhead else { throw .authenticationFailed }
        let sealed = Array(box[nonceByteCount...])
        var plaintext = [UInt8](repeating: 0, count: box.count - overhead)
        let status = key.withBytes {
            crypto_box_open_easy_afternm(&plaintext, sealed, UInt64(sealed.count), box, $0.octets)
        }
        guard status == 0 else { throw .authenticationFailed }
        return plaintext
    }
}

/// Padding that can be taken off again without knowing the length (`sodium_pad`, ISO/IEC 7816-4).
package enum Padding {
    /// The bytes, padded to the next multiple of `block` that is larger.
    package static func pad(_ bytes: [UInt8], block: Int) throws(SodiumError) -> [UInt8] {
        guard block > 0 else { throw .invalidLength }
        var padded = bytes + [UInt8](repeating: 0, count: block)
        var count = 0
        guard sodium_pad(&count, &padded, bytes.count, block, padded.count) == 0 else { throw .invalidLength }
        return Array(padded.prefix(count))
    }

    /// What was padded. Throws `invalidLength` for bytes that were not.
    package static func unpad(_ padded: [UInt8], block: Int) throws(SodiumError) -> [UInt8] {
        var count = 0
        guard block > 0, padded.count >= block, sodium_unpad(&count, padded, padded.count, block) == 0 else {
            throw .invalidLength
        }
        return Array(padded.prefix(count))
    }
}
