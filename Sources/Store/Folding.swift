import Foundation

/// Folds text for comparing: lower case, without accents. One value is used for many texts, since it remembers what the slow
/// part found.
struct Folding {
    private var output: [UInt8] = []
    /// What the scalars folds to that take two bytes of UTF-8, which are most of those outside ASCII in alphabets. Nil: not asked yet.
    private var pairs = [[UInt8]?](repeating: nil, count: 0x800)
    private var others: [UInt32: [UInt8]] = [:]
    /// More different characters than any one script but Chinese uses.
    private static let othersLimit = 10_000

    mutating func fold(_ text: [UInt8]) -> [UInt8] {
        text.withUnsafeBytes { withFolded($0) { Array($0) } }
    }

    /// Lends the folded text. Bytes that are not UTF-8 become the replacement character.
    mutating func withFolded<R>(
        _ text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> R
    ) -> R {
        output.removeAll(keepingCapacity: true)
        var index = 0
        while index < text.count {
            index = appendASCII(text, from: index)
            guard index < text.count else { break }
            if index + 1 < text.count, text[index] >> 5 == 0b110, text[index + 1] >> 6 == 0b10 {
                appendPair(UInt32(text[index] & 0x1f) << 6 | UInt32(text[index + 1] & 0x3f))
                index += 2
            } else {
                let end = text[index...].firstIndex { $0 < 0x80 } ?? text.count
                for scalar in String(decoding: text[index..<end], as: UTF8.self).unicodeScalars {
                    appendOther(scalar)
                }
                index = end
            }
        }
        return output.withUnsafeBytes(body)
    }

    /// - Returns: Where the first byte is that is not ASCII, or the end.
    private mutating func appendASCII(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
        var end = start
        while end + 8 <= text.count {
            let eight = text.loadUnaligned(fromByteOffset: end, as: UInt64.self)
            guard eight & Self.highBits == 0 else { break }
            withUnsafeBytes(of: Self.lowercased(eight)) { output.append(contentsOf: $0) }
            end += 8
        }
        while end < text.count, text[end] < 0x80 {
            let byte = text[end]
            output.append(byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte)
            end += 1
        }
        return end
    }

    /// Eight bytes of ASCII at once. None of them has its high bit set, so what is added sets it from "A" on, or from behind "Z" on, and
    /// carries into no other byte.
    private static func lowercased(_ eight: UInt64) -> UInt64 {
        let fromA = eight &+ ones &* UInt64(0x80 - UInt8(ascii: "A"))
        let behindZ = eight &+ ones &* UInt64(0x80 - UInt8(ascii: "Z") - 1)
        return eight | (fromA & ~behindZ & highBits) >> 2
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highBits = ones << 7

    private mutating func appendPair(_ value: UInt32) {
        let index = Int(value)
        if let folded = pairs[index] { return output.append(contentsOf: folded) }
        // A value below 0x80 in two bytes is not UTF-8.
        let folded = value < 0x80 ? Array("\u{fffd}".utf8) : Self.slowly(Unicode.Scalar(value))
        pairs[index] = folded
        output.append(contentsOf: folded)
    }

    private mutating func appendOther(_ scalar: Unicode.Scalar) {
        if let folded = others[scalar.value] { return output.append(contentsOf: folded) }
        let folded = Self.slowly(scalar)
        if others.count >= Self.othersLimit { others = [:] }
        others[scalar.value] = folded
        output.append(contentsOf: folded)
    }

    private static func slowly(_ scalar: Unicode.Scalar?) -> [UInt8] {
        guard let scalar else { return Array("\u{fffd}".utf8) }
        let folded = String(Character(scalar)).folding(options: options, locale: nil)
        // A mark that stands alone is not dropped by the folding.
        let kept = folded.unicodeScalars.filter { $0.properties.generalCategory != .nonspacingMark }
        return Array(String(String.UnicodeScalarView(kept)).utf8)
    }

    private static let options: String.CompareOptions = [
        .caseInsensitive, .diacriticInsensitive, .widthInsensitive,
    ]
}
