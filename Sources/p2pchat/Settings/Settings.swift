import Directory

/// What a person sets about the program, and not about a home: how it shows things, and how it calls for attention.
struct Settings: Equatable, Sendable {
    var timeFormat = TimeFormat.hours24
    var colours = ColourChoice.automatic
    /// Whether the terminal's bell rings for what comes in the background.
    var bell = true
    /// Whether the window's title says how much is unread.
    var title = true
    /// A command line of the user's, for what comes in the background; nil: none.
    var notifyCommand: String?
    /// Nil: as it was chosen last for the home, which is yes at first.
    var readReceipts: Bool?
    /// Whether the wheel and clicks are the program's. The terminal then selects text only with Shift.
    var mouse = false
    /// Whether the program may put text into the terminal's clipboard (OSC 52).
    var clipboard = false
    /// Whether the directory's whole log is read and audited.
    var logAudit = LogAudit.automatic
}

/// How much of the directory's log is read and audited in the background.
enum LogAudit: String, Sendable, CaseIterable {
    case automatic = "auto"
    case always, never

    var meaning: String {
        switch self {
        case .automatic: "up to \(DirectorySession.defaultLogLimit) entries"
        case .always: "however large it is"
        case .never: "only what one asks about"
        }
    }

    /// Entries.
    var limit: UInt64 {
        switch self {
        case .automatic: DirectorySession.defaultLogLimit
        case .always: .max
        case .never: 0
        }
    }
}

/// How times of day are written.
enum TimeFormat: String, Sendable, CaseIterable {
    case hours24 = "24h"
    case hours24WithSeconds = "24h-seconds"
    case hours12 = "12h"
    case hours12WithSeconds = "12h-seconds"

    var hasSeconds: Bool { self == .hours24WithSeconds || self == .hours12WithSeconds }
    /// Whether hours are counted to twelve, twice.
    var hasHalfDays: Bool { self == .hours12 || self == .hours12WithSeconds }
    var withoutSeconds: TimeFormat { hasHalfDays ? .hours12 : .hours24 }

    var meaning: String {
        switch self {
        case .hours24: "17:05"
        case .hours24WithSeconds: "17:05:09"
        case .hours12: "5:05 pm"
        case .hours12WithSeconds: "5:05:09 pm"
        }
    }
}

/// Which colours the full screen has.
enum ColourChoice: String, Sendable, CaseIterable {
    case automatic = "auto"
    case dark, light, none

    var meaning: String {
        switch self {
        case .automatic: "what COLORFGBG says, else colours for both backgrounds; none where NO_COLOR is set"
        case .dark: "for a dark background"
        case .light: "for a light background"
        case .none: "bold, underlined and reversed only"
        }
    }
}
