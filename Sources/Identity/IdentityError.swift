package import Sodium

/// What this module refuses. `description` says what is wrong, and what to do where there is something to do;
/// it contains only what the user typed or the path that the user chose.
package enum IdentityError: Error, Equatable, Sendable {
    /// A fingerprint that cannot be read, and why.
    case fingerprint(FingerprintFault)
    /// 32 bytes that are not the canonical form of a usable Ed25519 public key.
    case invalidPublicKey
    /// Not `host:port`.
    case malformedEndpoint
    /// Not `host:port#fingerprint`.
    case malformedReference
    /// Not `p2pchat:FINGERPRINT` and what may follow.
    case malformedInvite
    /// Not a handle by protocol.md §1.
    case malformedHandle
    /// Recovery words that cannot be read, and why.
    case recoveryWords(RecoveryWordsFault)
    /// A key file that cannot be used, and why.
    case keyFile(KeyFileFault)
    /// A backup that cannot be used, and why.
    case backup(BackupFault)
    /// Something of that name is there already; nothing was changed.
    case exists(path: String)
    /// A call to the operating system failed; `code` is `errno`.
    case inputOutput(doing: String, path: String, code: Int32)
    /// libsodium refused.
    case sodium(SodiumError)
}

/// Why a text is not a fingerprint.
package enum FingerprintFault: Error, Equatable, Sendable {
    case length(Int)
    case prefix
    case mixedCase
    case character
    case checksum
    case padding
}

/// Why a text is not a recovery key. `word` counts from 1.
package enum RecoveryWordsFault: Equatable, Sendable {
    case count(Int)
    case spelling(word: Int)
    case checksum
}

/// Why a key file is not usable.
package enum KeyFileFault: Equatable, Sendable {
    /// There is none at this path.
    case missing(path: String)
    /// Others than its owner may read or change it.
    case permissions(path: String)
    /// It belongs to another user, or is not a regular file.
    case notOwnRegularFile(path: String)
    /// It does not begin like a key file.
    case notKeyFile(path: String)
    /// A format version that this program does not know.
    case version(UInt8)
    /// It ends too early.
    case truncated
    /// Its checksum does not fit, or it is longer than it may be.
    case altered
    /// It asks for more time or memory than this program is willing to spend.
    case cost
    /// It is sealed, and no passphrase was given.
    case needsPassphrase
    /// The passphrase is wrong, or somebody altered the file and made its checksum fit.
    case wrongPassphrase
    /// The `.pub` file says something else than the key file beside it.
    case publicFileDiffers(path: String)
}

/// Why a backup is not usable.
package enum BackupFault: Equatable, Sendable {
    /// A folder, a pipe, a device.
    case notRegularFile(path: String)
    /// It does not begin like a backup.
    case notBackup(path: String)
    /// A format version that this program does not know.
    case version(UInt8)
    /// It ends too early.
    case truncated
    /// Its checksum or a seal does not fit, or something follows its end.
    case altered
    /// It asks for more time or memory than this program is willing to spend.
    case cost
    /// The passphrase is wrong, or somebody altered the file and made its checksum fit.
    case wrongPassphrase
    /// It is whole, and says something that this version does not understand.
    case content
}
