package import Sodium

/// The file that holds the secret of a directory's log keys, and what was said of those before (Keys/README.md).
package struct LogKeyFile: ~Copyable {
    /// The file's name in the state folder.
    package static let name = "log.key"

    /// Of every log key that was in use before, what the directory's identity signed; the oldest first.
    package let former: [[UInt8]]
    /// 32 random bytes.
    package let seed: SecretBytes

    /// A new secret. Throws `sodium(.invalidLength)` for former keys that are too many or no statements.
    package static func generate(former: [[UInt8]] = []) throws(IdentityError) -> LogKeyFile {
        guard former.count < mostKeys, former.allSatisfy({ $0.count == statementByteCount }) else {
            throw .sodium(.invalidLength)
        }
        let seed = try sodium { () throws(SodiumError) in try SecretBytes(random: seedByteCount) }
        return LogKeyFile(former: former, seed: seed)
    }

    /// Reads the file of a folder; nil where there is none. Throws `keyFile` or `inputOutput`.
    package static func read(folder: String) throws(IdentityError) -> LogKeyFile? {
        let path = folder + "/" + name
        guard var bytes = try StateFile.read(path, limit: mostBytes) else { return nil }
        defer { for index in bytes.indices { bytes[index] = 0 } }
        return try parse(bytes, path: path)
    }

    private static func parse(_ bytes: [UInt8], path: String) throws(IdentityError) -> LogKeyFile {
        guard bytes.starts(with: magic) else { throw .keyFile(.notKeyFile(path: path)) }
        var rest = bytes.dropFirst(magic.count)
        guard let version = rest.popFirst(), let count = rest.popFirst() else { throw .keyFile(.truncated) }
        guard version == Self.version else { throw .keyFile(.version(version)) }
        let length = magic.count + 2 + Int(count) * statementByteCount + seedByteCount
        guard bytes.count >= length + checksumByteCount else { throw .keyFile(.truncated) }
        guard bytes.count == length + checksumByteCount, count < mostKeys,
            checksum(bytes.prefix(length)) == Array(bytes.suffix(checksumByteCount))
        else { throw .keyFile(.altered) }
        let former = (0..<Int(count)).map { _ in
            defer { rest = rest.dropFirst(statementByteCount) }
            return Array(rest.prefix(statementByteCount))
        }
        var plain = Array(rest.prefix(seedByteCount))
        let seed = try sodium { () throws(SodiumError) in try SecretBytes(erasing: &plain) }
        return LogKeyFile(former: former, seed: seed)
    }

    private init(former: [[UInt8]], seed: consuming SecretBytes) {
        self.former = former
        self.seed = seed
    }

    /// Writes it where there is none. Throws `exists` or `inputOutput`.
    package borrowing func create(_ path: String) throws(IdentityError) {
        try StateFile.create(path, bytes)
    }

    /// Puts it into the place of the folder's.
    package borrowing func replace(folder: String) throws(IdentityError) {
        try StateFile.write(folder + "/" + Self.name, bytes)
    }

    private var bytes: [UInt8] {
        var bytes = Self.magic + [Self.version, UInt8(truncatingIfNeeded: former.count)]
        for statement in former { bytes += statement }
        seed.withBytes { bytes += Array($0) }
        return bytes + Self.checksum(bytes[...])
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        Array(Blake2b.hash256(Array(bytes)).prefix(checksumByteCount))
    }

    /// Bytes of one statement.
    package static let statementByteCount = 136
    /// Rotations are rare; a client reads what was said of all of them.
    package static let mostKeys = 64
    private static let magic = Array("p2pchat-log-key".utf8)
    private static let version: UInt8 = 1
    private static let seedByteCount = 32
    private static let checksumByteCount = 16
    private static let mostBytes =
        magic.count + 2 + mostKeys * statementByteCount + seedByteCount + checksumByteCount
}
