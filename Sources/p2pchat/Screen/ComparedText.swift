import Directory

/// What came of comparing the directory's log with peers, for people.
enum ComparedText {
    /// Of one peer, in a sentence.
    static func sentence(_ compared: ComparedJSON?, name: String) -> String {
        guard let compared else {
            return "no checkpoint of the directory's log was compared with \(name) yet"
        }
        let what = "\(compared.size.entries), root \(shortRoot(compared))"
        return compared.isAgreed
            ? "you and \(name) both hold the directory's log of \(what), compared \(compared.time)"
            : "\(name) holds a log of \(what), and \(why(compared)), since \(compared.time)"
    }

    /// Of everybody, for the list of what is known of the log.
    static func lines(_ compared: [ComparedJSON]) -> [String] {
        let agreed = compared.filter(\.isAgreed)
        var lines = ["compared      with nobody yet"]
        if let latest = agreed.first {
            lines = [
                """
                compared      with \(agreed.count.of("peer")), \(agreed.count == 1 ? "who holds" : "who hold") the same log; last of \
                \(latest.size.entries), \(latest.time)
                """
            ]
        }
        for one in compared where !one.isAgreed {
            lines.append(
                """
                unresolved    \(one.peer) holds \(one.size.entries), root \(shortRoot(one)): \(why(one)), since \
                \(one.time)
                """)
        }
        return lines
    }

    private static func why(_ compared: ComparedJSON) -> String {
        compared.wasAsked
            ? "the directory does not prove that it is the one that you were shown"
            : "the directory could not be asked whether it is the one that you were shown"
    }

    private static func shortRoot(_ compared: ComparedJSON) -> String { compared.root.prefix(8) + "\u{2026}" }
}
