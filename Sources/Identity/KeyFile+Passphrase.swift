import Glibc
package import Sodium

extension KeyFile {
    /// Seals the key file under another passphrase, or none. Only that one file is rewritten, whole or not at
    /// all: whatever happens meanwhile, the old passphrase opens it or the new one does. What is sealed under
    /// keys made from the seed (the database) opens as before.
    ///
    /// Copies of the old file keep opening with the old passphrase.
    ///
    /// - Parameters:
    ///   - keys: what opening the file gave.
    ///   - passphrase: nil writes a file that anybody who can read it can use.
    ///   - cost: another than moderate is for tests.
    /// - Throws: `keyFile` when the file cannot be read, or holds another identity by now; `inputOutput` with
    ///   the old file left as it was; `sodium(.outOfMemory)` without 256 MiB.
    package static func changePassphrase(
        _ keys: IdentityKeys, to passphrase: borrowing SecretBytes?, directory: String, cost: Cost = .moderate
    ) throws(IdentityError) {
        let path = directory + "/" + keyName
        let known = try readPublic(directory: directory)
        guard known.identity == keys.publicIdentity else { throw .keyFile(.altered) }
        // One that was to have no passphrase would be the naked key.
        FileSystem.removeLeftovers(of: path)
        let file = try KeyFileFormat.seal(
            keys, recoveryHash: known.recoveryHash, passphrase: passphrase, cost: cost)
        try FileSystem.replace(path, file, mode: 0o600)
    }
}
