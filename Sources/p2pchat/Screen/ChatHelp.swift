import Terminal

/// The table of commands for people.
enum ChatHelp {
    /// What can be done here and now, and behind it what cannot and why.
    static func lines(_ situation: ChatSituation) -> [String] {
        let possible = ChatCommandTable.entries.filter { $0.need.isMet(by: situation) }
        let width = (possible.map(\.usage.count).max() ?? 0) + 2
        var lines = possible.map { "  " + fit($0.usage, width) + $0.help }
        for need in ChatNeed.allCases where !need.isMet(by: situation) {
            let names = ChatCommandTable.entries.filter { $0.need == need }.map { "/" + $0.name }
            lines.append("  not now, \(need.lack): \(names.joined(separator: " "))")
        }
        return lines + [
            "  /help COMMAND explains one; a line that is to begin with a slash is typed with two"
        ]
    }

    /// One command; nil where there is none of the name, which may have its slash.
    static func lines(of name: String, _ situation: ChatSituation) -> [String]? {
        guard let entry = ChatCommandTable.entry(name.hasPrefix("/") ? String(name.dropFirst()) : name) else {
            return nil
        }
        var lines = ["  \(entry.usage)   \(entry.help)"]
        lines += entry.parameters.compactMap { parameter in
            parameter.meaning.map { "  \(parameter.name): \($0)" }
        }
        if let details = entry.details { lines.append("  " + details) }
        if let example = entry.example { lines.append("  for example: /\(entry.name) \(example)") }
        if !entry.need.isMet(by: situation) { lines.append("  not now: \(entry.need.lack)") }
        return lines
    }
}
