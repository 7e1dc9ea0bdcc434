import Glibc
package import Sodium

/// The sealed file that holds an identity's secret, and the `.pub` beside it (Keys/README.md).
package enum KeyFile {
    /// The secret half's file name in the home folder.
    package static let keyName = "identity.key"
    /// The public half's file name beside it.
    package static let publicName = "identity.pub"

    /// What a passphrase costs to try, by Argon2id.
    package struct Cost: Hashable, Sendable {
        /// Passes over the memory.
        package let passes: UInt32
        /// Memory in KiB.
        package let memoryKiB: UInt32

        package init(passes: UInt32, memoryKiB: UInt32) {
            self.passes = passes
            self.memoryKiB = memoryKiB
        }

        /// libsodium's "moderate": 3 passes over 256 MiB, about half a second.
        package static let moderate = Cost(
            passes: UInt32(clamping: PasswordHash.moderateOperations),
            memoryKiB: UInt32(clamping: PasswordHash.moderateMemory / 1024))
        /// Protects nothing: for tests.
        package static let least = Cost(
            passes: UInt32(clamping: PasswordHash.leastOperations),
            memoryKiB: UInt32(clamping: PasswordHash.leastMemory / 1024))

        /// What is accepted from a file: up to four times the moderate cost each way, so that a forged file
        /// can neither eat all memory nor hold the program up for minutes.
        static let acceptedPasses = least.passes...12
        static let acceptedMemoryKiB = least.memoryKiB...1_048_576
    }

    /// What can be known without the passphrase.
    package struct PublicPart: Equatable, Sendable {
        package let identity: PublicIdentity
        /// The hash of the recovery key (32 bytes; zeros: none).
        package let recoveryHash: [UInt8]
        package let needsPassphrase: Bool
    }

    /// Whether there is a key file or a `.pub` in the folder.
    package static func exists(directory: String) -> Bool {
        FileSystem.exists(directory + "/" + keyName) || FileSystem.exists(directory + "/" + publicName)
    }

    /// Writes both files, each whole or not at all, the key file readable by its owner alone. Never
    /// overwrites.
    ///
    /// - Parameters:
    ///   - recoveryHash: 32 bytes, `RecoveryKey.hash`; zeros when there is no recovery key.
    ///   - passphrase: nil writes a file that anybody who can read it can use.
    ///   - directory: exists already.
    ///   - cost: another than moderate is for tests.
    /// - Throws: `exists`; `inputOutput` with nothing left behind; `sodium(.outOfMemory)` without 256 MiB.
    package static func write(
        _ keys: IdentityKeys, recoveryHash: [UInt8], passphrase: borrowing SecretBytes?, directory: String,
        cost: Cost = .moderate
    ) throws(IdentityError) {
        let keyPath = directory + "/" + keyName
        let publicPath = directory + "/" + publicName
        for path in [keyPath, publicPath] where FileSystem.exists(path) { throw .exists(path: path) }
        guard recoveryHash.count == RecoveryKey.hashByteCount else { throw .sodium(.invalidLength) }
        let file = try KeyFileFormat.seal(
            keys, recoveryHash: recoveryHash, passphrase: passphrase, cost: cost)
        try FileSystem.create(keyPath, file, mode: 0o600)
        do {
            let text = PublicFile.text(keys.publicIdentity, recoveryHash: recoveryHash)
            try FileSystem.create(publicPath, Array(text.utf8), mode: 0o644)
        } catch {
            FileSystem.remove(keyPath)
            throw error
        }
        // What a killed attempt left is a key that nobody will use. Not earlier: now nobody else can make one here.
        for path in [keyPath, publicPath] { FileSystem.removeLeftovers(of: path) }
    }

    /// Opens the key file. With a passphrase this takes about half a second and 256 MiB.
    ///
    /// - Throws: `keyFile` with what is wrong, `inputOutput`.
    package static func open(
        directory: String, passphrase: borrowing SecretBytes?
    ) throws(IdentityError) -> IdentityKeys {
        try read(directory).open(passphrase: passphrase)
    }

    /// What the key file says without its passphrase, checked against the `.pub` beside it if that is there.
    ///
    /// - Throws: `keyFile` with what is wrong, `inputOutput`.
    package static func readPublic(directory: String) throws(IdentityError) -> PublicPart {
        let file = try read(directory)
        let publicPath = directory + "/" + publicName
        if FileSystem.exists(publicPath) {
            let text = try FileSystem.read(publicPath, limit: PublicFile.maximumByteCount, isSecret: false)
            let expected = PublicFile.text(file.identity, recoveryHash: file.recoveryHash)
            if text != Array(expected.utf8), try !repairPublic(file, directory: directory) {
                throw .keyFile(.publicFileDiffers(path: publicPath))
            }
        }
        return PublicPart(
            identity: file.identity, recoveryHash: file.recoveryHash, needsPassphrase: file.sealing != .none)
    }

    private static func read(_ directory: String) throws(IdentityError) -> KeyFileFormat {
        let path = directory + "/" + keyName
        let bytes: [UInt8]
        do {
            bytes = try FileSystem.read(path, limit: KeyFileFormat.byteCount, isSecret: true)
        } catch .inputOutput(_, _, ENOENT) {
            throw .keyFile(.missing(path: path))
        }
        return try KeyFileFormat(bytes, path: path)
    }
}

/// The `.pub` file: the fingerprint on the first line, then `recovery ` and the recovery hash in hexadecimal.
enum PublicFile {
    static let maximumByteCount = 256

    static func text(_ identity: PublicIdentity, recoveryHash: [UInt8]) -> String {
        let digits = recoveryHash.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return "\(identity.fingerprint)\nrecovery \(digits.joined())\n"
    }
}
