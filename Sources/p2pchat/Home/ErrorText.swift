import Chat
import Directory
import DirectoryServer
import Files
import Foundation
import Identity
import Link
import Sodium
import Store
import Terminal
import Wire

extension CommandError {
    /// What any error means to the person or script at the command line. Texts that come from elsewhere pass the sanitising gate.
    init(describing error: any Error) {
        switch error {
        case let error as CommandError: self = error
        case let error as ChatError: self = Self.chat(error)
        case let error as Operations.SentUnacknowledged:
            let reason = CommandError(describing: error.reason)
            self.init(
                reason.code, reason.message + "; it had left already, so it may have arrived",
                hint: reason.hint)
        case let error as FileError: self = Self.file(error)
        case let error as DirectoryError: self = Self.directory(error)
        case let error as RecoveryError: self = Self.recovery(error)
        case let error as LinkError: self.init(.notReachable, error.description)
        case let error as StoreError: self = Self.store(error)
        case let error as LogStartError: self = Self.log(error)
        case EvidenceRefused.malformed(let what): self.init(.badData, "this is no evidence: \(what)")
        case EvidenceRefused.showsNoLie(let why): self.init(.badData, "this convicts nobody: \(why)")
        case let error as OwnHandleAlert:
            self.init(
                .refused,
                LogText.summary(error) + "; nothing was sent\n"
                    + LogText.details(error).joined(separator: "\n"),
                hint: LogText.advice.joined(separator: "\n  "))
        case is LogMemoryUnreadable:
            self.init(
                .badData, "what this home keeps of the directory's log cannot be read by this version",
                hint: "use the version of p2pchat that was used last; nothing was changed")
        case let error as IdentityError: self.init(Self.exitCode(error), "\(error)")
        case SodiumError.readFailed(let code):
            self.init(.inputOutput, "cannot read the passphrase: \(String(cString: strerror(code)))")
        case TerminalError.endOfFile, TerminalError.interrupted: self.init(.refused, "nothing was typed")
        case is CancellationError: self.init(.tryAgain, "interrupted")
        default: self.init(.inputOutput, VisibleText("\(error)").description)
        }
    }

