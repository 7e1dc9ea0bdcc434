import CSodium

/// Argon2id (RFC 9106) by `crypto_pwhash`, one lane: a key from a passphrase, dear to guess.
package enum PasswordHash {
    package static let saltByteCount = 16
    /// libsodium's "moderate" cost: 3 passes over 256 MiB, about half a second.
    package static let moderateOperations = UInt64(crypto_pwhash_opslimit_moderate())
    /// Bytes of memory of the "moderate" cost.
    package static let moderateMemory = crypto_pwhash_memlimit_moderate()
    /// The least that `derive` takes, which protects nothing: for tests.
    package static let leastOperations = UInt64(crypto_pwhash_opslimit_min())
    /// The least memory that `derive` takes, in bytes.
    package static let leastMemory = crypto_pwhash_memlimit_min()

    /// `length` bytes (16 or more) from a passphrase.
    ///
    /// - Parameters:
    ///   - salt: 16 random bytes, kept beside what the key opens.
    ///   - operations: passes over the memory.
    ///   - memory: bytes of memory. The caller bounds what a file asks for.
    /// - Throws: `outOfMemory` when the memory cannot be had, `invalidLength` for values outside libsodium's
    ///   bounds.
    package static func derive(
        _ passphrase: borrowing SecretBytes, salt: [UInt8], operations: UInt64, memory: Int, length: Int = 32
    ) throws(SodiumError) -> SecretBytes {
        try SodiumLibrary.ensure()
        guard salt.count == saltByteCount, length >= crypto_pwhash_bytes_min(),
            (leastOperations...UInt64(crypto_pwhash_opslimit_max())).contains(operations),
            memory >= leastMemory, memory <= crypto_pwhash_memlimit_max()
        else { throw .invalidLength }
        var result = try SecretBytes(zeroed: length)
        let status = result.withMutableBytes { output in
            passphrase.withBytes {
                crypto_pwhash(
                    output.octets, UInt64(length),
                    UnsafeRawPointer($0.octets).assumingMemoryBound(to: CChar.self), UInt64($0.count), salt,
                    operations, memory,
                    crypto_pwhash_alg_argon2id13())
            }
        }
        guard status == 0 else { throw .outOfMemory }
        return result
    }
}
