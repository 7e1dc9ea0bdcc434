/// A name claimed at a directory (protocol.md §1): `[a-z][a-z0-9_-]{2,31}`, and not beginning with `p2p1`, so
/// that it is never mistaken for a fingerprint.
package struct Handle: Hashable, Sendable, CustomStringConvertible {
    /// Characters, all ASCII.
    package static let lengths = 3...32

    package let text: String

    /// Throws `malformedHandle`. Nothing is corrected, upper case included: what is typed is what is claimed.
    package init(_ text: String) throws(IdentityError) {
        let characters = Array(text.utf8)
        guard Handle.lengths.contains(characters.count), !text.hasPrefix("p2p1"),
            let first = characters.first, Handle.letters.contains(first),
            characters.allSatisfy(Handle.isAllowed)
        else { throw .malformedHandle }
        self.text = text
    }

    package var description: String { text }

    private static let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

    private static func isAllowed(_ character: UInt8) -> Bool {
        letters.contains(character) || digits.contains(character)
            || character == UInt8(ascii: "_") || character == UInt8(ascii: "-")
    }
}
