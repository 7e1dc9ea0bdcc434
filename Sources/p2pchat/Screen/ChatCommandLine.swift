/// Lines that are typed: commands, mistakes, and what is to be sent.
extension ChatCommandTable {
    enum Parsed: Equatable {
        case action(ChatAction)
        /// Not a command: to be sent.
        case text(String)
        /// Looks like a command and is none; never sent.
        case mistake(String)
    }

    /// Reads a line. A line of text that is to begin with a slash is written with two.
    static func parse(_ line: String) -> Parsed {
        guard line.hasPrefix("/") else { return .text(line) }
        if line.hasPrefix("//") { return .text(String(line.dropFirst())) }
        let name = String(line.dropFirst().prefix { !$0.isWhitespace })
        guard let entry = entry(name) else {
            let advice = suggestion(for: name) ?? "/help lists the commands"
            return .mistake(
                "there is no command /\(name.prefix(40)); \(advice) (to send such a line, type // first)")
        }
        do {
            let arguments = try ChatArguments(String(line.dropFirst(name.count + 1)), for: entry.parameters)
            if let action = entry.action(arguments) { return .action(action) }
        } catch {
            if let reason = error.reason { return .mistake("\(reason); usage: \(entry.usage)") }
        }
        return .mistake("usage: \(entry.usage)")
    }

    /// Nil where no command is near.
    static func suggestion(for name: String) -> String? {
        Suggestion.text(for: name, among: entries.map(\.name), prefix: "/").map { "did you mean \($0)?" }
    }
}

extension String {
    var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
