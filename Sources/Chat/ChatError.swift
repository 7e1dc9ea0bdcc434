package import Identity

/// Why a chat action did not happen; every case is something that a person can act on.
package enum ChatError: Error, Equatable, Sendable {
    /// The text is none of the forms of PEER.
    case notAPeer(String)
    /// Several contacts fit; nobody is chosen by guessing.
    case ambiguous(String, [PublicIdentity])
    /// Unknown, offline or hidden: the directory does not say which.
    case notAvailable(String)
    /// The name leads to nobody known here, and there is no directory to ask.
    case noDirectory
    /// The peer's addresses are known, and no link could be made.
    case unreachable(PublicIdentity, reason: String)
    /// What answers at the peer's address does not prove to be the peer.
    case anotherKeyAnswers(PublicIdentity)
    /// The handle leads to another key than the pinned one.
    case changed(Handle, pinned: PublicIdentity, replacement: PublicIdentity)
    /// The peer has a new key, to which the former one has handed on.
    case rotated(from: PublicIdentity, to: PublicIdentity)
    /// The peer's key was revoked; the heir is who may have the handle instead.
    case revoked(PublicIdentity, handle: Handle?, heir: PublicIdentity?)
    /// The link ended, or the time ran out, before the peer acknowledged.
    case notDelivered(reason: String)
    case emptyMessage
    /// The message is larger than 64,000 bytes of UTF-8.
    case messageTooLong(bytes: Int)
    case oneself
    case notAContact(String)
    /// There is no changed key to accept for this contact.
    case nothingToAccept(PublicIdentity)
    /// The peer is blocked; the user has to unblock it first.
    case blocked(PublicIdentity)
    case notBlocked(PublicIdentity)
    /// There is no request of this peer to decide about.
    case noRequest(PublicIdentity)
    /// Not what can be a nickname.
    case malformedNickname(String)
    /// Files cannot be sent from here.
    case noFiles

    /// The user, or a program of the user's, took the message out of the outbox.
    package static let takenBack = ChatError.notDelivered(reason: "it was taken back")
}
