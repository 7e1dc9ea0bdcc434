/// A text that is not pairs of hexadecimal digits.
package struct HexError: Error, CustomStringConvertible {
    package let text: String
    package var description: String { "not hexadecimal: \(text.prefix(80))" }
}

extension [UInt8] {
    /// The bytes that pairs of hexadecimal digits stand for.
    package init(hex text: some StringProtocol) throws(HexError) {
        let digits = text.utf8.map(\.hexDigit)
        guard digits.count.isMultiple(of: 2), !digits.contains(nil) else {
            throw HexError(text: String(text))
        }
        self = stride(from: 0, to: digits.count, by: 2).map { (digits[$0] ?? 0) << 4 | (digits[$0 + 1] ?? 0) }
    }

    /// Two hexadecimal digits a byte, lower case.
    package var hex: String {
        let digits = [UInt8]("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var hexDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
