/// Whole chunks as values, for files; links work in buffers of their own.
extension SecretStreamPush {
    /// The sealed chunk, 17 bytes longer.
    package mutating func push(
        _ plaintext: [UInt8], ad: [UInt8] = [], tag: SecretStreamTag
    ) throws(SodiumError) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: plaintext.count + SecretStream.overhead)
        try plaintext.withUnsafeBytes { plaintext in
            output.withUnsafeMutableBytes { output in
                ad.withUnsafeBytes { ad in
                    Result { () throws(SodiumError) in
                        try push(plaintext, into: output, ad: ad, tag: tag)
                    }
                }
            }
        }.get()
        return output
    }

    /// The sealed chunk of a secret, which never leaves secret memory in the clear.
    package mutating func push(
        secret: borrowing SecretBytes, ad: [UInt8], tag: SecretStreamTag
    ) throws(SodiumError) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: secret.count + SecretStream.overhead)
        try secret.withBytes { plaintext in
            output.withUnsafeMutableBytes { output in
                ad.withUnsafeBytes { ad in
                    Result { () throws(SodiumError) in
                        try push(plaintext, into: output, ad: ad, tag: tag)
                    }
                }
            }
        }.get()
        return output
    }
}

extension SecretStreamPull {
    /// The opened chunk, 17 bytes shorter, and its tag.
    package mutating func pull(
        _ ciphertext: [UInt8], ad: [UInt8] = []
    ) throws(SodiumError) -> (plaintext: [UInt8], tag: SecretStreamTag) {
        guard ciphertext.count >= SecretStream.overhead else { throw .invalidLength }
        var output = [UInt8](repeating: 0, count: ciphertext.count - SecretStream.overhead)
        let tag = try ciphertext.withUnsafeBytes { ciphertext in
            output.withUnsafeMutableBytes { output in
                ad.withUnsafeBytes { ad in
                    Result { () throws(SodiumError) in try pull(ciphertext, into: output, ad: ad) }
                }
            }
        }.get()
        return (output, tag)
    }

    /// The opened chunk in secret memory. Throws as ``pull(_:into:ad:)``, and `unknownTag` for another tag.
    package mutating func pullSecret(
        _ ciphertext: [UInt8], ad: [UInt8], tag expected: SecretStreamTag
    ) throws(SodiumError) -> SecretBytes {
        guard ciphertext.count >= SecretStream.overhead else { throw .invalidLength }
        var output = try SecretBytes(zeroed: ciphertext.count - SecretStream.overhead)
        let tag = try output.withMutableBytes { output in
            ciphertext.withUnsafeBytes { ciphertext in
                ad.withUnsafeBytes { ad in
                    Result { () throws(SodiumError) in try pull(ciphertext, into: output, ad: ad) }
                }
            }
        }.get()
        guard tag == expected else { throw .unknownTag }
        return output
    }
}
