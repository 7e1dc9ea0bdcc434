package import Sodium

/// Writes a backup in one pass: an identity, and behind it whatever is appended, sealed under a passphrase
/// (Keys/README.md). The file appears under its name when it is whole; one that was not finished is removed.
package final class BackupWriter {
    private var file: NewFile?
    private var stream: SecretStreamPush
    /// Never more than a chunk.
    private var pending: [UInt8] = []

    /// Begins the file, readable by its owner alone. Takes about half a second and 256 MiB.
    ///
    /// - Parameters:
    ///   - recoveryHash: 32 bytes, as in the key file.
    ///   - passphrase: not empty; a backup without one does not exist.
    ///   - cost: another than moderate is for tests.
    /// - Throws: `exists`, `inputOutput`, `sodium(.outOfMemory)` without 256 MiB.
    package init(
        path: String, keys: IdentityKeys, recoveryHash: [UInt8], passphrase: borrowing SecretBytes,
        cost: KeyFile.Cost = .moderate
    ) throws(IdentityError) {
        guard !FileSystem.exists(path) else { throw .exists(path: path) }
        guard recoveryHash.count == RecoveryKey.hashByteCount, passphrase.count > 0 else {
            throw .sodium(.invalidLength)
        }
        // Before the half second: that it cannot be written shows at once.
        let file = try NewFile(path, mode: 0o600)
        let header = BackupHead.newHeader(cost: cost)
        let key = try BackupHead.key(passphrase, header: header, cost: cost)
        let identity = try BackupWriter.identity(keys.seed(), recoveryHash)
        var stream = try sodium { () throws(SodiumError) in
            try SecretStreamPush(key: key, header: BackupHead.streamHeader(header))
        }
        let first: [UInt8]
        do {
            first = try stream.push(secret: identity, ad: header, tag: .push)
        } catch {
            throw .sodium(error)
        }
        try file.append(header + first + BackupHead.checksum(header: header, sealedIdentity: first))
        self.file = consume file
        self.stream = stream
    }

    /// Adds to the content.
    ///
    /// - Throws: `inputOutput`, for instance on a full disk; the file is then not finished any more.
    package func append(_ content: [UInt8]) throws(IdentityError) {
        pending += content
        // The last chunk bears another tag, so a full one waits until more comes.
        var offset = 0
        while pending.count - offset > BackupHead.chunkByteCount {
            try write(
                Array(pending[offset..<offset + BackupHead.chunkByteCount]), tag: .message)
            offset += BackupHead.chunkByteCount
        }
        pending.removeFirst(offset)
    }

    /// Seals the end and gives the file its name.
    ///
    /// - Throws: `exists`, `inputOutput`; nothing is left behind then.
    package func finish() throws(IdentityError) {
        try write(pending, tag: .final)
        pending = []
        guard let whole = file.take() else { return }
        try whole.keep()
    }

    private func write(_ plaintext: [UInt8], tag: SecretStreamTag) throws(IdentityError) {
        let sealed: [UInt8]
        do {
            sealed = try stream.push(plaintext, tag: tag)
        } catch {
            throw .sodium(error)
        }
        try file?.append(sealed)
    }

    private static func identity(
        _ seed: borrowing SecretBytes, _ recoveryHash: [UInt8]
    ) throws(IdentityError) -> SecretBytes {
        var identity = try sodium { () throws(SodiumError) in
            try SecretBytes(zeroed: BackupHead.identityByteCount)
        }
        identity.withMutableBytes { identity in
            seed.withBytes { identity.copyMemory(from: $0) }
            UnsafeMutableRawBufferPointer(rebasing: identity[Ed25519.seedByteCount...])
                .copyBytes(from: recoveryHash)
        }
        return identity
    }
}
