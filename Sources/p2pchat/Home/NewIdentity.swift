import Identity
import Sodium

/// An identity that was made and is not kept anywhere yet.
struct NewIdentity: Sendable {
    let keys: IdentityKeys
    private let recoveryHash: [UInt8]
    /// To be shown once, and then nowhere any more.
    let recoveryWords: [String]

    init() throws {
        keys = try IdentityKeys.generate()
        let recovery = try RecoveryKey.generate()
        recoveryHash = recovery.hash
        recoveryWords = try recovery.words()
    }

    /// - Throws: where the home has an identity; it is left as it is.
    static func refuseExisting(in home: Home) throws {
        guard KeyFile.exists(directory: home.path) else { return }
        throw CommandError(
            .exists, "there is an identity in \(home.path) already; it is left as it is",
            hint: "see it with: p2pchat fingerprint")
    }

    /// Writes the key file, whole or not at all.
    ///
    /// - Parameter passphrase: nil writes a file that anybody who can read it can use.
    func write(to home: Home, passphrase: borrowing SecretBytes?) throws {
        try Self.refuseExisting(in: home)
        try home.create()
        try KeyFile.write(keys, recoveryHash: recoveryHash, passphrase: passphrase, directory: home.path)
    }
}
