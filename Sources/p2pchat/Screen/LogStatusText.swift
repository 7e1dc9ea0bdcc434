import Directory
import Terminal

/// What is known of a directory's log, for people.
enum LogStatusText {
    static func lines(_ status: LogStatusJSON) -> [String] {
        var lines = ["directory     \(status.directory)"]
        if let problem = status.problem { lines.append("              not asked now: \(problem)") }
        if let checkpoint = status.checkpoint {
            lines.append("log           \(checkpoint.size.entries), root \(checkpoint.root)")
            lines.append("map           root \(checkpoint.mapRoot)")
            lines.append("age           \(age(status.age))")
        } else {
            lines.append("log           not seen yet")
        }
        if let first = status.first, let since = status.since {
            lines.append("seen since    \(since), from \(first.size.entries) on")
        }
        lines.append("own entry     \(own(status.own))")
        lines.append(
            "audit         \(status.audit), \(status.audited.entries) read and held against the rules")
        lines += ComparedText.lines(status.compared)
        lines += witnesses(status)
        if status.convictions.isEmpty { lines.append("evidence      none") }
        for conviction in status.convictions {
            lines.append("evidence      \(LogText.time(conviction.time)): the directory \(conviction.what)")
        }
        return lines
    }

    private static func witnesses(_ status: LogStatusJSON) -> [String] {
        guard let quorum = status.policy?.quorum else { return ["witnesses     no policy asks for any"] }
        return [
            "policy        cosignatures of \(VisibleText(quorum))",
            "witnesses     \(VisibleText(status.witnesses.isEmpty ? "none" : status.witnesses.joined(separator: ", ")))",
        ]
    }

    /// How long ago, in a few words.
    static func ago(_ seconds: Int64?) -> String {
        guard let seconds else { return "never" }
        if seconds < 0 { return "in \(span(-seconds)), by this computer's clock" }
        return "\(span(seconds)) ago"
    }

    private static func age(_ seconds: Int64?) -> String {
        guard let seconds else { return "unknown" }
        if seconds < 0 { return "\(span(-seconds)) ahead of this computer's clock" }
        return seconds < 3_600 ? span(seconds) : "\(span(seconds)): old"
    }

    private static func span(_ seconds: Int64) -> String {
        switch seconds {
        case ..<120: seconds.of("second")
        case ..<3_600: (seconds / 60).of("minute")
        default: (seconds / 3_600).of("hour")
        }
    }

    private static func own(_ own: LogStatusJSON.OwnJSON?) -> String {
        guard let own else { return "no handle" }
        guard let entry = own.entry, let time = own.time else { return "\(own.handle): none" }
        return "\(own.handle): \(entry), \(time)" + (own.isOwn ? "" : "; NOT made by this home")
    }
}
