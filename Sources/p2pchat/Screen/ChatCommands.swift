/// What can be typed behind a slash while chatting.
enum ChatAction: Equatable {
    case to(String?)
    case unread
    case who
    case verify(String?)
    case fingerprint
    case invite
    case discoverable(Bool)
    case receipts(Bool)
    case status
    case contact(ContactAction, String?)
    case name(String?)
    case queue
    case edit(Int, String)
    case cancel(Int)
    case history(Int)
    case search(String)
    case delete(isSure: Bool)
    case sendFile(String)
    case files
    case get(Int?, String?)
    case refuse(Int?)
    case stop(Int)
    case help
    case quit
}

/// What one can decide about a peer.
enum ContactAction: String, Equatable {
    case accept, decline, block, unblock, mute, unmute
}

/// The one table of chat commands: parsing, help and completion come from it.
struct ChatCommandEntry: Sendable {
    let name: String
    /// How the argument is shown in the help; nil where there is none.
    let argument: String?
    let help: String
    /// Nil when the argument is not one that the command takes.
    let action: @Sendable (_ argument: String?) -> ChatAction?

    var usage: String { "/" + name + (argument.map { " " + $0 } ?? "") }
}

enum ChatCommandTable {
    static let entries: [ChatCommandEntry] = [
        ChatCommandEntry(
            name: "to", argument: "[PEER]", help: "talk with another peer; alone: choose from a list"
        ) {
            .to($0)
        },
        ChatCommandEntry(name: "unread", argument: nil, help: "the next conversation with something new") {
            $0 == nil ? .unread : nil
        },
        ChatCommandEntry(name: "who", argument: nil, help: "who is online and discoverable") {
            $0 == nil ? .who : nil
        },
        ChatCommandEntry(
            name: "verify", argument: "[NUMBER]",
            help: "show the safety number, or compare the one that the peer reads out"
        ) { .verify($0) },
        ChatCommandEntry(name: "fingerprint", argument: nil, help: "your own fingerprint and the peer's") {
            $0 == nil ? .fingerprint : nil
        },
        ChatCommandEntry(name: "invite", argument: nil, help: "what to hand to somebody who is to reach you")
        {
            $0 == nil ? .invite : nil
        },
        ChatCommandEntry(name: "discoverable", argument: "yes|no", help: "whether strangers can find you") {
            switch $0 {
            case "yes": .discoverable(true)
            case "no": .discoverable(false)
            default: nil
            }
        },
        ChatCommandEntry(
            name: "receipts", argument: "yes|no", help: "whether peers are told what you have read"
        ) {
            switch $0 {
            case "yes": .receipts(true)
            case "no": .receipts(false)
            default: nil
            }
        },
        ChatCommandEntry(name: "status", argument: nil, help: "the directory, and whether you can be called")
        {
            $0 == nil ? .status : nil
        },
        contact(.accept, "take up a stranger's request; alone: the one that waits"),
        contact(.decline, "drop a stranger's request; nothing is said to it"),
        contact(.block, "end it, and let the peer's calls fail from now on"),
        contact(.unblock, "let a blocked peer call again"),
        contact(.mute, "keep what the peer writes without showing it"),
        contact(.unmute, "show what the peer writes again"),
        ChatCommandEntry(
            name: "name", argument: "[NICKNAME]", help: "your own name for the peer; alone: none any more"
        ) { .name($0) },
        ChatCommandEntry(name: "queue", argument: nil, help: "what waits to be delivered to the peer") {
            $0 == nil ? .queue : nil
        },
        ChatCommandEntry(
            name: "edit", argument: "N TEXT", help: "change number N of /queue before it is sent"
        ) {
            let words = $0?.split(separator: " ", maxSplits: 1) ?? []
            guard words.count == 2, let number = Int(words[0]) else { return nil }
            return .edit(number, String(words[1]))
        },
        ChatCommandEntry(name: "cancel", argument: "N", help: "take number N of /queue back") {
            $0.flatMap(Int.init).map { .cancel($0) }
        },
        ChatCommandEntry(name: "history", argument: "[COUNT]", help: "the last messages with the peer") {
            guard let text = $0 else { return .history(20) }
            return Int(text).flatMap { (1...500).contains($0) ? .history($0) : nil }
        },
        ChatCommandEntry(name: "search", argument: "WORDS", help: "find messages, in all conversations") {
            $0.map { .search($0) }
        },
        ChatCommandEntry(
            name: "delete", argument: "yes", help: "delete everything said with the peer, here"
        ) { $0 == nil ? .delete(isSure: false) : $0 == "yes" ? .delete(isSure: true) : nil },
        ChatCommandEntry(name: "send", argument: "FILE", help: "offer a file to the peer") {
            $0.map { .sendFile($0) }
        },
        ChatCommandEntry(name: "files", argument: nil, help: "which files are offered, on their way, or done")
        {
            $0 == nil ? .files : nil
        },
        ChatCommandEntry(
            name: "get", argument: "[N] [DIR]",
            help: "take number N of /files; alone: the one that is offered"
        ) {
            let words = $0?.split(separator: " ", maxSplits: 1) ?? []
            guard let first = words.first, let number = Int(first) else { return .get(nil, $0) }
            return .get(number, words.count > 1 ? String(words[1]).trimmed : nil)
        },
        ChatCommandEntry(name: "refuse", argument: "[N]", help: "do not take number N of /files") {
            guard let text = $0 else { return .refuse(nil) }
            return Int(text).map { .refuse($0) }
        },
        ChatCommandEntry(name: "stop", argument: "N", help: "stop number N of /files, in either direction") {
            $0.flatMap(Int.init).map { .stop($0) }
        },
        ChatCommandEntry(name: "help", argument: nil, help: "this list") { $0 == nil ? .help : nil },
        ChatCommandEntry(name: "quit", argument: nil, help: "say goodbye and leave (also Ctrl-D)") {
            $0 == nil ? .quit : nil
        },
    ]

    private static func contact(_ action: ContactAction, _ help: String) -> ChatCommandEntry {
        ChatCommandEntry(name: action.rawValue, argument: "[PEER]", help: help) { .contact(action, $0) }
    }

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
        let words = line.dropFirst().split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        let name = words.first.map(String.init) ?? ""
        guard let entry = entries.first(where: { $0.name == name }) else {
            let near = entries.filter { $0.name.hasPrefix(name) || distance($0.name, name) <= 2 }.map {
                "/" + $0.name
            }
            let advice =
                near.isEmpty ? "/help lists the commands" : "did you mean \(near.joined(separator: " or "))?"
            return .mistake("there is no command /\(name); \(advice) (to send such a line, type // first)")
        }
        let argument = words.count > 1 ? String(words[1]).trimmed : nil
        guard let action = entry.action(argument == "" ? nil : argument) else {
            return .mistake("usage: \(entry.usage)")
        }
        return .action(action)
    }

    static var help: [String] {
        let width = (entries.map(\.usage.count).max() ?? 0) + 2
        return entries.map {
            "  " + $0.usage + String(repeating: " ", count: width - $0.usage.count) + $0.help
        }
    }

    /// Levenshtein's distance, for the suggestion behind a typing error.
    private static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a)
        let b = Array(b)
        var row = Array(0...b.count)
        for (i, left) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, right) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (left == right ? 0 : 1))
                diagonal = above
            }
        }
        return row[b.count]
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
