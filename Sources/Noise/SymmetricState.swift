import Sodium

/// Chaining key, transcript hash and cipher of one handshake (Noise §5.2).
struct SymmetricState: ~Copyable, Sendable {
    /// `h`: 64 bytes, public.
    private(set) var handshakeHash: [UInt8]
    private var chainingKey: SecretBytes
    private var cipher: CipherState

    /// InitializeSymmetric. A name of at most 64 bytes is padded with zeros, a longer one hashed.
    init(protocolName: String) throws(NoiseError) {
        let name = Array(protocolName.utf8)
        let hash =
            name.count <= HashFunction.length
            ? name + [UInt8](repeating: 0, count: HashFunction.length - name.count) : Blake2b.hash512(name)
        let chainingKey = try noise { () throws(SodiumError) in try SecretBytes(copying: hash) }
        cipher = try CipherState()
        self.chainingKey = chainingKey
        handshakeHash = hash
    }

    /// Bytes by which `encryptAndHash` lengthens what it is given.
    var overhead: Int { cipher.hasKey ? CipherState.tagByteCount : 0 }

    mutating func mixKey(_ inputKeyMaterial: UnsafeRawBufferPointer) {
        withErasedScratch(byteCount: 2 * HashFunction.length) { output in
            HKDF.derive(chainingKey: chainingKey, inputKeyMaterial: inputKeyMaterial, into: output)
            chainingKey.withMutableBytes { $0.copyBytes(from: output.part(0)) }
            cipher.initializeKey(output.part(1))
        }
    }

    mutating func mixHash(_ data: [UInt8]) {
        handshakeHash = Blake2b.hash512(handshakeHash, data)
    }

    mutating func mixKeyAndHash(_ inputKeyMaterial: UnsafeRawBufferPointer) {
        withErasedScratch(byteCount: 3 * HashFunction.length) { output in
            HKDF.derive(chainingKey: chainingKey, inputKeyMaterial: inputKeyMaterial, into: output)
            chainingKey.withMutableBytes { $0.copyBytes(from: output.part(0)) }
            var hash = Blake2bStream(outputLength: HashFunction.length)
            hash.update(handshakeHash)
            hash.update(output.part(1))
            handshakeHash.withUnsafeMutableBytes { hash.finish(into: $0) }
            cipher.initializeKey(output.part(2))
        }
    }

    mutating func encryptAndHash(_ plaintext: [UInt8]) throws(NoiseError) -> [UInt8] {
        let ciphertext = try cipher.encryptWithAd(handshakeHash, plaintext)
        mixHash(ciphertext)
        return ciphertext
    }

    mutating func decryptAndHash(_ ciphertext: [UInt8]) throws(NoiseError) -> [UInt8] {
        let plaintext = try cipher.decryptWithAd(handshakeHash, ciphertext)
        mixHash(ciphertext)
        return plaintext
    }

    /// Split: the two transport keys, each cut from 64 to 32 bytes.
    consuming func split() throws(NoiseError) -> TransportKeys {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        var first = try SymmetricState.emptyKey()
        var second = try SymmetricState.emptyKey()
        withErasedScratch(byteCount: 2 * HashFunction.length) { output in
            HKDF.derive(chainingKey: chainingKey, inputKeyMaterial: nothing, into: output)
            first.withMutableBytes { $0.copyBytes(from: output.part(0).prefix($0.count)) }
            second.withMutableBytes { $0.copyBytes(from: output.part(1).prefix($0.count)) }
        }
        return TransportKeys(
            initiatorToResponder: first, responderToInitiator: second, handshakeHash: handshakeHash)
    }

    private static func emptyKey() throws(NoiseError) -> SecretBytes {
        try noise { () throws(SodiumError) in try SecretBytes(zeroed: CipherState.keyByteCount) }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// One of HKDF's outputs, counted from 0; 64 bytes.
    fileprivate func part(_ number: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            rebasing: self[number * HashFunction.length..<(number + 1) * HashFunction.length])
    }
}
