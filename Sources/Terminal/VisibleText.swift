/// Text from outside, made fit for a terminal: the one gate through which remote text reaches a screen.
///
/// Exact text is for JSON and files; this is for eyes. What a scalar becomes:
///
/// | what | becomes |
/// | --- | --- |
/// | C0 controls, DEL | their control picture: ESC is `␛` |
/// | C1 controls, bidi embeddings, overrides and isolates, line and paragraph separator, noncharacters | `⟨U+202E⟩` |
/// | tab | four spaces |
/// | newline, CR LF | in a block a new, indented line; in a line `␊` |
/// | whatever Unicode calls default ignorable (zero width space, joiner and no-break space, tags, fillers, direction marks, soft hyphen, variation selectors), interlinear annotation | nothing |
/// | ZWJ between emoji; ZWJ and ZWNJ between letters of scripts that need them; an emoji's variation selector | itself |
/// | marks and other scalars without a column | themselves, at most eight on one base; a first one gets the base `◌` |
///
/// So the result holds no control but newline, and newline only in a block. Rules of the rule: what acts on the
/// terminal or on the order of the text is shown, what is only invisible is dropped.
package struct VisibleText: Hashable, Sendable, CustomStringConvertible {
    /// The safe text. A block's last line has no newline.
    package let description: String

    /// One line.
    package init(_ untrusted: String) {
        var gate = VisibleTextGate(newlineEndsLine: false)
        description = gate.lines(of: untrusted).joined()
    }

    private init(description: String) {
        self.description = description
    }

    /// One or more lines, of which all but the first begin with `indent` spaces. So no line of a peer's text begins
    /// where a line with another's name would begin.
    /// - Parameters:
    ///   - start: columns already taken on the first line, by a time and a name.
    ///   - columns: the terminal's width. Lines are then broken here, between words where possible, and not by the
    ///     terminal, which would go on at its first column. Nil or too narrow to leave ten columns: not broken.
    package static func block(
        _ untrusted: String, indent: Int = 4, start: Int = 0, columns: Int? = nil
    ) -> VisibleText {
        var lines = [untrusted]
        if !isPlain(untrusted) {
            var gate = VisibleTextGate(newlineEndsLine: true)
            lines = gate.lines(of: untrusted)
        }
        if let columns, columns - max(indent, start) >= 10 {
            lines = lines.enumerated().flatMap { number, line in
                wrapped(line, first: columns - (number == 0 ? start : indent), later: columns - indent)
            }
        }
        let margin = "\n" + String(repeating: " ", count: indent)
        return VisibleText(description: lines.joined(separator: margin))
    }
}
