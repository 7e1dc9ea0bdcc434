import FoundationEssentials

/// Times as people and scripts write them.
enum TimeText {
    /// An ISO 8601 time, a day, or how long ago: `90s`, `30m`, `12h`, `7d`. Nil for anything else.
    static func date(_ text: String, now: Date = Date()) -> Date? {
        if let seconds = seconds(text) { return now.addingTimeInterval(-Double(seconds)) }
        let styles: [Date.ISO8601FormatStyle] = [
            .init(includingFractionalSeconds: true), .init(), .init().year().month().day(),
        ]
        for style in styles {
            if let date = try? style.parse(text) { return date }
        }
        return nil
    }

    /// A span of time in seconds: `90s`, `30m`, `12h`, `7d`. Nil for anything else.
    static func seconds(_ text: String) -> Int64? {
        guard let unit = text.last, let factor = units[unit], let number = Int64(text.dropLast()), number >= 0
        else { return nil }
        let (seconds, isTooLong) = number.multipliedReportingOverflow(by: factor)
        return isTooLong ? nil : seconds
    }

    /// Seconds in the largest unit that fits.
    static func span(_ seconds: Int64) -> String {
        for (unit, factor) in units.sorted(by: { $0.value > $1.value })
        where seconds >= factor && seconds % factor == 0 { return "\(seconds / factor)\(unit)" }
        return "\(seconds)s"
    }

    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
}
