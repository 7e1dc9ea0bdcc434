import CTerminal

/// Text for a terminal whose locale is not UTF-8, in ASCII. Such a terminal would not only show other characters: some
/// of UTF-8's bytes are controls to it (0x9B begins a sequence), so text from elsewhere could act on it.
package enum NarrowText {
    /// Whether the user's locale has another charset. The C locale says nothing, and is taken for UTF-8.
    package static let isNeeded = ct_charset_is_narrow()

    /// What stands for a scalar, in as many columns.
    static func scalars(for scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        if scalar.isASCII { return [scalar] }
        if let same = look[scalar] { return [same] }
        if (0xC0...0xFF).contains(scalar.value) { return [letters[Int(scalar.value) - 0xC0]] }
        return [Unicode.Scalar](repeating: "?", count: max(0, displayWidth(of: scalar)))
    }

    package static func ascii(_ text: String) -> String {
        var narrow = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { narrow.append(contentsOf: scalars(for: scalar)) }
        return String(narrow)
    }

    /// Of Latin-1, from U+00C0 on, without their accents.
    private static let letters = Array(
        "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty".unicodeScalars)

    /// What the program itself draws with, and what stands for a control.
    private static let look: [Unicode.Scalar: Unicode.Scalar] = [
        "│": "|", "─": "-", "●": "*", "○": "o", "…": ".", "›": ">", "✓": "v", "·": "-", "█": "#", "▀": "\"",
        "▄": "_", "░": ".", "↑": "^", "↓": "v", "»": ">",
        "␛": "^", "⟨": "<", "⟩": ">", "‘": "'", "’": "'", "“": "\"", "”": "\"", "–": "-", "—": "-",
        "\u{A0}": " ",
    ]
}
