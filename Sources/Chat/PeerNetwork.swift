package import Directory
package import Identity

/// Why a peer could not be dialled.
package enum DialError: Error, Equatable, Sendable {
    /// Something answers and does not prove to be the expected identity, or it does not want this one.
    case anotherKey
    /// Nothing answers; says why.
    case failed(String)
}

/// What the Messenger needs of the network: one kind of link, dialled by somebody else.
package protocol PeerNetwork: Sendable {
    /// Opens a link with purpose `peer`; returns once it is authenticated.
    ///
    /// - Throws: `DialError`; `CancellationError`.
    func dial(_ endpoint: Endpoint, expecting identity: PublicIdentity) async throws -> any EnvelopeLink
}

/// What the Messenger needs of the directory.
package protocol PeerDirectory: Sendable {
    /// The directory in use, by which handles are remembered.
    var identity: PublicIdentity { get }
    /// Nil for unknown, offline and hidden alike. A handle in the answer is its identity's by the newest entry that the directory's log has of it.
    func lookup(_ query: PeerQuery) async throws -> PeerEntry?
    /// Where a contact is who is not discoverable and has left a sealed presence for this side; nil where there is none.
    func sealedPresence(of contact: PublicIdentity) async throws -> PeerEntry?
    /// Who has claimed the handle; nil when nobody has. Tells nothing about being online.
    func holder(of handle: Handle) async throws -> PublicIdentity?
    /// What the directory's log says of an identity that is known by a handle.
    func standing(of identity: PublicIdentity, as handle: Handle) async throws -> PinStanding
    /// Whether the handle is this identity's at the directory.
    func confirm(handle: Handle, identity: PublicIdentity) async throws -> Bool
}
