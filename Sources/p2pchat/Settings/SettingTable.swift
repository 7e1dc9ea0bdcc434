import Terminal

/// One setting: its name, what it takes, and what it is for. `/set`, the file, completion and the manual come from it.
struct SettingEntry: Sendable {
    enum Kind: Sendable {
        case yesNo
        /// Each with its meaning.
        case words([(word: String, meaning: String)])
        /// Any text, and a word for none.
        case text(named: String)
    }

    let name: String
    let kind: Kind
    let help: String
    /// What a person needs beyond the help; empty where that is all.
    let details: String
    /// The value as it is typed; nil where there is none.
    let value: @Sendable (Settings) -> String?
    /// Takes a value that `reason(against:)` has nothing against.
    fileprivate let assign: @Sendable (inout Settings, String) -> Void

    /// What may be typed for it; of a text, the word that takes it away.
    var choices: [String] {
        switch kind {
        case .yesNo: ["yes", "no"]
        case .words(let words): words.map(\.word)
        case .text: [Self.nothing]
        }
    }

    /// Why a value is none of this setting; nil when it is one.
    func reason(against value: String) -> String? {
        switch kind {
        case .yesNo, .words:
            if choices.contains(value) { return nil }
            return "\(name) takes \(choices.joined(separator: ", ")), not \(VisibleText(value))"
        case .text:
            // A line of shell; the file's form could hold more.
            let isLine = !value.unicodeScalars.contains { $0.value < 0x20 && $0 != "\t" || $0.value == 0x7F }
            guard isLine else { return "\(name) takes one line without control characters" }
            return value.utf8.count <= Self.longestText
                ? nil : "\(name) takes at most \(Self.longestText) bytes"
        }
    }

    /// - Returns: Why the value is none of this setting; nil when it was taken.
    func set(_ value: String, in settings: inout Settings) -> String? {
        if let reason = reason(against: value) { return reason }
        assign(&settings, value)
        return nil
    }

    static let longestText = 4096
    static let nothing = "nothing"
}

enum SettingTable {
    static let entries: [SettingEntry] = [
        SettingEntry(
            name: "time-format", kind: .words(TimeFormat.allCases.map { ($0.rawValue, $0.meaning) }),
            help: "how times of day are written", details: "",
            value: { $0.timeFormat.rawValue },
            assign: { $0.timeFormat = TimeFormat(rawValue: $1) ?? .hours24 }),
        SettingEntry(
            name: "colours", kind: .words(ColourChoice.allCases.map { ($0.rawValue, $0.meaning) }),
            help: "the colours of the full screen", details: "",
            value: { $0.colours.rawValue },
            assign: { $0.colours = ColourChoice(rawValue: $1) ?? .automatic }),
        SettingEntry(
            name: "bell", kind: .yesNo, help: "ring for what comes while you look elsewhere",
            details: "On the full screen. Muted peers do not ring.",
            value: { word($0.bell) }, assign: { $0.bell = $1 == "yes" }),
        SettingEntry(
            name: "title", kind: .yesNo, help: "say in the window's title how much is unread",
            details: "On the full screen, where the terminal has a title.",
            value: { word($0.title) }, assign: { $0.title = $1 == "yes" }),
        SettingEntry(
            name: "notify-command", kind: .text(named: "COMMAND"),
            help: "run for messages that come while you look elsewhere",
            details: """
                A line for sh. P2PCHAT_FROM is the sender's name, the message stands on its standard input, both without \
                control characters; its output goes nowhere. It may hang: after 10 seconds it is killed. At most four run \
                at once, and what comes beyond them is not notified. Muted peers are not. "nothing" takes it away. \
                What people write is not for sh: quote "$P2PCHAT_FROM" and "$(cat)".
                """,
            value: { $0.notifyCommand ?? SettingEntry.nothing },
            assign: { $0.notifyCommand = $1.isEmpty || $1 == SettingEntry.nothing ? nil : $1 }),
        SettingEntry(
            name: "read-receipts", kind: .yesNo, help: "tell peers what you have read",
            details: """
                Also kept in the home, with which a backup takes it along: where the file does not have it, it is as it was \
                chosen last. /receipts is short for it.
                """,
            value: { $0.readReceipts.map(word) }, assign: { $0.readReceipts = $1 == "yes" }),
        SettingEntry(
            name: "mouse", kind: .yesNo, help: "scroll with the wheel, choose with a click",
            details: "The terminal then selects text only with Shift.",
            value: { word($0.mouse) }, assign: { $0.mouse = $1 == "yes" }),
        SettingEntry(
            name: "clipboard", kind: .yesNo, help: "let the program copy into the terminal's clipboard",
            details: "By OSC 52, which not every terminal takes.",
            value: { word($0.clipboard) }, assign: { $0.clipboard = $1 == "yes" }),
        SettingEntry(
            name: "log-audit", kind: .words(LogAudit.allCases.map { ($0.rawValue, $0.meaning) }),
            help: "read and audit the directory's whole log in the background",
            details: "It takes about 250 bytes an entry, in the home, and holds from the next start on.",
            value: { $0.logAudit.rawValue },
            assign: { $0.logAudit = LogAudit(rawValue: $1) ?? .automatic }),
    ]

    static func entry(_ name: String) -> SettingEntry? { entries.first { $0.name == name } }

    private static func word(_ isOn: Bool) -> String { isOn ? "yes" : "no" }
}
