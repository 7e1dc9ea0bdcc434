import CTerminal

/// Columns of one line of visible text in a terminal: 0, 1 or 2 for each scalar, as the C locale counts, which is
/// also how readline and tmux count. Controls count nothing: there are none in a ``VisibleText``.
package func displayWidth(_ text: some StringProtocol) -> Int {
    text.unicodeScalars.reduce(0) { $0 + max(0, displayWidth(of: $1)) }
}

/// As above; what the locale does not know (unassigned, private use) takes one column.
func displayWidth(of scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x20..<0x7F: return 1
    case 0..<0xA0: return 0
    default:
        let width = Int(ct_width(scalar.value))
        return width < 0 ? 1 : width
    }
}

/// Whether the locale says how many columns it takes; if not, what a terminal does with it is anyone's guess.
func hasKnownWidth(_ scalar: Unicode.Scalar) -> Bool {
    ct_width(scalar.value) >= 0
}
