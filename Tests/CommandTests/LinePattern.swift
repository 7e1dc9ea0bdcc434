import Foundation

/// What an output line must be: the text itself, in which `*` stands for anything and `\*` for a star. At the end
/// ` -> NAME` (or several names) keeps what the stars stood for. Or, after `~ `, a regular expression for the whole
/// line, whose named groups are kept.
struct LinePattern {
    private let regex: Regex<AnyRegexOutput>
    private let names: [String]

    struct BadCapture: Error, CustomStringConvertible {
        let pattern: String
        var description: String { "more names than stars: \(pattern)" }
    }

    init(_ pattern: String, variables: Variables) throws {
        if pattern.hasPrefix("~ ") {
            let text = try variables.expand(String(pattern.dropFirst(2)), transform: Self.escaped)
            regex = try Regex(text)
            names = []
            return
        }
        var body = Substring(pattern)
        var captured: [String] = []
        if let arrow = pattern.range(of: " -> ") {
            let words = pattern[arrow.upperBound...].split(separator: " ").map(String.init)
            if !words.isEmpty
                && words.allSatisfy({ $0.allSatisfy { $0.isUppercase || $0.isNumber || $0 == "_" } })
            {
                captured = words
                body = pattern[..<arrow.lowerBound]
            }
        }
        names = captured
        let starred = body.replacing("\\*", with: "\u{0}")
        let parts = try starred.split(separator: "*", omittingEmptySubsequences: false).map { part in
            Self.escaped(try variables.expand(String(part)).replacing("\u{0}", with: "*"))
        }
        guard names.count < parts.count else { throw BadCapture(pattern: pattern) }
        regex = try Regex(parts.joined(separator: "(.*?)"))
    }

    /// The variables that a matching line sets; nil when it does not match.
    func match(_ line: String) -> [String: String]? {
        guard let match = line.wholeMatch(of: regex) else { return nil }
        var result: [String: String] = [:]
        for (index, group) in match.output.enumerated().dropFirst() {
            guard let text = group.substring else { continue }
            if let name = group.name {
                result[name] = String(text)
            } else if index <= names.count {
                result[names[index - 1]] = String(text)
            }
        }
        return result
    }

    private static func escaped(_ text: String) -> String {
        text.map {
            $0.isLetter || $0.isNumber || $0 == " " ? String($0) : $0.isASCII ? "\\\($0)" : String($0)
        }.joined()
    }
}
