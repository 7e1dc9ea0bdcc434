import FoundationEssentials

/// Times as people and scripts write them.
enum TimeText {
    /// An ISO 8601 time, a day, or how long ago: `90s`, `30m`, `12h`, `7d`. Nil for anything else.
    static func date(_ text: String, now: Date = Date()) -> Date? {
        if let unit = text.last, let factor = units[unit], let number = Int(text.dropLast()), number >= 0 {
            let (seconds, isTooLong) = number.multipliedReportingOverflow(by: factor)
            return isTooLong ? nil : now.addingTimeInterval(-Double(seconds))
        }
        let styles: [Date.ISO8601FormatStyle] = [
            .init(includingFractionalSeconds: true), .init(), .init().year().month().day(),
        ]
        for style in styles {
            if let date = try? style.parse(text) { return date }
        }
        return nil
    }

    private static let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
}
