import Identity

/// The state of a home for people.
enum StatusText {
    static func lines(_ status: StatusJSON) -> [String] {
        var lines = [
            "home          \(status.home)",
            "fingerprint   \(grouped(status.fingerprint))",
            "handle        \(status.handle ?? "none")",
            "discoverable  \(status.discoverable ? "yes" : "no")",
        ]
        if let directory = status.directory {
            lines.append("directory     \(directory)")
            lines.append(
                "              \(status.directoryReachable ? "reachable" : "not reachable")\(reason(status.problem))"
            )
        } else {
            lines.append("directory     none; p2pchat register --directory HOST:PORT#FINGERPRINT")
        }
        lines.append(
            "online        \(status.online ? "yes" : "no: p2pchat chat or p2pchat listen goes online")")
        if status.online {
            let address = status.listening.map { " (listening on \($0))" } ?? ""
            lines.append(
                "can be called \(status.callable ? "yes" : "no" + reason(status.callableProblem))\(address)")
        }
        return lines
    }

    private static func reason(_ text: String?) -> String { text.map { ": " + $0 } ?? "" }

    private static func grouped(_ fingerprint: String) -> String {
        (try? PublicIdentity(fingerprint: fingerprint).groupedFingerprint) ?? fingerprint
    }
}