    private static func chat(_ error: ChatError) -> CommandError {
        switch error {
        case .notAPeer(let text):
            CommandError(
                .usage, "\(VisibleText(text)) names no peer",
                hint:
                    "a peer is a fingerprint, ip:port, a handle, or at least 8 characters of a contact's fingerprint"
            )
        case .ambiguous(let text, let identities):
            CommandError(
                .usage, "\(VisibleText(text)) fits more than one contact",
                hint: "use one of: " + identities.map(\.fingerprint).joined(separator: " "))
        case .notAvailable(let text):
            CommandError(.notReachable, "\(VisibleText(text)): not available")
        case .noDirectory:
            CommandError(
                .notReachable, "no directory is set for this home",
                hint: "p2pchat register --directory HOST:PORT#FINGERPRINT")
        case .unreachable(let identity, let reason):
            CommandError(
                .notReachable, "\(identity.shortFingerprint) could not be reached: \(VisibleText(reason))")
        case .anotherKeyAnswers(let identity):
            CommandError(
                .refused,
                "what answers at the address did not prove to be \(identity.shortFingerprint); nothing was sent",
                hint:
                    "the address may belong to somebody else by now; see: p2pchat lookup \(identity.fingerprint)"
            )
        case .rotated(let former, let new):
            CommandError(
                .tryAgain, "\(former.shortFingerprint) has a new key: \(new.fingerprint)",
                hint: "do it again; it is not verified until you compare: p2pchat verify \(new.fingerprint)")
        case .revoked(let identity, let handle, let heir):
            CommandError(
                .refused,
                "the key of \(handle?.text ?? identity.shortFingerprint) was revoked by its owner; nothing was sent",
                hint: heir.map { RevocationText.heir($0, of: identity).joined(separator: "\n  ") })
        case .changed(let handle, let pinned, let replacement):
            CommandError(
                .refused,
                """
                the handle \(handle) now leads to another key; nothing was sent
                  pinned: \(pinned.groupedFingerprint)
                  now:    \(replacement.groupedFingerprint)
                """,
                hint: """
                    ask the person another way; if the key was honestly replaced: \
                    p2pchat contacts accept \(pinned.fingerprint)
                    """)
        case .notDelivered(let reason):
            CommandError(.notReachable, "not delivered: \(VisibleText(reason))")
        case .emptyMessage:
            CommandError(.badData, "the message is empty")
        case .messageTooLong(let bytes):
            CommandError(.badData, "the message has \(bytes) bytes; at most 64000 can be sent")
        case .oneself:
            CommandError(.usage, "that is your own identity")
        case .notAContact(let text):
            CommandError(
                .notReachable, "\(VisibleText(text)) is not among the contacts",
                hint: "see them with: p2pchat contacts")
        case .nothingToAccept(let identity):
            CommandError(
                .usage,
                "the key of \(identity.shortFingerprint) has not changed and no request of it waits; there is nothing to accept"
            )
        case .blocked(let identity):
            CommandError(
                .refused, "\(identity.shortFingerprint) is blocked",
                hint: "p2pchat contacts unblock \(identity.fingerprint)")
        case .notBlocked(let identity):
            CommandError(.usage, "\(identity.shortFingerprint) is not blocked")
        case .noRequest(let identity):
            CommandError(.usage, "no request of \(identity.shortFingerprint) waits")
        case .malformedNickname(let text):
            CommandError(
                .usage, "\(VisibleText(text)) cannot be a nickname",
                hint: "1 to 32 characters without spaces; not a number, an address or like a fingerprint")
        case .noFiles: CommandError(.inputOutput, "files cannot be sent from here")
        }
    }

    private static func exitCode(_ error: IdentityError) -> ExitCode {
        switch error {
        case .keyFile(.missing): .noIdentity
        // That a passphrase is wrong cannot be told from an altered file; the first is what happens to people.
        case .keyFile(.permissions), .keyFile(.needsPassphrase), .keyFile(.wrongPassphrase),
            .backup(.wrongPassphrase):
            .refused
        case .exists: .exists
        case .inputOutput, .sodium: .inputOutput
        case .fingerprint, .invalidPublicKey, .malformedEndpoint, .malformedReference, .malformedInvite,
            .malformedHandle,
            .recoveryWords, .keyFile, .backup:
            .badData
        }
    }

    private static func directory(_ error: DirectoryError) -> CommandError {
        switch error {
        case .notReachable(let reason):
            CommandError(.notReachable, "the directory is not reachable: \(VisibleText(reason))")
        case .misbehaves(let what):
            CommandError(
                .directoryMisbehaves, "the directory misbehaves: \(VisibleText(what))",
                hint:
                    "do not use it before its operator has explained this; what proves it, if it can be proved: p2pchat log evidence"
            )
        case .staleLog(let age): stale(age)
        case .notWitnessed(let names): notWitnessed(names)
        case .handleTaken:
            CommandError(.refused, "the handle is taken by another identity", hint: "choose another one")
        case .notClaimed: CommandError(.refused, "the handle is not claimed by this identity")
        case .tooManyHandles:
            CommandError(.refused, "this identity has claimed as many handles as the directory allows")
        case .rateLimited(let delay):
            CommandError(
                .tryAgain, "the directory was asked too often; try again in \(delay.components.seconds) s")
        case .wrongTime(let difference):
            CommandError(
                .refused,
                "this computer's clock and the directory's differ by \(abs(difference.components.seconds)) s",
                hint: "set the clock")
        case .superseded:
            CommandError(.tryAgain, "another home came online with this identity")
        case .presentElsewhere:
            CommandError(.tryAgain, "another home is online with this identity")
        case .refused(let failure): refusal(failure)
        case .invalidRequest(let what): CommandError(.usage, VisibleText(what).description)
        case .closed: CommandError(.tryAgain, "going offline")
        }
    }

