/// Bech32m (BIP-350) for one human-readable part and 32 bytes: the text form of a public identity
/// (protocol.md §2). Its checksum finds any four wrong characters.
enum Bech32m {
    static let prefix = Array("p2p".utf8)
    private static let separator = UInt8(ascii: "1")
    private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
    private static let constant: UInt32 = 0x2bc8_30a3
    private static let checksumLength = 6
    private static let byteCount = 32
    /// 3 of the prefix, 1 separator, 52 of data, 6 of checksum.
    static let textLength = prefix.count + 1 + (byteCount * 8 + 4) / 5 + checksumLength

    /// The text of 32 bytes, lower case.
    static func encode(_ bytes: [UInt8]) -> String {
        let data = fiveBitGroups(bytes)
        let remainder =
            polymod(expandedPrefix + data + [UInt8](repeating: 0, count: checksumLength)) ^ constant
        let checksum = (0..<checksumLength).map {
            UInt8(truncatingIfNeeded: remainder >> (5 * (5 - $0))) & 31
        }
        let characters = (data + checksum).map { alphabet[Int($0)] }
        return String(decoding: prefix + [separator] + characters, as: UTF8.self)
    }

    /// The 32 bytes of a text. Spaces are dropped, all upper case is accepted, mixed case is refused.
    static func decode(_ text: String) throws(FingerprintFault) -> [UInt8] {
        let input = text.utf8.filter { $0 != UInt8(ascii: " ") }
        let hasLower = input.contains { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        let hasUpper = input.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
        let lower = input.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 + 32 : $0 }
        guard lower.starts(with: prefix + [separator]) else { throw .prefix }
        guard !(hasLower && hasUpper) else { throw .mixedCase }
        guard lower.count == textLength else { throw .length(lower.count) }
        var values: [UInt8] = []
        for character in lower.dropFirst(prefix.count + 1) {
            guard let value = alphabet.firstIndex(of: character) else { throw .character }
            values.append(UInt8(value))
        }
        guard polymod(expandedPrefix + values) == constant else { throw .checksum }
        return try bytes(ofFiveBitGroups: values.dropLast(checksumLength))
    }

    private static let expandedPrefix = prefix.map { $0 >> 5 } + [0] + prefix.map { $0 & 31 }

    private static func polymod(_ values: [UInt8]) -> UInt32 {
        let generator: [UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
        var checksum: UInt32 = 1
        for value in values {
            let top = checksum >> 25
            checksum = (checksum & 0x01ff_ffff) << 5 ^ UInt32(value)
            for (bit, word) in generator.enumerated() where top >> UInt32(bit) & 1 == 1 { checksum ^= word }
        }
        return checksum
    }

    private static func fiveBitGroups(_ bytes: [UInt8]) -> [UInt8] {
        var groups: [UInt8] = []
        var pending: UInt32 = 0
        var bits = 0
        for byte in bytes {
            pending = (pending << 8 | UInt32(byte)) & 0xfff
            bits += 8
            while bits >= 5 {
                bits -= 5
                groups.append(UInt8(pending >> UInt32(bits) & 31))
            }
        }
        if bits > 0 { groups.append(UInt8(pending << UInt32(5 - bits) & 31)) }
        return groups
    }

    private static func bytes(ofFiveBitGroups groups: ArraySlice<UInt8>) throws(FingerprintFault) -> [UInt8] {
        var bytes: [UInt8] = []
        var pending: UInt32 = 0
        var bits = 0
        for group in groups {
            pending = (pending << 5 | UInt32(group)) & 0xfff
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(pending >> UInt32(bits) & 0xff))
            }
        }
        // The bits left over are zero, so that every identity has one fingerprint only.
        guard pending & (1 << UInt32(bits) - 1) == 0 else { throw .padding }
        return bytes
    }
}
