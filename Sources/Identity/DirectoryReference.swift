/// Which directory, and where: `host:port#fingerprint` (protocol.md §6). Whoever has it can authenticate the
/// directory.
package struct DirectoryReference: Hashable, Sendable, CustomStringConvertible {
    package let endpoint: Endpoint
    package let identity: PublicIdentity

    package init(endpoint: Endpoint, identity: PublicIdentity) {
        self.endpoint = endpoint
        self.identity = identity
    }

    /// Throws `malformedReference` without a `#`, or with port 0; else the error of the part that cannot be
    /// read.
    package init(_ text: String) throws(IdentityError) {
        guard let hash = text.firstIndex(of: "#") else { throw .malformedReference }
        endpoint = try Endpoint(String(text[..<hash]))
        identity = try PublicIdentity(fingerprint: String(text[text.index(after: hash)...]))
        guard endpoint.port != 0 else { throw .malformedReference }
    }

    package var description: String { "\(endpoint)#\(identity.fingerprint)" }
}