    private static func refusal(_ failure: DirectoryFailure) -> CommandError {
        switch failure {
        case .unavailable:
            CommandError(
                .tryAgain, "the directory cannot read or write what it keeps",
                hint: "tell its operator, and try again later; what it had acknowledged is kept")
        case .full:
            CommandError(.tryAgain, "the directory has no room for another presence now; try again later")
        case .unsupported:
            CommandError(.refused, "the directory does not know this request; it may be an older version")
        case .notAWitness:
            CommandError(
                .refused, "the directory does not know this identity as a witness",
                hint: "its operator names its witnesses with: p2pchat server --witness-policy FILE")
        default: CommandError(.refused, "the directory refused: \(failure)")
        }
    }

    private static func notWitnessed(_ names: [String]) -> CommandError {
        let who = names.isEmpty ? "no witness of your policy" : "only " + names.joined(separator: ", ")
        return CommandError(
            .refused,
            """
            what the directory shows was cosigned by \(VisibleText(who)) within a day: it may be shown to nobody else, and is \
            not believed
            """,
            hint: "it works again when the witnesses do; what they are and do: p2pchat log status")
    }

    /// By the clock alone nobody can tell which of the two is wrong.
    private static func stale(_ age: Duration) -> CommandError {
        let hours = abs(age.components.seconds) / 3_600
        let clock = "this computer's clock says \(Date().ISO8601Format())"
        guard age < .zero else {
            return CommandError(
                .refused,
                """
                the directory last vouched for what it shows \(hours) hours ago (\(clock)); it may be hiding what came since
                """,
                hint: "check this computer's clock first; if it is right, ask the directory's operator")
        }
        return CommandError(
            .refused,
            """
            by this computer's clock the directory will vouch for what it shows in \(hours) hours: one of the two clocks is \
            wrong (\(clock))
            """,
            hint: "set this computer's clock; if it is right, the directory's operator has to set that one")
    }

    private static func store(_ error: StoreError) -> CommandError {
        switch error {
        case .unreadable(let reason):
            CommandError(
                .badData, "the database of this home cannot be read: \(reason)",
                hint:
                    "put home.sqlite back from a backup, or move it away to start without contacts and messages"
            )
        case .altered(let table, let row):
            CommandError(
                .badData,
                "the database of this home was altered, or belongs to another identity (\(table) \(row))",
                hint:
                    "put home.sqlite back from a backup, or move it away to start without contacts and messages"
            )
        case .newerVersion:
            CommandError(
                .badData, "the database of this home was written by a newer version of p2pchat",
                hint: "use that version; nothing was changed")
        case .full:
            CommandError(
                .inputOutput, "there is no room left on the disk for the database of this home",
                hint: "make room, and try again; what was stored before is unchanged")
        case .inputOutput(let reason):
            CommandError(.inputOutput, "the database of this home cannot be read or written: \(reason)")
        }
    }
}

extension LinkError: CustomStringConvertible {
    /// The error as the end of a sentence about an address or a peer.
    package var description: String {
        switch self {
        case .refused: "refuses connections"
        case .unreachable(let reason): "cannot be reached: \(VisibleText(reason))"
        case .timeout: "does not answer in time"
        case .handshakeFailed: "answers, and is not who was expected, or does not admit this identity"
        case .cut: "the connection was cut"
        case .protocolViolation: "the peer broke the protocol"
        case .closed: "the link was closed"
        case .tooLarge: "too large to be sent"
        case .empty: "nothing to be sent"
        case .selfDial: "is this identity itself"
        case .cannotListen(let reason): "cannot listen: \(reason)"
        case .system: "the system failed (memory, entropy)"
        }
    }
}
