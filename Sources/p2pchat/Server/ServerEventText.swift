import DirectoryServer
import Identity
import Terminal

/// Who registers and leaves, as lines for the operator. Without addresses, unless they were asked for.
enum ServerEventText {
    static func line(_ event: ServerEvent, showAddresses: Bool) -> String {
        switch event {
        case .registered(let registration): "registered " + text(registration, showAddresses)
        case .changed(let registration): "changed " + text(registration, showAddresses)
        case .storeFailed(let reason): "the store of handles failed: \(VisibleText(reason))"
        case .witnessCame(let name): "witness \(VisibleText(name)) cosigns"
        case .witnessLeft(let name): "witness \(VisibleText(name)) is gone"
        case .publishingFailed(let reason): "the log cannot be published: \(VisibleText(reason))"
        case .publishingGoesOn: "the log is published again"
        case .left(let registration, let reason):
            "left \(name(registration)) \(registration.identity.shortFingerprint) (\(text(reason)))"
        }
    }

    private static func text(_ registration: Registration, _ showAddresses: Bool) -> String {
        let addresses = showAddresses ? registration.addresses.map { " \($0)" }.joined() : ""
        return """
            \(name(registration)) \(registration.identity.shortFingerprint) \
            discoverable \(registration.discoverable ? "yes" : "no")\(addresses)
            """
    }

    private static func name(_ registration: Registration) -> String { registration.handle?.text ?? "-" }

    private static func text(_ reason: LeaveReason) -> String {
        switch reason {
        case .unregistered: "said goodbye"
        case .linkEnded: "link ended"
        case .expired: "expired"
        }
    }
}
