import Terminal

/// What is wrong in the file. The message is fit for the terminal.
struct SettingsProblem: Equatable, Sendable {
    /// From 1; nil where it is about the file.
    let line: Int?
    let message: String
}

/// The text of a settings file, and what it says. What cannot be read is named, and the rest counts.
struct SettingsDocument: Equatable, Sendable {
    private let lines: [String]
    private(set) var settings = Settings()
    private(set) var problems: [SettingsProblem] = []
    /// The lines that have a setting, by its name; of several the one that counts.
    private var places: [String: ClosedRange<Int>] = [:]
    /// The settings that count.
    private var taken: Set<String> = []
    /// The first line that is not at the top any more, where settings stand.
    private var firstTable: Int?

    init(_ text: String = "") {
        // By bytes: to Swift a newline behind a carriage return is not the same character.
        lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        read()
    }

    /// Of a file that cannot be read.
    init(unreadable reason: String) {
        self.init()
        problems = [SettingsProblem(line: nil, message: reason)]
    }

    var text: String { lines.joined(separator: "\n") }

    private mutating func read() {
        var index = 0
        while index < lines.count, firstTable == nil {
            let number = index
            let line =
                number == 0 && lines[0].hasPrefix("\u{FEFF}") ? String(lines[0].dropFirst()) : lines[number]
            index += 1
            switch TOMLLine(line) {
            case .blank: break
            case .table:
                firstTable = number
                complain(number, "settings stand before the first [; what follows is not read")
            case .fault(let reason): complain(number, reason)
            case .pair(let name, let value, _): take(name, value, number...number)
            case .opens(let name, let end):
                while index < lines.count, !lines[index].contains(end) { index += 1 }
                let last = min(index, lines.count - 1)
                index = last + 1
                take(name, .other, number...last)
            }
        }
    }

    private mutating func take(_ name: String, _ value: TOMLLine.Value, _ place: ClosedRange<Int>) {
        let number = place.lowerBound
        guard let entry = SettingTable.entry(name) else {
            let advice = Suggestion.text(for: name, among: SettingTable.entries.map(\.name))
            return complain(
                number,
                "there is no setting \(VisibleText(name))" + (advice.map { "; did you mean \($0)?" } ?? ""))
        }
        guard !taken.contains(name) else { return complain(number, "\(name) stands here a second time") }
        places[name] = place
        let typed: String
        switch (value, entry.kind) {
        case (.bool(let isOn), .yesNo): typed = isOn ? "yes" : "no"
        case (.text(let text), .words), (.text(let text), .text): typed = text
        default: return complain(number, "write " + Self.forms(entry))
        }
        if let reason = entry.set(typed, in: &settings) {
            complain(number, reason)
        } else {
            taken.insert(name)
        }
    }

    private mutating func complain(_ number: Int, _ message: String) {
        if problems.count < Self.mostProblems {
            problems.append(SettingsProblem(line: number + 1, message: message))
        } else if problems.count == Self.mostProblems {
            problems.append(SettingsProblem(line: number + 1, message: "and more"))
        }
    }

    /// How a setting is written in the file.
    static func forms(_ entry: SettingEntry) -> String {
        values(entry).map { "\(entry.name) = \($0)" }.joined(separator: " or ")
    }

    /// What may stand behind it there.
    static func values(_ entry: SettingEntry) -> [String] {
        switch entry.kind {
        case .yesNo: ["true", "false"]
        case .words: entry.choices.map(TOMLLine.literal)
        case .text(let name): [TOMLLine.literal(name)]
        }
    }

    // MARK: Changing

    /// The document with another value of one setting, everything else in it as it was, the comment behind the value too.
    func setting(_ entry: SettingEntry, to value: String) throws -> SettingsDocument {
        var wanted = settings
        if let reason = entry.set(value, in: &wanted) { throw CommandError(.usage, reason) }
        let literal =
            if case .yesNo = entry.kind { value == "yes" ? "true" : "false" } else { TOMLLine.literal(value) }
        let changed = SettingsDocument(
            lines(with: "\(entry.name) = \(literal)", of: entry).joined(separator: "\n"))
        // Nobody's file is changed by more than was asked for.
        guard changed.settings == wanted else {
            throw CommandError(.badData, "\(entry.name) cannot be changed in the file as it is")
        }
        return changed
    }

    private func lines(with form: String, of entry: SettingEntry) -> [String] {
        var lines = lines
        if let place = places[entry.name] {
            let old = lines[place.lowerBound]
            let comment = if case .pair(_, _, let comment) = TOMLLine(old) { comment } else { "" }
            let indentation = old.prefix { $0 == " " || $0 == "\t" }
            let end = lines[place.upperBound].hasSuffix("\r") ? "\r" : ""
            lines.replaceSubrange(place, with: ["\(indentation)\(form)\(comment)\(end)"])
            return lines
        }
        let end = lines.first?.hasSuffix("\r") == true ? "\r" : ""
        if let firstTable {
            lines.insert(form + end, at: firstTable)
        } else if lines.last?.isEmpty == true {
            // A newline ended the last line.
            lines.insert(form + end, at: lines.count - 1)
        } else {
            lines += [form + end, ""]
        }
        return lines
    }

    private static let mostProblems = 20
}
