import Directory
import Terminal

/// What was proved of a handle, for people. Everything in it was checked before it is told.
enum HandleProofText {
    static func lines(_ proof: HandleProofJSON) -> [String] {
        var lines: [String] = []
        if let holder = proof.holder {
            lines.append("\(proof.handle) is held by \(holder)")
        } else {
            lines.append("\(proof.handle) is held by nobody")
        }
        if let entry = proof.entry {
            lines.append("  entry      \(entry.what)")
            lines.append(
                "             number \(entry.sequence + 1) of this handle, \(entry.time), its signatures hold"
            )
            lines.append("             hash \(entry.hash)")
        } else {
            lines.append("  entry      none: it was never claimed")
        }
        let newest = proof.entry == nil ? "has no entry" : "has this entry as its newest"
        let count = proof.map.steps.count
        lines.append("  map        root \(proof.checkpoint.mapRoot)")
        lines.append(
            "             \(count) \(count == 1 ? "hash leads" : "hashes lead") there: label \(proof.label) \(newest)"
        )
        lines.append("  log        \(proof.checkpoint.size.entries), root \(proof.checkpoint.root)")
        lines.append("             signed by its key, and called the newest \(LogStatusText.ago(proof.age))")
        if let first = proof.first, let since = proof.since {
            lines.append(
                """
                             the same log as that of \(first.size.entries), which this home saw first, \(since)
                """)
        }
        lines.append("  witnesses  \(witnesses(proof))")
        return lines
    }

    private static func witnesses(_ proof: HandleProofJSON) -> String {
        guard let quorum = proof.quorum else { return "not asked for (p2pchat log policy)" }
        let names = proof.witnesses.joined(separator: ", ")
        return VisibleText("\(names); the policy asks for \(quorum)").description
    }
}
