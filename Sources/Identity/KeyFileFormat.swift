import Sodium

/// The bytes of a key file, format version 1 (Keys/README.md). Integers are big-endian.
///
/// | offset | bytes | content |
/// | --- | --- | --- |
/// | 0 | 11 | `p2pchat-key` |
/// | 11 | 1 | format version, 1 |
/// | 12 | 1 | how the key is sealed: 0 none, 1 Argon2id |
/// | 13 | 3 | zero |
/// | 16 | 4 | Argon2id: passes |
/// | 20 | 4 | Argon2id: memory in KiB |
/// | 24 | 16 | salt |
/// | 40 | 24 | nonce |
/// | 64 | 32 | public identity |
/// | 96 | 32 | recovery hash |
/// | 128 | 48 | the 32-byte seed, sealed by XChaCha20-Poly1305 with bytes 0–127 as additional data |
/// | 176 | 16 | the first half of `H(bytes 0–175)`: finds damage before the passphrase is tried |
struct KeyFileFormat {
    /// The bytes of the whole file.
    static let byteCount = 192

    let sealing: Sealing
    let nonce: [UInt8]
    let identity: PublicIdentity
    let recoveryHash: [UInt8]
    private let header: [UInt8]
    private let sealedSeed: [UInt8]

    enum Sealing: Equatable {
        /// The key of the seal can be had by everybody: it hides nothing, and its tag is a checksum only.
        case none
        case argon2id(KeyFile.Cost)
    }

    private static let magic = Array("p2pchat-key".utf8)
    private static let version: UInt8 = 1
    private static let headerByteCount = 128
    private static let checksumByteCount = 16

    /// Seals the keys. Both `salt` (16 bytes) and `nonce` (24 bytes) are random.
    static func seal(
        _ keys: IdentityKeys, recoveryHash: [UInt8], passphrase: borrowing SecretBytes?, cost: KeyFile.Cost
    ) throws(IdentityError) -> [UInt8] {
        let salt = RandomBytes.bytes(PasswordHash.saltByteCount)
        let nonce = RandomBytes.bytes(XChaCha20Poly1305.nonceByteCount)
        let sealing: Sealing = passphrase == nil ? .none : .argon2id(cost)
        let key = try sealingKey(sealing, passphrase, salt: salt)
        var file = magic + [version]
        switch sealing {
        case .none: file += [UInt8](repeating: 0, count: 12)
        case .argon2id(let cost): file += [1, 0, 0, 0] + bytes(cost.passes) + bytes(cost.memoryKiB)
        }
        file += salt + nonce + keys.publicIdentity.bytes + recoveryHash
        let seed = try keys.seed()
        let header = file
        file += try sodium { () throws(SodiumError) in
            try XChaCha20Poly1305.seal(secret: seed, key: key, nonce: nonce, ad: header)
        }
        return file + checksum(of: file)
    }

    /// Reads everything but the secret. Throws `keyFile` with what is wrong; `path` is for its text.
    init(_ file: [UInt8], path: String) throws(IdentityError) {
        let magic = KeyFileFormat.magic
        guard file.prefix(magic.count) == magic.prefix(file.count) else {
            throw .keyFile(.notKeyFile(path: path))
        }
        guard file.count > magic.count else { throw .keyFile(.truncated) }
        // Before all else: another version may have another length.
        guard file[magic.count] == KeyFileFormat.version else { throw .keyFile(.version(file[magic.count])) }
        guard file.count >= KeyFileFormat.byteCount else { throw .keyFile(.truncated) }
        let body = Array(file.prefix(KeyFileFormat.byteCount - KeyFileFormat.checksumByteCount))
        guard file.count == KeyFileFormat.byteCount, KeyFileFormat.checksum(of: body) == file.suffix(16)
        else {
            throw .keyFile(.altered)
        }
        header = Array(body.prefix(KeyFileFormat.headerByteCount))
        sealedSeed = Array(body.dropFirst(KeyFileFormat.headerByteCount))
        nonce = Array(header[40..<64])
        recoveryHash = Array(header[96..<128])
        sealing = try KeyFileFormat.sealing(header)
        do {
            identity = try PublicIdentity(bytes: Array(header[64..<96]))
        } catch {
            throw .keyFile(.altered)
        }
    }

    /// Opens the seal. Throws `needsPassphrase` or `wrongPassphrase`. A passphrase for an unsealed file is
    /// ignored.
    func open(passphrase: borrowing SecretBytes?) throws(IdentityError) -> IdentityKeys {
        if sealing != .none, passphrase == nil { throw .keyFile(.needsPassphrase) }
        let key = try KeyFileFormat.sealingKey(sealing, passphrase, salt: Array(header[24..<40]))
        let seed: SecretBytes
        do {
            seed = try XChaCha20Poly1305.openSecret(sealedSeed, key: key, nonce: nonce, ad: header)
        } catch {
            switch (error, sealing) {
            case (.authenticationFailed, .none): throw .keyFile(.altered)
            case (.authenticationFailed, .argon2id): throw .keyFile(.wrongPassphrase)
            default: throw .sodium(error)
            }
        }
        let keys = try IdentityKeys(seed: seed)
        guard keys.publicIdentity == identity else { throw .keyFile(.altered) }
        return keys
    }

    private static func sealing(_ header: [UInt8]) throws(IdentityError) -> Sealing {
        let cost = KeyFile.Cost(passes: number(header[16..<20]), memoryKiB: number(header[20..<24]))
        switch (header[12], Array(header[13..<16])) {
        case (0, [0, 0, 0]) where cost == KeyFile.Cost(passes: 0, memoryKiB: 0): return .none
        case (1, [0, 0, 0]):
            guard KeyFile.Cost.acceptedPasses.contains(cost.passes),
                KeyFile.Cost.acceptedMemoryKiB.contains(cost.memoryKiB)
            else { throw .keyFile(.cost) }
            return .argon2id(cost)
        default: throw .keyFile(.altered)
        }
    }

    private static func sealingKey(
        _ sealing: Sealing, _ passphrase: borrowing SecretBytes?, salt: [UInt8]
    ) throws(IdentityError) -> SecretBytes {
        switch sealing {
        case .none:
            var key = Blake2b.hash256(Array("p2pchat/1 key file without passphrase".utf8), salt)
            return try sodium { () throws(SodiumError) in try SecretBytes(erasing: &key) }
        case .argon2id(let cost):
            switch passphrase {
            case .none: throw .keyFile(.needsPassphrase)
            case .some(let passphrase):
                return try sodium { () throws(SodiumError) in
                    try PasswordHash.derive(
                        passphrase, salt: salt, operations: UInt64(cost.passes),
                        memory: Int(cost.memoryKiB) * 1024, length: XChaCha20Poly1305.keyByteCount)
                }
            }
        }
    }

    /// The first half of `H(body)`: finds damage, and hides nothing.
    static func checksum(of body: [UInt8]) -> [UInt8] {
        Array(Blake2b.hash256(body).prefix(checksumByteCount))
    }

    /// The number as 4 bytes, big-endian.
    static func bytes(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    /// The number that 4 bytes say, big-endian.
    static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }
}
