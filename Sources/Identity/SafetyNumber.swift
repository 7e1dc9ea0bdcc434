import Sodium

/// 60 digits that two identities share and two people compare (protocol.md §2).
package struct SafetyNumber: Hashable, Sendable, CustomStringConvertible {
    /// 60 ASCII digits.
    package let digits: String

    /// The number of a pair, whichever of the two is named first.
    package static func between(_ a: PublicIdentity, _ b: PublicIdentity) -> SafetyNumber {
        SafetyNumber(digits: half(of: min(a, b)) + half(of: max(a, b)))
    }

    /// Reads a number that was typed or pasted: 60 ASCII digits, with white space anywhere.
    package init?(parsing text: String) {
        let kept = text.unicodeScalars.filter { !$0.properties.isWhitespace }
        guard kept.count == 60, kept.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
        digits = String(String.UnicodeScalarView(kept))
    }

    /// 12 groups of 5 digits, separated by spaces.
    package var grouped: String {
        var groups: [Substring] = []
        var rest = Substring(digits)
        while !rest.isEmpty {
            groups.append(rest.prefix(5))
            rest = rest.dropFirst(5)
        }
        return groups.joined(separator: " ")
    }

    package var description: String { grouped }

    private init(digits: String) { self.digits = digits }

    private static let rounds = 5200

    /// 30 digits of one identity. The rounds make it dear to search for a key whose digits look alike.
    private static func half(of identity: PublicIdentity) -> String {
        var hash = Blake2b.hash512(Array("p2pchat/1 safety number".utf8), identity.bytes)
        for _ in 0..<rounds { hash = Blake2b.hash512(hash, identity.bytes) }
        return (0..<6).map { group in
            let number = hash[group * 5..<group * 5 + 5].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let digits = String(number % 100_000)
            return String(repeating: "0", count: 5 - digits.count) + digits
        }.joined()
    }
}
