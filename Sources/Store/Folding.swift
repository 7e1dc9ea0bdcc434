import Foundation

/// Folds text for comparing: lower case, without accents. One value is used for many texts, since it remembers what the slow
/// part found.
struct Folding {
    private var output: [UInt8] = []
    /// What a scalar outside ASCII folds to, in UTF-8.
    private var known: [UInt32: [UInt8]] = [:]
    /// More different characters than any one script but Chinese uses.
    private static let knownLimit = 10_000

    mutating func fold(_ text: [UInt8]) -> [UInt8] {
        text.withUnsafeBytes { withFolded($0) { Array($0) } }
    }

    /// Lends the folded text. Bytes that are not UTF-8 become the replacement character.
    mutating func withFolded<R>(
        _ text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> R
    ) -> R {
        if Self.isASCII(text) {
            lower(text)
            return output.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<text.count])) }
        }
        var folded: [UInt8] = []
        folded.reserveCapacity(text.count)
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            if scalar.value < 0x80 {
                folded.append(Self.lower(UInt8(truncatingIfNeeded: scalar.value)))
            } else {
                append(scalar, to: &folded)
            }
        }
        return folded.withUnsafeBytes(body)
    }

    private mutating func append(_ scalar: Unicode.Scalar, to folded: inout [UInt8]) {
        if let bytes = known[scalar.value] { return folded.append(contentsOf: bytes) }
        let bytes = Array(
            String(Character(scalar)).folding(options: Self.options, locale: nil)
                // A mark that stands alone is not dropped by the folding.
                .unicodeScalars.filter { !Self.isMark($0) }.flatMap { UTF8.encode($0).map(Array.init) ?? [] })
        if known.count >= Self.knownLimit { known = [:] }
        known[scalar.value] = bytes
        folded.append(contentsOf: bytes)
    }

    private static let options: String.CompareOptions = [
        .caseInsensitive, .diacriticInsensitive, .widthInsensitive,
    ]

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .nonspacingMark
    }

    // MARK: ASCII

    private static func isASCII(_ text: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index + 8 <= text.count {
            if text.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 {
                return false
            }
            index += 8
        }
        return text[index...].allSatisfy { $0 < 0x80 }
    }

    private mutating func lower(_ text: UnsafeRawBufferPointer) {
        if output.count < text.count { output = [UInt8](repeating: 0, count: text.count * 2) }
        output.withUnsafeMutableBufferPointer { output in
            for index in 0..<text.count { output[index] = Self.lower(text[index]) }
        }
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
    }
}
