/// Sizes for people.
enum ByteCount {
    /// Three digits with a binary unit, as "1.25 MiB"; bytes below one KiB.
    static func text(_ bytes: Int64) -> String {
        guard bytes >= 1024 else { return "\(bytes) bytes" }
        var amount = Double(bytes)
        var unit = "bytes"
        for next in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] where amount >= 1024 {
            amount /= 1024
            unit = next
        }
        let digits = amount < 10 ? 2 : amount < 100 ? 1 : 0
        return fixed(amount, digits) + " " + unit
    }

    private static func fixed(_ amount: Double, _ digits: Int) -> String {
        guard digits > 0 else { return "\(Int(amount.rounded()))" }
        let factor = digits == 1 ? 10.0 : 100.0
        let scaled = Int((amount * factor).rounded())
        let rest = String(scaled % Int(factor))
        return "\(scaled / Int(factor))." + String(repeating: "0", count: digits - rest.count) + rest
    }
}
