import Sodium

/// Chaining key, transcript hash and cipher of one handshake (Noise §5.2).
struct SymmetricState: ~Copyable {
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

    mutating func mixKey(_ inputKeyMaterial: UnsafeRawBufferPointer) throws(NoiseError) {
        let output = try HKDF.derive(chainingKey: chainingKey, inputKeyMaterial: inputKeyMaterial, outputs: 2)
        replaceChainingKey(output)
        output.withBytes {
            cipher.initializeKey(UnsafeRawBufferPointer(rebasing: $0[HashFunction.length...]))
        }
    }

    mutating func mixHash(_ data: [UInt8]) {
        handshakeHash = Blake2b.hash512(handshakeHash, data)
    }

    mutating func mixKeyAndHash(_ inputKeyMaterial: UnsafeRawBufferPointer) throws(NoiseError) {
        let output = try HKDF.derive(chainingKey: chainingKey, inputKeyMaterial: inputKeyMaterial, outputs: 3)
        replaceChainingKey(output)
        var hash = Blake2bStream(outputLength: HashFunction.length)
        hash.update(handshakeHash)
        output.withBytes {
            hash.update(UnsafeRawBufferPointer(rebasing: $0[HashFunction.length..<2 * HashFunction.length]))
            cipher.initializeKey(UnsafeRawBufferPointer(rebasing: $0[(2 * HashFunction.length)...]))
        }
        handshakeHash.withUnsafeMutableBytes { hash.finish(into: $0) }
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
        let output = try HKDF.derive(chainingKey: chainingKey, inputKeyMaterial: nothing, outputs: 2)
        let length = HashFunction.length
        let first = try noise { () throws(SodiumError) in try output.copy(0..<CipherState.keyByteCount) }
        let second = try noise { () throws(SodiumError) in
            try output.copy(length..<length + CipherState.keyByteCount)
        }
        return TransportKeys(
            initiatorToResponder: first, responderToInitiator: second, handshakeHash: handshakeHash)
    }

    private mutating func replaceChainingKey(_ output: borrowing SecretBytes) {
        chainingKey.withMutableBytes { chainingKey in
            output.withBytes { chainingKey.copyBytes(from: $0.prefix(HashFunction.length)) }
        }
    }
}
