import Directory
import FoundationEssentials
import Identity

/// What a user is to know of a directory's log, in words.
enum LogText {
    static func lines(_ notice: LogNotice) -> [String] {
        switch notice {
        case .old, .unresolved: ["! " + summary(notice)]
        case .ownHandle(let alert):
            ["! " + summary(notice)] + (details(alert) + advice).map { "!   " + $0 }
        }
    }

    static func summary(_ notice: LogNotice) -> String {
        switch notice {
        case .old(let age):
            """
            the directory last vouched for what it shows \((age.components.seconds / 60).of("minute")) ago; it may be hiding what \
            came since, or this computer's clock is wrong
            """
        case .ownHandle(let alert): summary(alert)
        case .unresolved(let peer, let size):
            """
            \(peer.shortFingerprint) believes a log of \(size.entries), and the directory does not prove that it is the one that you \
            were shown: it may show you different ones; see: p2pchat log status
            """
        }
    }

    static func summary(_ alert: OwnHandleAlert) -> String {
        "the newest entry of your handle \(alert.handle) was not made by this home"
    }

    static func details(_ alert: OwnHandleAlert) -> [String] {
        [
            "what: " + text(alert.entry),
            "when: \(time(alert.entry.time)), by the clock of whoever made it",
            "who:  " + text(alert.origin),
        ]
    }

    static let advice = [
        "nothing is sent before you have looked at this",
        "if it was not you, tell your contacts by another way, and: p2pchat key revoke",
        "or, where your key is lost, with your recovery words: p2pchat key recover",
        "if it was you, or you know why: p2pchat log accept",
    ]

    /// For scripts.
    static func word(_ origin: OwnHandleAlert.Origin) -> String {
        switch origin {
        case .ownKey: "own-key"
        case .recoveryKey: "recovery-key"
        case .theOperator: "operator"
        case .another: "another"
        }
    }

    static func text(_ entry: LogEntry) -> String {
        switch entry.operation {
        case .claim: "claimed by \(entry.identity.fingerprint)"
        case .amend: "another recovery key was set"
        case .rotate(let successor, _): "handed to another key, \(successor.fingerprint)"
        case .revoke(nil, _): "the key was revoked"
        case .revoke(let heir?, _): "the key was revoked, and only \(heir.fingerprint) may claim the handle"
        case .release: "the handle was given up"
        case .reassign(_, let successor):
            """
            the directory's operator hands it to \(successor.fingerprint), from \
            \(time(entry.time &+ LabelState.reassignmentDelay)) on
            """
        }
    }

    static func time(_ seconds: UInt64) -> String {
        Date(timeIntervalSince1970: Double(min(seconds, 1 << 40))).ISO8601Format()
    }

    private static func text(_ origin: OwnHandleAlert.Origin) -> String {
        switch origin {
        case .ownKey:
            """
            made with your key, but not by this home: by another home with this identity, by this one before it was put back \
            from an older copy, or by somebody who has your key
            """
        case .recoveryKey: "made with your recovery words, but not by this home"
        case .theOperator: "made by the directory's operator"
        case .another: "made by another identity"
        }
    }
}
