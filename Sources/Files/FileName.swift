/// File names that a peer proposes, made fit to be the last component of a path on this machine.
package enum FileName {
    /// A name of 1 to 200 bytes of UTF-8 that stays in its folder and looks like what it is:
    ///
    /// - only what stands behind the last `/` or `\`;
    /// - no control, format, bidi, invisible, private or unassigned scalar, no line or paragraph separator: an order of writing
    ///   that is turned round would show `exe.txt` as `txt.exe`;
    /// - every other kind of space becomes a plain one, and none stands at the beginning or the end;
    /// - no dot or dash at the beginning (hidden; an option to a command), no dot at the end;
    /// - cut between characters, with the extension kept where it is short;
    /// - `file` when nothing remains.
    package static func clean(_ proposed: String) -> String {
        let last = proposed.unicodeScalars.split(omittingEmptySubsequences: false) { $0 == "/" || $0 == "\\" }
            .last
        var name = String.UnicodeScalarView()
        for scalar in last ?? Substring.UnicodeScalarView() {
            if let fit = fit(scalar) { name.append(fit) }
        }
        var rest = Substring(String(name))
        while let first = rest.unicodeScalars.first, " .-".unicodeScalars.contains(first) {
            rest.unicodeScalars.removeFirst()
        }
        let cut = cut(trimmedEnd(rest))
        return cut.isEmpty ? "file" : cut
    }

    /// `name (2).ext`: the name for the case that the given one is taken.
    ///
    /// - Parameter name: What `clean` returned.
    package static func numbered(_ name: String, _ number: Int) -> String {
        let (stem, ending) = parts(name)
        return cut(stem, keeping: " (\(number))" + ending)
    }

    private static func fit(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: nil
        case .spaceSeparator: " "
        default: scalar.properties.isDefaultIgnorableCodePoint ? nil : scalar
        }
    }

    private static func trimmedEnd(_ name: Substring) -> String {
        var name = name
        while let last = name.unicodeScalars.last, last == " " || last == "." {
            name.unicodeScalars.removeLast()
        }
        return String(name)
    }

    private static func cut(_ name: String) -> String {
        guard name.utf8.count > limit else { return name }
        let (stem, ending) = parts(name)
        return cut(stem, keeping: ending)
    }

    private static func cut(_ stem: String, keeping ending: String) -> String {
        let room = max(0, limit - ending.utf8.count)
        var kept = Substring(stem)
        // A character may be made of very many scalars; then scalars are what it is cut between.
        while kept.utf8.count > room, kept.count > 1 { kept.removeLast() }
        while kept.utf8.count > room, !kept.isEmpty { kept.unicodeScalars.removeLast() }
        return trimmedEnd(kept) + ending
    }

    /// Stem and extension with its dot; an extension is short, or it is none.
    private static func parts(_ name: String) -> (stem: String, ending: String) {
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex,
            name[dot...].utf8.count <= longestExtension
        else { return (name, "") }
        return (String(name[..<dot]), String(name[dot...]))
    }

    /// Bytes; leaves room up to the 255 of most file systems for what this program adds.
    private static let limit = 200
    private static let longestExtension = 20
}
