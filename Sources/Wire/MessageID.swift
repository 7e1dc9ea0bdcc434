package import FoundationEssentials

/// The id of one message: a UUIDv7 (RFC 9562 §5.7), 16 bytes.
///
/// It means something only together with the sender: ids of two senders may be equal without being the same
/// message (protocol.md §5). Its time is the sender's claim and orders nothing that matters.
package struct MessageID: Hashable, Sendable, CustomStringConvertible {
    /// 16 bytes, version 7 and variant 2 checked.
    package let bytes: [UInt8]

    /// Throws ``WireError/invalid(_:)`` unless the bytes are a UUIDv7.
    package init(bytes: [UInt8]) throws(WireError) {
        guard bytes.count == 16, bytes[6] >> 4 == 7, bytes[8] >> 6 == 0b10 else {
            throw .invalid("message id")
        }
        self.bytes = bytes
    }

    /// Reads the usual text form, 8-4-4-4-12 hexadecimal digits; nil for anything else.
    package init?(_ text: String) {
        let characters = Array(text.utf8)
        guard characters.count == 36 else { return nil }
        var digits: [UInt8] = []
        for (index, character) in characters.enumerated() {
            if Self.dashes.contains(index) {
                guard character == UInt8(ascii: "-") else { return nil }
            } else {
                guard let digit = Self.value(ofDigit: character) else { return nil }
                digits.append(digit)
            }
        }
        let bytes = stride(from: 0, to: 32, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        guard let id = try? MessageID(bytes: bytes) else { return nil }
        self = id
    }

    /// A new id: 48 bits of milliseconds, 74 bits from the system's generator.
    package static func make(at time: Date = Date()) -> MessageID {
        var generator = SystemRandomNumberGenerator()
        return make(at: time, using: &generator)
    }

    /// A new id with the caller's generator, for tests. A time before 1970 or after the year 10889 is moved to
    /// the nearest that fits.
    package static func make(at time: Date, using generator: inout some RandomNumberGenerator) -> MessageID {
        let milliseconds = UInt64(Timestamp.milliseconds(of: time))
        let high = milliseconds << 16 | 0x7000 | generator.next(upperBound: UInt64(1 << 12))
        let low = 1 << 63 | generator.next(upperBound: UInt64(1 << 62))
        return MessageID(
            validated: [high, low].flatMap { word in
                stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
            })
    }

    /// The sender's clock when it made this id, to the millisecond.
    package var time: Date {
        Timestamp.date(milliseconds: bytes.prefix(6).reduce(Int64(0)) { $0 << 8 | Int64($1) })
    }

    /// The usual text form in lower case, 36 characters.
    package var description: String {
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append("-") }
            text.append(Self.digits[Int(byte >> 4)])
            text.append(Self.digits[Int(byte & 0xf)])
        }
        return text
    }

    private init(validated bytes: [UInt8]) {
        self.bytes = bytes
    }

    private static let dashes: Set<Int> = [8, 13, 18, 23]
    private static let digits = Array("0123456789abcdef")

    private static func value(ofDigit character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
