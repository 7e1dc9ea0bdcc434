package import Identity

/// What a person or script wrote for PEER, by form alone; who it is, `Messenger.resolve` decides.
package enum PeerReference: Sendable, Equatable {
    case identity(PublicIdentity)
    case invite(Invite)
    case address(Endpoint)
    case handle(Handle)
    /// At least 8 characters of a fingerprint, without `p2p1`.
    case fingerprintPrefix(String)

    /// Reads PEER in this order: invite, fingerprint, `ip:port`, handle, beginning of a fingerprint. What can be a handle can also
    /// be the beginning of a fingerprint; `asPrefix` gives that reading.
    ///
    /// - Throws: `ChatError.notAPeer`; `IdentityError` when it is meant as a fingerprint and has a typing error.
    package init(_ text: String) throws {
        if Invite.isMeant(by: text) {
            self = .invite(try Invite(text))
        } else if Self.looksLikeFingerprint(text) {
            self = .identity(try PublicIdentity(fingerprint: text))
        } else if let endpoint = try? Endpoint(text), endpoint.isNumeric {
            self = .address(endpoint)
        } else if let handle = try? Handle(text) {
            self = .handle(handle)
        } else if let prefix = Self.prefix(text) {
            self = .fingerprintPrefix(prefix)
        } else {
            throw ChatError.notAPeer(text)
        }
    }

    /// The text read as the beginning of a fingerprint; nil when it cannot be one.
    package static func prefix(_ text: String) -> String? {
        var letters = text.lowercased().filter { $0 != " " }
        if letters.hasPrefix(ContactBook.fingerprintHead) {
            letters.removeFirst(ContactBook.fingerprintHead.count)
        }
        guard letters.count >= minimumPrefix, letters.allSatisfy({ bech32Letters.contains($0) }) else {
            return nil
        }
        return letters
    }

    /// A whole fingerprint, or something so long that it can only be one with a mistake in it.
    private static func looksLikeFingerprint(_ text: String) -> Bool {
        let letters = text.filter { $0 != " " }
        return letters.lowercased().hasPrefix(ContactBook.fingerprintHead) && letters.count > longestPrefix
    }

    private static let minimumPrefix = 8
    /// 62 characters are a whole fingerprint; one that lost a few in copying is told about its mistake.
    private static let longestPrefix = 50
    private static let bech32Letters = Set("qpzry9x8gf2tvdw0s3jn54khce6mua7l")
}
