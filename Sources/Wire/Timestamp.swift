import FoundationEssentials

/// Times on the wire are whole milliseconds since 1970 in 48 bits, as in UUIDv7.
enum Timestamp {
    static func date(milliseconds: Int64) -> Date {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    /// The nearest time that fits.
    static func milliseconds(of date: Date) -> Int64 {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
        // `max` and `min` first: converting a Double that does not fit would trap.
        return Int64(min(max(milliseconds, 0), Double(WireLimits.milliseconds - 1)))
    }
}
