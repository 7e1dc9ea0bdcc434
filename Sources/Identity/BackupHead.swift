import Sodium

/// The first bytes of a backup, format version 1 (Keys/README.md). Integers are big-endian.
///
/// | offset | bytes | content |
/// | --- | --- | --- |
/// | 0 | 14 | `p2pchat-backup` |
/// | 14 | 1 | format version, 1 |
/// | 15 | 1 | zero |
/// | 16 | 4 | Argon2id: passes |
/// | 20 | 4 | Argon2id: memory in KiB |
/// | 24 | 16 | salt |
/// | 40 | 24 | secretstream header |
/// | 64 | 81 | first chunk, tag PUSH: the 32-byte seed ‖ the recovery hash, with bytes 0–63 as additional data |
/// | 145 | 16 | the first half of `H(bytes 0–144)`: finds damage before the passphrase is tried |
/// | 161 | | chunks of 65,536 bytes, tag MESSAGE, and one of 0 to 65,536 bytes, tag FINAL |
struct BackupHead {
    static let byteCount = 161
    static let chunkByteCount = 65_536

    /// Bytes 0–63.
    let header: [UInt8]
    /// Bytes 64–144.
    let sealedIdentity: [UInt8]
    private let cost: KeyFile.Cost
    /// Of the secretstream.
    var streamHeader: [UInt8] { BackupHead.streamHeader(header) }

    static let identityByteCount = Ed25519.seedByteCount + RecoveryKey.hashByteCount
    private static let magic = Array("p2pchat-backup".utf8)
    private static let version: UInt8 = 1
    private static let headerByteCount = 64
    private static let checksumByteCount = 16

    /// A new head's first 64 bytes, with random salt and secretstream header.
    static func newHeader(cost: KeyFile.Cost) -> [UInt8] {
        magic + [version, 0] + KeyFileFormat.bytes(cost.passes) + KeyFileFormat.bytes(cost.memoryKiB)
            + RandomBytes.bytes(PasswordHash.saltByteCount)
            + RandomBytes.bytes(SecretStream.headerByteCount)
    }

    static func checksum(header: [UInt8], sealedIdentity: [UInt8]) -> [UInt8] {
        KeyFileFormat.checksum(of: header + sealedIdentity)
    }

    /// Reads the head. Throws `backup` with what is wrong; `path` is for its text.
    init(_ bytes: [UInt8], path: String) throws(IdentityError) {
        let magic = BackupHead.magic
        guard bytes.prefix(magic.count) == magic.prefix(bytes.count), !bytes.isEmpty else {
            throw .backup(.notBackup(path: path))
        }
        guard bytes.count > magic.count else { throw .backup(.truncated) }
        // Before all else: another version may have another head.
        guard bytes[magic.count] == BackupHead.version else { throw .backup(.version(bytes[magic.count])) }
        guard bytes.count >= BackupHead.byteCount else { throw .backup(.truncated) }
        header = Array(bytes[..<BackupHead.headerByteCount])
        sealedIdentity = Array(
            bytes[BackupHead.headerByteCount..<BackupHead.byteCount - BackupHead.checksumByteCount])
        let checksum = BackupHead.checksum(header: header, sealedIdentity: sealedIdentity)
        guard checksum == bytes[..<BackupHead.byteCount].suffix(BackupHead.checksumByteCount), header[15] == 0
        else { throw .backup(.altered) }
        cost = KeyFile.Cost(
            passes: KeyFileFormat.number(header[16..<20]), memoryKiB: KeyFileFormat.number(header[20..<24]))
        guard KeyFile.Cost.acceptedPasses.contains(cost.passes),
            KeyFile.Cost.acceptedMemoryKiB.contains(cost.memoryKiB)
        else { throw .backup(.cost) }
    }

    /// The key of the stream. Takes about half a second and 256 MiB.
    func key(_ passphrase: borrowing SecretBytes) throws(IdentityError) -> SecretBytes {
        try BackupHead.key(passphrase, header: header, cost: cost)
    }

    static func key(
        _ passphrase: borrowing SecretBytes, header: [UInt8], cost: KeyFile.Cost
    ) throws(IdentityError) -> SecretBytes {
        try sodium { () throws(SodiumError) in
            try PasswordHash.derive(
                passphrase, salt: Array(header[24..<40]), operations: UInt64(cost.passes),
                memory: Int(cost.memoryKiB) * 1024, length: SecretStream.keyByteCount)
        }
    }

    static func streamHeader(_ header: [UInt8]) -> [UInt8] { Array(header[40..<64]) }
}
