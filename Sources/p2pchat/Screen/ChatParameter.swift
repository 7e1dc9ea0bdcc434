/// What stands behind a command, or behind another parameter.
struct ChatParameter: Sendable {
    enum Kind: Sendable {
        case peer, file, folder
        /// The name of a setting, and what the setting before takes.
        case setting, settingValue
        /// The name of a command.
        case command
        case words([String])
        case number(ClosedRange<Int>)
        /// The rest of the line.
        case text

        /// Whether it may hold spaces, where nothing follows it.
        var takesSpaces: Bool {
            switch self {
            case .peer, .file, .folder, .settingValue, .text: true
            case .setting, .command, .words, .number: false
            }
        }

        /// Why a text is no such thing; nil when it is one, as far as its form tells.
        func reason(against text: String, _ name: String) -> String? {
            switch self {
            case .number(let range):
                if let number = Int(text), range.contains(number) { return nil }
                return range.upperBound == .max
                    ? "\(name) is a number from \(range.lowerBound)"
                    : "\(name) is a number from \(range.lowerBound) to \(range.upperBound)"
            case .words(let words):
                return words.contains(text) ? nil : "it takes \(words.joined(separator: " or "))"
            case .peer, .file, .folder, .setting, .settingValue, .command, .text: return nil
            }
        }
    }

    let name: String
    let kind: Kind
    let isOptional: Bool
    /// What it stands for, where the name does not say that.
    let meaning: String?

    init(_ name: String, _ kind: Kind, optional: Bool = false, _ meaning: String? = nil) {
        self.name = name
        self.kind = kind
        isOptional = optional
        self.meaning = meaning
    }

    var usage: String {
        let word = if case .words(let words) = kind { words.joined(separator: "|") } else { name }
        return isOptional ? "[\(word)]" : word
    }

    static let peer = ChatParameter(
        "PEER", .peer, optional: true,
        "a handle, your own name for somebody, ip:port, an invite, a fingerprint or 8 characters of a contact's"
    )
}

/// What was typed behind a command, a value for each of its parameters.
struct ChatArguments: Equatable, Sendable {
    /// Nil for what was left out.
    private(set) var values: [String?] = []

    func text(_ index: Int) -> String? { values.indices.contains(index) ? values[index] : nil }
    func number(_ index: Int) -> Int? { text(index).flatMap { Int($0) } }

    struct Mistake: Error, Equatable {
        /// Nil where the usage says it all.
        let reason: String?
    }

    init(_ typed: String, for parameters: [ChatParameter]) throws(Mistake) {
        var rest = typed.trimmed
        for (index, parameter) in parameters.enumerated() {
            let isLast = index == parameters.count - 1
            guard !rest.isEmpty else {
                guard parameter.isOptional else { throw Mistake(reason: nil) }
                values.append(nil)
                continue
            }
            let value =
                isLast && parameter.kind.takesSpaces ? rest : String(rest.prefix { !$0.isWhitespace })
            if let reason = parameter.kind.reason(against: value, parameter.name) {
                // What is left out may be followed by something else.
                guard parameter.isOptional, !isLast else { throw Mistake(reason: reason) }
                values.append(nil)
                continue
            }
            values.append(value)
            rest = String(rest.dropFirst(value.count)).trimmed
        }
        guard rest.isEmpty else { throw Mistake(reason: nil) }
    }
}
