/// A manual page in the form of man(7).
struct Roff {
    private(set) var text: String

    init(title: String, section: Int, version: String) {
        text = ".TH \(title.uppercased()) \(section) \"\" \"\(version)\"\n"
    }

    mutating func section(_ name: String) { text += ".SH \(Self.escaped(name.uppercased()))\n" }
    mutating func subsection(_ name: String) { text += ".SS \(Self.escaped(name))\n" }

    /// Paragraphs are parted by empty lines. Lines that are indented stand as they are.
    mutating func paragraphs(_ prose: String) {
        var isVerbatim = false
        var isFirst = true
        for line in prose.split(separator: "\n", omittingEmptySubsequences: false) {
            let wantsVerbatim = line.hasPrefix("  ")
            if wantsVerbatim != isVerbatim {
                text += wantsVerbatim ? ".PP\n.nf\n.RS 4\n" : ".RE\n.fi\n.PP\n"
                isVerbatim = wantsVerbatim
                isFirst = true
            }
            if line.isEmpty {
                if !isFirst { text += ".PP\n" }
                isFirst = true
                continue
            }
            text += Self.escaped(wantsVerbatim ? String(line.dropFirst(2)) : String(line)) + "\n"
            isFirst = false
        }
        if isVerbatim { text += ".RE\n.fi\n" }
    }

    /// One item of a list: what it is, and what there is to say about it.
    mutating func item(_ heading: String, _ body: [String]) {
        text += ".TP\n\\fB\(Self.escaped(heading))\\fR\n"
        for (number, paragraph) in body.filter({ !$0.isEmpty }).enumerated() {
            if number > 0 { text += ".br\n" }
            text += Self.escaped(paragraph) + "\n"
        }
    }

    /// Nothing of it acts on the formatter.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += "\\e"
            case "-": escaped += "\\-"
            case "'": escaped += "\\(aq"
            case "`": escaped += "\\(ga"
            case "^": escaped += "\\(ha"
            case "~": escaped += "\\(ti"
            case "\"": escaped += "\\(dq"
            case "\n": escaped += " "
            default: escaped.append(character)
            }
        }
        return escaped.hasPrefix(".") ? "\\&" + escaped : escaped
    }
}
