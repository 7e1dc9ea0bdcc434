/// Everything that somebody needs to reach a person, to be handed over another way: who, at which directory, and where
/// (docs/protocol.md, "Invites"). As text `p2pchat:FINGERPRINT?via=HOST:PORT/FINGERPRINT&at=HOST:PORT&name=HANDLE`.
///
/// It says who is meant, as a fingerprint does, and nothing more: whoever hands it over could be anybody.
package struct Invite: Hashable, Sendable, CustomStringConvertible {
    package let identity: PublicIdentity
    /// Where the person is registered.
    package let directory: DirectoryReference?
    /// Where the person was reachable when the invite was made; of use without a directory in common.
    package let address: Endpoint?
    /// The handle that the person claims there; shown nowhere before the directory has confirmed it.
    package let handle: Handle?

    package init(
        identity: PublicIdentity, directory: DirectoryReference? = nil, address: Endpoint? = nil,
        handle: Handle? = nil
    ) {
        self.identity = identity
        self.directory = directory
        self.address = address
        self.handle = handle
    }

    /// Whether a text is meant as one.
    package static func isMeant(by text: String) -> Bool { text.lowercased().hasPrefix(scheme) }

    /// Throws `malformedInvite` for more than 1,024 bytes, for a part without a value, a part that stands twice, and for a
    /// port 0; else the error of the part that cannot be read. Parts that this version does not know are passed over.
    package init(_ text: String) throws(IdentityError) {
        guard Self.isMeant(by: text), text.utf8.count <= Self.longest else { throw .malformedInvite }
        let halves = text.dropFirst(Self.scheme.count).split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        identity = try PublicIdentity(fingerprint: String(halves[0]))
        var (directory, address, handle): (DirectoryReference?, Endpoint?, Handle?) = (nil, nil, nil)
        for part in halves.count > 1 ? halves[1].split(separator: "&") : [] {
            guard let equals = part.firstIndex(of: "=") else { throw .malformedInvite }
            let value = Self.withBrackets(part[part.index(after: equals)...])
            switch part[..<equals] {
            case "via":
                // The slash stands for the # of a reference, which would end the query of a URI.
                guard directory == nil, let slash = value.lastIndex(of: "/") else { throw .malformedInvite }
                directory = try DirectoryReference(
                    value[..<slash] + "#" + value[value.index(after: slash)...])
            case "at":
                guard address == nil else { throw .malformedInvite }
                let endpoint = try Endpoint(value)
                guard endpoint.port != 0 else { throw .malformedInvite }
                address = endpoint
            case "name":
                guard handle == nil else { throw .malformedInvite }
                handle = try Handle(value)
            default: continue
            }
        }
        (self.directory, self.address, self.handle) = (directory, address, handle)
    }

    package var description: String {
        var parts: [String] = []
        if let directory { parts.append("via=\(directory.endpoint)/\(directory.identity.fingerprint)") }
        if let address { parts.append("at=\(address)") }
        if let handle { parts.append("name=\(handle)") }
        let query = parts.isEmpty ? "" : "?" + Self.withoutBrackets(parts.joined(separator: "&"))
        return Self.scheme + identity.fingerprint + query
    }

    /// RFC 3986 §3.4 has no brackets in a query; the other characters of the parts are all allowed there.
    private static func withoutBrackets(_ text: String) -> String {
        text.split(separator: "[", omittingEmptySubsequences: false).joined(separator: "%5B")
            .split(separator: "]", omittingEmptySubsequences: false).joined(separator: "%5D")
    }

    private static func withBrackets(_ text: some StringProtocol) -> String {
        var (result, rest) = ("", Substring(text))
        while let percent = rest.firstIndex(of: "%") {
            let code = rest[percent...].prefix(3).uppercased()
            result += rest[..<percent] + (code == "%5B" ? "[" : code == "%5D" ? "]" : "%")
            rest = rest[percent...].dropFirst(code == "%5B" || code == "%5D" ? 3 : 1)
        }
        return result + rest
    }

    private static let scheme = "p2pchat:"
    private static let longest = 1024
}
