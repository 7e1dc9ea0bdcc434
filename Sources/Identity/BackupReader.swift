import Glibc
package import Sodium

/// A backup file whose head was looked at; its content is still closed.
package final class BackupFile: Sendable {
    private let descriptor: Int32
    private let path: String
    fileprivate let head: BackupHead

    /// Opens the file. Anybody may be able to read it: it is sealed.
    ///
    /// - Throws: `backup` with what is wrong, `inputOutput`.
    package init(path: String) throws(IdentityError) {
        // Not blocking: a named pipe in place of the file must not hold the program up.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .inputOutput(doing: "read", path: path, code: errno) }
        do throws(IdentityError) {
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                throw IdentityError.backup(.notRegularFile(path: path))
            }
            head = try BackupHead(
                BackupFile.read(descriptor, path, at: 0, count: BackupHead.byteCount), path: path)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        self.path = path
    }

    /// Opens the content. Takes about half a second and 256 MiB.
    ///
    /// - Throws: `backup(.wrongPassphrase)`.
    package func open(passphrase: borrowing SecretBytes) throws(IdentityError) -> BackupReader {
        try BackupReader(self, key: head.key(passphrase))
    }

    /// At most `count` bytes; fewer only at the end.
    fileprivate func read(at offset: Int, count: Int) throws(IdentityError) -> [UInt8] {
        try BackupFile.read(descriptor, path, at: offset, count: count)
    }

    private static func read(
        _ descriptor: Int32, _ path: String, at offset: Int, count: Int
    ) throws(IdentityError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var length = 0
        while length < count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: length), $0.count - length, offset + length)
            }
            if got < 0 {
                if errno == EINTR { continue }
                throw .inputOutput(doing: "read", path: path, code: errno)
            }
            if got == 0 { break }
            length += got
        }
        return Array(bytes.prefix(length))
    }

    deinit {
        close(descriptor)
    }
}

/// The content of a backup, in order. What it gives was authentic so far; whether the whole file is, shows at its
/// end.
package final class BackupReader {
    package let keys: IdentityKeys
    /// 32 bytes, as in the key file.
    package let recoveryHash: [UInt8]
    private let file: BackupFile
    private let key: SecretBytes
    private var stream: SecretStreamPull
    private var offset = BackupHead.byteCount
    private var hasEnded = false

    fileprivate init(_ file: BackupFile, key: consuming SecretBytes) throws(IdentityError) {
        var stream = try BackupReader.begin(file, key)
        let identity = try BackupReader.identity(file, &stream)
        let seed = try sodium { () throws(SodiumError) in try identity.copy(0..<Ed25519.seedByteCount) }
        keys = try IdentityKeys(seed: seed)
        recoveryHash = identity.withBytes { Array($0[Ed25519.seedByteCount...]) }
        self.file = file
        self.stream = stream
        self.key = key
    }

    /// The next piece of content, up to 65,536 bytes; nil behind the last one.
    ///
    /// - Throws: `backup` (`truncated`, `altered`), `inputOutput`.
    package func next() throws(IdentityError) -> [UInt8]? {
        guard !hasEnded else { return nil }
        let wanted = BackupHead.chunkByteCount + SecretStream.overhead
        let sealed = try file.read(at: offset, count: wanted)
        // A file that was cut ends in a piece that does not open, or between two.
        let isWhole = sealed.count == wanted
        guard sealed.count >= SecretStream.overhead else { throw .backup(.truncated) }
        let content: [UInt8]
        let tag: SecretStreamTag
        do {
            (content, tag) = try stream.pull(sealed)
        } catch {
            throw .backup(isWhole ? .altered : .truncated)
        }
        offset += sealed.count
        switch tag {
        case .final:
            guard try file.read(at: offset, count: 1).isEmpty else { throw .backup(.altered) }
            hasEnded = true
        case .message where isWhole: break
        default: throw .backup(.altered)
        }
        return content
    }

    /// Goes back to the beginning of the content.
    package func rewind() throws(IdentityError) {
        var stream = try BackupReader.begin(file, key)
        _ = try BackupReader.identity(file, &stream)
        self.stream = stream
        offset = BackupHead.byteCount
        hasEnded = false
    }

    private static func begin(
        _ file: BackupFile, _ key: borrowing SecretBytes
    ) throws(IdentityError) -> SecretStreamPull {
        try sodium { () throws(SodiumError) in
            try SecretStreamPull(key: key, header: file.head.streamHeader)
        }
    }

    private static func identity(
        _ file: BackupFile, _ stream: inout SecretStreamPull
    ) throws(IdentityError) -> SecretBytes {
        do {
            return try stream.pullSecret(file.head.sealedIdentity, ad: file.head.header, tag: .push)
        } catch .authenticationFailed, .unknownTag {
            throw .backup(.wrongPassphrase)
        } catch {
            throw .sodium(error)
        }
    }
}
