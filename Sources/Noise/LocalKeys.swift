import Sodium

/// The secrets that one side brings to a handshake.
struct LocalKeys: ~Copyable, Sendable {
    enum Name { case `static`, ephemeral }

    /// How many psks were supplied and not yet used.
    var waitingPSKs: Int { suppliedPSKs - usedPSKs }

    private var staticKey: SecretBytes?
    private var ephemeral: SecretBytes?
    /// Room for all psks of the pattern, one behind the other; a used one is overwritten at once.
    private var psks: SecretBytes
    private var suppliedPSKs = 0
    private var usedPSKs = 0
    private static let pskByteCount = 32

    init(
        staticKey: consuming SecretBytes?, ephemeral: consuming SecretBytes?, pskCount: Int
    ) throws(NoiseError) {
        psks = try noise { () throws(SodiumError) in
            try SecretBytes(zeroed: pskCount * LocalKeys.pskByteCount)
        }
        self.staticKey = staticKey
        self.ephemeral = ephemeral
    }

    func staticPublicKey() throws(NoiseError) -> [UInt8]? {
        switch staticKey {
        case .some(let key): try LocalKeys.publicKey(of: key)
        case .none: nil
        }
    }

    /// GENERATE_KEYPAIR, unless a test gave the key. Its public half.
    mutating func makeEphemeral() throws(NoiseError) -> [UInt8] {
        if ephemeral == nil {
            ephemeral = try noise { () throws(SodiumError) in try SecretBytes(random: X25519.byteCount) }
        }
        switch ephemeral {
        case .some(let key): return try LocalKeys.publicKey(of: key)
        case .none: throw .missingKey
        }
    }

    /// DH of one of the two keys with a key of the other side.
    func sharedSecret(_ name: Name, _ remote: [UInt8]?) throws(NoiseError) -> SecretBytes {
        guard let remote else { throw .missingKey }
        switch name {
        case .static: return try LocalKeys.sharedSecret(staticKey, remote)
        case .ephemeral: return try LocalKeys.sharedSecret(ephemeral, remote)
        }
    }

    mutating func supplyPSK(_ psk: borrowing SecretBytes) throws(NoiseError) {
        let start = suppliedPSKs * LocalKeys.pskByteCount
        guard psk.count == LocalKeys.pskByteCount else { throw .invalidLength }
        guard start + LocalKeys.pskByteCount <= psks.count else { throw .unexpectedKey }
        psks.withMutableBytes { psks in
            psk.withBytes {
                UnsafeMutableRawBufferPointer(rebasing: psks[start...]).copyBytes(from: $0)
            }
        }
        suppliedPSKs += 1
    }

    mutating func takePSK() throws(NoiseError) -> SecretBytes {
        guard waitingPSKs > 0 else { throw .missingPSK }
        let range = usedPSKs * LocalKeys.pskByteCount..<(usedPSKs + 1) * LocalKeys.pskByteCount
        let psk = try noise { () throws(SodiumError) in try psks.copy(range) }
        psks.withMutableBytes { Erase.buffer(UnsafeMutableRawBufferPointer(rebasing: $0[range])) }
        usedPSKs += 1
        return psk
    }

    private static func publicKey(of key: borrowing SecretBytes) throws(NoiseError) -> [UInt8] {
        guard key.count == X25519.byteCount else { throw .invalidLength }
        return try noise { () throws(SodiumError) in try X25519.publicKey(of: key) }
    }

    private static func sharedSecret(
        _ key: borrowing SecretBytes?, _ remote: [UInt8]
    ) throws(NoiseError) -> SecretBytes {
        switch key {
        case .some(let key):
            return try noise { () throws(SodiumError) in try X25519.sharedSecret(key, remote) }
        case .none: throw .missingKey
        }
    }
}
