/// Exit codes, after sysexits(3); scripts rely on them.
enum ExitCode: Int32, Sendable {
    case usage = 64
    case badData = 65
    case noIdentity = 66
    case notReachable = 69
    case exists = 73
    case inputOutput = 74
    case tryAgain = 75
    case directoryMisbehaves = 76
    case refused = 77
}

/// Ends the command with this exit code, when everything has been said.
struct QuietExit: Error {
    let code: ExitCode
}

/// Why a command did not do what it was asked, and what to do next.
struct CommandError: Error, Sendable, CustomStringConvertible {
    let code: ExitCode
    let message: String
    /// What to type or change; nil where there is nothing to say.
    let hint: String?

    var description: String { message }

    init(_ code: ExitCode, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }
}
