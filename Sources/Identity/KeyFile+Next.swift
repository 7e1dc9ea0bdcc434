import Glibc
package import Sodium

/// Changing over to a new identity. Until all of it is done the new one lies beside the key file, in a file of the same form, so that a
/// crash at any moment loses neither.
extension KeyFile {
    /// The name of the file with the new identity, which is there only while a change is under way.
    package static let nextName = "identity.next"

    /// Writes the new identity with the recovery hash of the present one. Throws `exists`, `keyFile`, `inputOutput`.
    ///
    /// - Parameters:
    ///   - passphrase: the one that opens the present key file; nil where it has none.
    ///   - cost: another than moderate is for tests.
    package static func writeNext(
        _ keys: IdentityKeys, passphrase: borrowing SecretBytes?, directory: String, cost: Cost = .moderate
    ) throws(IdentityError) {
        let known = try readPublic(directory: directory)
        let file = try KeyFileFormat.seal(
            keys, recoveryHash: known.recoveryHash, passphrase: passphrase, cost: cost)
        try FileSystem.create(nextPath(directory), file, mode: 0o600)
    }

    /// Whose the new identity is; nil where no change is under way. Throws `keyFile`, `inputOutput`.
    package static func nextIdentity(directory: String) throws(IdentityError) -> PublicIdentity? {
        guard FileSystem.exists(nextPath(directory)) else { return nil }
        return try readNext(directory).format.identity
    }

    /// Opens the new identity. Throws `keyFile`, `inputOutput`.
    package static func openNext(
        directory: String, passphrase: borrowing SecretBytes?
    ) throws(IdentityError) -> IdentityKeys {
        try readNext(directory).format.open(passphrase: passphrase)
    }

    /// Puts the new identity into the place of the present one, whose file is gone then. Doing it again changes nothing.
    package static func takeNext(directory: String) throws(IdentityError) {
        let next = try readNext(directory)
        let keyPath = directory + "/" + keyName
        FileSystem.removeLeftovers(of: keyPath)
        try FileSystem.replace(keyPath, next.bytes, mode: 0o600)
        try replacePublic(next.format, directory)
    }

    /// Ends the change: the file with the new identity goes. Nothing happens where there is none.
    package static func removeNext(directory: String) throws(IdentityError) {
        let path = nextPath(directory)
        guard FileSystem.exists(path) else { return }
        // What a killed attempt left of it is a sealed key, too.
        FileSystem.removeLeftovers(of: path)
        FileSystem.remove(path)
        try FileSystem.syncFolder(of: path)
    }

    /// A crash may have come between the two files.
    ///
    /// - Returns: False where no change is under way that explains that they differ.
    static func repairPublic(_ file: KeyFileFormat, directory: String) throws(IdentityError) -> Bool {
        guard try nextIdentity(directory: directory) == file.identity else { return false }
        try replacePublic(file, directory)
        return true
    }

    private static func replacePublic(_ file: KeyFileFormat, _ directory: String) throws(IdentityError) {
        let text = PublicFile.text(file.identity, recoveryHash: file.recoveryHash)
        let path = directory + "/" + publicName
        if FileSystem.exists(path) {
            try FileSystem.replace(path, Array(text.utf8), mode: 0o644)
        } else {
            try FileSystem.create(path, Array(text.utf8), mode: 0o644)
        }
    }

    private static func nextPath(_ directory: String) -> String { directory + "/" + nextName }

    private static func readNext(
        _ directory: String
    ) throws(IdentityError) -> (bytes: [UInt8], format: KeyFileFormat) {
        let path = nextPath(directory)
        let bytes = try FileSystem.read(path, limit: KeyFileFormat.byteCount, isSecret: true)
        return (bytes, try KeyFileFormat(bytes, path: path))
    }
}
