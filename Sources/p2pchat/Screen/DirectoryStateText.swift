import Directory
import Identity
import Wire

/// One outage is one piece of news, however many attempts fail while it lasts.
struct OutageFilter {
    private var isOut = false

    mutating func isNews(_ state: DirectoryState) -> Bool {
        switch state {
        case .connecting: return false
        case .offline(_, retryIn: nil), .stopped: return true
        case .online:
            isOut = false
            return true
        case .offline:
            defer { isOut = true }
            return !isOut
        }
    }
}

/// How one stands with the directory, in words.
enum DirectoryStateText {
    /// Nil for a state that needs no words.
    static func line(_ state: DirectoryState) -> String? {
        switch state {
        case .connecting, .stopped: return nil
        case .offline(.superseded, _), .offline(.presentElsewhere, _):
            return """
                another home is online with this identity and gets what is sent to it; this one is back when that is gone
                """
        case .offline(let reason, let retry):
            let pause = retry == nil ? "" : "; trying again by itself"
            return "not registered: \(CommandError(describing: reason).message)\(pause)"
        case .online(let presence):
            let name = presence.handle.map { " as \($0)" } ?? ""
            let found = presence.discoverable ? "discoverable" : "not discoverable"
            let callable =
                problem(presence).map { "cannot be called: \($0)" }
                ?? "can be called at \(reached(presence).joined(separator: " "))"
            let other =
                presence.tookOver
                ? "; another home was online with this identity and has given way: use only one of them" : ""
            return "online\(name), \(found), \(callable)\(other)"
        }
    }

    /// The addresses that the directory reached.
    static func reached(_ presence: PublishResult) -> [String] {
        presence.addresses.filter { $0.reachability == .reachable }.map(\.endpoint.description)
    }

    /// Why one cannot be called; nil when one can.
    static func problem(_ presence: PublishResult) -> String? {
        if presence.isCallable { return nil }
        guard !presence.addresses.isEmpty else { return "no address is published" }
        return presence.addresses.map { "\($0.endpoint) \(reason($0.reachability))" }.joined(separator: ", ")
    }

    private static func reason(_ reachability: Reachability) -> String {
        switch reachability {
        case .reachable: "is reachable"
        case .refused: "refuses connections"
        case .timedOut: "does not answer (a firewall?)"
        case .wrongIdentity: "answers as somebody else"
        case .otherAddress: "is not the address that the directory sees you at, and it allows no other"
        case .dialledTooOften: "was tried too often; wait a few minutes"
        case .unroutable: "has no route from the directory"
        case .unknown: "is not reachable"
        }
    }
}
