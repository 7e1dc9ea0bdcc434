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
        withErasedScratch(byteCount: HashFunction.blockLength + HashFunction.length) { scratch in
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
        }
    }

    private static func pad(
        _ block: UnsafeMutableRawBufferPointer, key: UnsafeRawBufferPointer, with byte: UInt8
    ) {
        for index in block.indices { block[index] = (index < key.count ? key[index] : 0) ^ byte }
    }
}

/// Noise's HKDF (Noise §4.3).
enum HKDF {
    /// Fills `output`, whose length is that of two or three outputs of 64 bytes, one behind the other.
    static func derive(
        chainingKey: borrowing SecretBytes, inputKeyMaterial: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) {
        let length = HashFunction.length
        withErasedScratch(byteCount: length) { temporaryKey in
            chainingKey.withBytes {
                HMAC.authenticate(key: $0, inputKeyMaterial, [], into: temporaryKey)
            }
            for number in 0..<output.count / length {
                // Each output takes the one before it, and the first takes nothing.
                let start = number * length
                let previous = UnsafeRawBufferPointer(rebasing: output[max(0, start - length)..<start])
                HMAC.authenticate(
                    key: UnsafeRawBufferPointer(temporaryKey), previous, [UInt8(number + 1)],
                    into: UnsafeMutableRawBufferPointer(rebasing: output[start..<start + length]))
            }
        }
    }
}

/// Lends memory of the stack for secrets in passing, and erases it. A handshake derives so often that secret
/// memory of their own would double its cost.
func withErasedScratch(byteCount: Int, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
    withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 16) { scratch in
        body(scratch)
        Erase.buffer(scratch)
    }
}
