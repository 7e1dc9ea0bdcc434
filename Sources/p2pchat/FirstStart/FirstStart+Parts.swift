import Identity
import Store

/// What a path is made of: where one stands, what is answered, what is done, and what comes of it.
extension FirstStart {
    enum Step: Equatable, Sendable {
        case identity
        case passphrase
        case noPassphrase
        case passphraseAgain
        /// The recovery words of an identity that is not written yet.
        case words([String])
        case backup
        case backupPassphrase(file: String)
        /// What whoever restored should know.
        case restored([String])
        case directory
        case handle
        case claim(Handle)
        case discoverable
        case address
    }

    /// What is to be done before the path goes on.
    enum Deed: Equatable, Sendable {
        /// Makes an identity, in memory.
        case make
        /// Writes the identity that was made.
        case keep(sealed: Bool)
        case look(atBackup: String)
        case restore(String)
        case reach(DirectoryReference)
        case check(Handle, DirectoryReference)
        /// With the settings that are kept together with it: a claim cannot be taken back.
        case claim(Handle, HomeSettings)
        case listen(Endpoint)
        case save(HomeSettings)

        /// Whether one may go back or leave before its end, for nothing is changed by it.
        var isReadOnly: Bool {
            switch self {
            case .make, .look, .reach, .check, .listen: true
            case .keep, .restore, .claim, .save: false
            }
        }
    }

    enum Outcome: Equatable, Sendable {
        case done
        /// The recovery words.
        case made([String])
        case kept(PublicIdentity)
        case restored(PublicIdentity, HomeSettings, [String])
        /// Whether the handle is this identity's already.
        case free(isOwn: Bool)
        case failed(String)
    }

    enum Answer: Equatable, Sendable {
        case line(String)
        case secret(TypedSecret)
        case back
        case leave
    }

    enum TypedSecret: Equatable, Sendable {
        case given, empty, tooLong
        /// Not the same as the first time.
        case differs
    }

    enum End: Equatable, Sendable { case done, left }

    /// What was wrong with the last answer, or what came of it.
    struct Remark: Equatable, Sendable {
        let text: String
        var isProblem = true
    }
}
