import CSodium

/// Base64 with padding (RFC 4648 §4) by libsodium, which reads only the one canonical form of each value: no white
/// space, no missing padding, no stray bits in the last character.
package enum Base64 {
    package static func encode(_ bytes: [UInt8]) -> String {
        _ = SodiumLibrary.isReady
        let variant = sodium_base64_VARIANT_ORIGINAL
        var text = [CChar](repeating: 0, count: sodium_base64_encoded_len(bytes.count, variant))
        sodium_bin2base64(&text, text.count, bytes, bytes.count, variant)
        return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Nil unless the whole text is the canonical form of some bytes.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        _ = SodiumLibrary.isReady
        let text = text.utf8.map { CChar(bitPattern: $0) }
        var bytes = [UInt8](repeating: 0, count: text.count / 4 * 3 + 3)
        var count = 0
        // Without a place to say where it stopped, libsodium refuses what it has not read to the end.
        let status = sodium_base642bin(
            &bytes, bytes.count, text, text.count, nil, &count, nil, sodium_base64_VARIANT_ORIGINAL)
        guard status == 0 else { return nil }
        return Array(bytes.prefix(count))
    }
}
