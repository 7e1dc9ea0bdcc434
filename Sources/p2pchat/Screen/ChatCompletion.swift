import Synchronization

/// Whom the chat knows by name, for completion; written by the chat, read while the user waits for a Tab.
final class KnownNames: Sendable {
    private struct Names {
        var contacts: [String] = []
        /// Of the last list of discoverable peers.
        var listed: [String] = []
        var isChoosing = false
    }

    private let names = Mutex(Names())

    /// As they are shown, each once; contacts first.
    var all: [String] {
        let names = names.withLock { $0 }
        return names.contacts + names.listed.filter { !names.contacts.contains($0) }
    }

    func set(contacts: [String]) { names.withLock { $0.contacts = contacts } }
    func set(listed: [String]) { names.withLock { $0.listed = listed } }

    /// Whether a line is the name of a peer now.
    func set(isChoosing: Bool) { names.withLock { $0.isChoosing = isChoosing } }

    /// As the editors ask for them.
    var completions: @Sendable (_ word: String, _ line: String) -> [String] {
        { word, line in
            let isChoosing = self.names.withLock { $0.isChoosing }
            return ChatCompletion.candidates(word, line, names: self.all, isChoosing: isChoosing)
        }
    }
}

/// Completion of commands and of what stands behind them, from the table.
enum ChatCompletion {
    /// - Parameters:
    ///   - word: What stands between the last space and the cursor.
    ///   - line: All that stands before the cursor.
    ///   - isChoosing: Whether a line is the name of a peer.
    static func candidates(_ word: String, _ line: String, names: [String], isChoosing: Bool = false)
        -> [String]
    {
        guard line.hasPrefix("/") else {
            return isChoosing && word == line ? beginning(with: word, names) : []
        }
        guard line.contains(where: \.isWhitespace) else {
            return beginning(with: word, ChatCommandTable.entries.map { "/" + $0.name })
        }
        let name = String(line.dropFirst().prefix { !$0.isWhitespace })
        guard let entry = ChatCommandTable.entry(name) else { return [] }
        let typed = String(line.dropFirst(name.count + 1).drop { $0.isWhitespace })
        let before = ChatPlace(typed, in: entry.parameters)
        // What was typed of a value with spaces stays; only its last word is the editor's to replace.
        let kept = String(before.typed.dropLast(word.count))
        return before.open.flatMap { parameter in
            candidates(for: parameter.kind, beginning: before.typed, after: before.values, names)
        }.filter { $0.hasPrefix(kept) }.map { String($0.dropFirst(kept.count)) }
    }

    private static func candidates(
        for kind: ChatParameter.Kind, beginning typed: String, after values: [String], _ names: [String]
    ) -> [String] {
        switch kind {
        case .peer: beginning(with: typed, names)
        case .file: TypedPath.completions(typed)
        case .folder: TypedPath.completions(typed).filter { $0.hasSuffix("/") }
        case .setting: beginning(with: typed, SettingTable.entries.map(\.name))
        case .settingValue:
            beginning(with: typed, values.last.flatMap { SettingTable.entry($0)?.choices } ?? [])
        case .command: beginning(with: typed, ChatCommandTable.entries.map(\.name))
        case .words(let words): beginning(with: typed, words)
        case .number, .text: []
        }
    }

    private static func beginning(with typed: String, _ words: [String]) -> [String] {
        words.filter { $0.hasPrefix(typed) }
    }
}

/// Where in a command's arguments the cursor stands: what is complete, and what may be meant by the rest.
struct ChatPlace {
    private(set) var values: [String] = []
    private(set) var open: [ChatParameter] = []
    private(set) var typed: String

    init(_ typed: String, in parameters: [ChatParameter]) {
        self.typed = typed
        var rest = parameters[...]
        while let parameter = rest.first {
            let word = self.typed.prefix { !$0.isWhitespace }
            let isComplete = word.count < self.typed.count
            if parameter.kind.takesSpaces && rest.count == 1 || !isComplete { break }
            rest.removeFirst()
            if parameter.isOptional, parameter.kind.reason(against: String(word), parameter.name) != nil {
                continue
            }
            values.append(String(word))
            self.typed = String(self.typed.dropFirst(word.count).drop { $0.isWhitespace })
        }
        // What may be left out may not be meant.
        for parameter in rest {
            open.append(parameter)
            if !parameter.isOptional { break }
        }
    }
}
