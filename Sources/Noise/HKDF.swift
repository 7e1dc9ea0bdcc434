import Sodium

/// HASHLEN and BLOCKLEN of BLAKE2b-512 (Noise §12.8).
enum HashFunction {
    static let length = 64
    static let blockLength = 128
}

/// HMAC (RFC 2104) over BLAKE2b-512. Its block is 128 bytes; `crypto_auth` of libsodium is another function.
enum HMAC {
    /// Writes 64 bytes to `output`. The key has at most 128 bytes; everything in between is erased.
    static func authenticate(
        key: UnsafeRawBufferPointer, _ first: UnsafeRawBufferPointer, _ second: [UInt8],
        into output: UnsafeMutableRawBufferPointer
    ) {
        let scratch = HashFunction.blockLength + HashFunction.length
        withUnsafeTemporaryAllocation(byteCount: scratch, alignment: 16) { scratch in
            let block = UnsafeMutableRawBufferPointer(rebasing: scratch[..<HashFunction.blockLength])
            let inner = UnsafeMutableRawBufferPointer(rebasing: scratch[HashFunction.blockLength...])
            pad(block, key: key, with: 0x36)
            var innerHash = Blake2bStream(outputLength: HashFunction.length)
            innerHash.update(UnsafeRawBufferPointer(block))
            innerHash.update(first)
            innerHash.update(second)
            innerHash.finish(into: inner)

            pad(block, key: key, with: 0x5c)
            var outerHash = Blake2bStream(outputLength: HashFunction.length)
            outerHash.update(UnsafeRawBufferPointer(block))
            outerHash.update(UnsafeRawBufferPointer(inner))
            outerHash.finish(into: output)
            Erase.buffer(scratch)
        }
    }

    private static func pad(
        _ block: UnsafeMutableRawBufferPointer, key: UnsafeRawBufferPointer, with byte: UInt8
    ) {
        for index in block.indices { block[index] = (index < key.count ? key[index] : 0) ^ byte }
    }
}

/// Noise's HKDF (Noise §4.3): two or three outputs of 64 bytes, one behind the other.
enum HKDF {
    static func derive(
        chainingKey: borrowing SecretBytes, inputKeyMaterial: UnsafeRawBufferPointer, outputs: Int
    ) throws(NoiseError) -> SecretBytes {
        let length = HashFunction.length
        return try noise { () throws(SodiumError) in
            var temporaryKey = try SecretBytes(zeroed: length)
            var result = try SecretBytes(zeroed: length * outputs)
            temporaryKey.withMutableBytes { temporaryKey in
                chainingKey.withBytes {
                    HMAC.authenticate(key: $0, inputKeyMaterial, [], into: temporaryKey)
                }
                let key = UnsafeRawBufferPointer(temporaryKey)
                result.withMutableBytes { result in
                    for number in 0..<outputs {
                        // Each output takes the one before it, and the first takes nothing.
                        let start = number * length
                        let previous = UnsafeRawBufferPointer(
                            rebasing: result[max(0, start - length)..<start])
                        let output = UnsafeMutableRawBufferPointer(rebasing: result[start..<start + length])
                        HMAC.authenticate(key: key, previous, [UInt8(number + 1)], into: output)
                    }
                }
            }
            return result
        }
    }
}
