import Glibc
import Sodium

extension IdentityError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .fingerprint(let fault): "not a fingerprint: \(fault)"
        case .invalidPublicKey: "not a usable public key"
        case .malformedEndpoint: "not an address: write HOST:PORT, or [IPV6]:PORT"
        case .malformedReference: "not a directory reference: write HOST:PORT#FINGERPRINT"
        case .malformedInvite: "not an invite: it is one line that begins with p2pchat: and a fingerprint"
        case .malformedHandle:
            "not a handle: 3 to 32 of a-z, 0-9, _ and -, beginning with a letter, and not with p2p1"
        case .recoveryWords(let fault): "not a recovery key: \(fault)"
        case .keyFile(let fault): fault.description
        case .backup(let fault): fault.description
        case .exists(let path): "\(path) exists already; nothing was changed"
        case .inputOutput(let doing, let path, let code):
            "cannot \(doing) \(path): \(String(cString: strerror(code)))"
        case .sodium(.outOfMemory): "not enough memory for the key"
        case .sodium: "the cryptographic library refused"
        }
    }
}

extension FingerprintFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .length(let count): "it has \(count) characters instead of \(PublicIdentity.fingerprintLength)"
        case .prefix: "it does not begin with p2p1"
        case .mixedCase: "it mixes upper and lower case"
        case .character: "it contains a character that fingerprints do not use"
        case .checksum: "its checksum does not fit; compare it character by character"
        case .padding: "its last character cannot be"
        }
    }
}

extension RecoveryWordsFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .count(let count): "it has \(count) words instead of \(RecoveryKey.wordCount)"
        case .spelling(let word): "word \(word) is misspelt"
        case .checksum: "the words do not belong together; compare them one by one"
        }
    }
}

extension KeyFileFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let path): "there is no key file at \(path)"
        case .permissions(let path):
            "others can read \(path); if it is only yours, type: chmod 600 \(ShellWord.quote(path))"
        case .notOwnRegularFile(let path): "\(path) is not a regular file of your own"
        case .notKeyFile(let path): "\(path) is not a key file of this program"
        case .version(let version):
            "the key file has format version \(version), which this program does not know"
        case .truncated: "the key file is truncated; restore it from your backup"
        case .altered: "the key file was altered or damaged; restore it from your backup"
        case .cost: "the key file asks for more work than this program is willing to do; it was altered"
        case .needsPassphrase: "the key file is sealed with a passphrase, and none was given"
        case .wrongPassphrase: "wrong passphrase, or the file was altered"
        case .publicFileDiffers(let path):
            "\(path) does not belong to the key file beside it; restore both from your backup"
        }
    }
}

extension BackupFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notRegularFile(let path): "\(path) is not a regular file"
        case .notBackup(let path): "\(path) is not a backup of this program"
        case .version(let version):
            "the backup has format version \(version), which this program does not know"
        case .truncated: "the backup is truncated: its end is missing; use another copy of it"
        case .altered: "the backup was altered or damaged; use another copy of it"
        case .cost: "the backup asks for more work than this program is willing to do; it was altered"
        case .wrongPassphrase: "wrong passphrase, or the backup was altered"
        case .content: "the backup holds what this version does not understand; a newer one may have made it"
        }
    }
}
