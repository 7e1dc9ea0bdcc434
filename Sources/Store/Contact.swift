package import FoundationEssentials
package import Identity

/// Whether the person behind a contact's key was compared with; the states of design and output alike.
package enum Trust: String, Sendable, Codable, Hashable {
    /// Pinned on first use; nobody compared safety numbers yet.
    case unverified
    /// The safety number was compared and equal.
    case verified
    /// The handle now leads to another key: nothing is sent or shown until the user decides.
    case changed
    /// The key was revoked by its owner: nothing is sent to it or shown of it.
    case revoked

    /// What the state means, in one sentence for people.
    package var meaning: String {
        switch self {
        case .unverified: "pinned on first use, safety number not compared"
        case .verified: "safety number compared and equal"
        case .changed: "the handle now leads to another key; nothing is sent until you decide"
        case .revoked: "the key was revoked by its owner; nothing is sent to it"
        }
    }
}

/// A handle as one directory knows it. Handles of different directories have nothing to do with each other.
package struct KnownHandle: Sendable, Hashable {
    /// The directory's identity.
    package let directory: PublicIdentity
    package let handle: Handle

    package init(directory: PublicIdentity, handle: Handle) {
        self.directory = directory
        self.handle = handle
    }
}

/// What the user decided about a peer. Raw values are stored.
package enum Standing: String, Sendable, Codable, Hashable {
    /// Talks freely.
    case accepted
    /// Wrote first, and nothing was decided yet.
    case request
    /// Turned away without being told.
    case declined
    /// Not even a handshake succeeds.
    case blocked
}

/// A peer that was met: pinned by identity, never by name.
package struct Contact: Sendable, Hashable {
    package let identity: PublicIdentity
    /// Handles that a directory confirmed for this identity, the newest last.
    package var handles: [KnownHandle]
    /// Whether the safety number was compared and equal.
    package var isVerified: Bool
    /// The identity that a directory gave for one of this contact's handles instead of this one; nil when all is well.
    package var replacement: PublicIdentity?
    /// When the contact was pinned.
    package let since: Date
    /// One's own name for the peer; never leaves this computer.
    package var nickname: String?
    package var standing: Standing
    /// Messages are kept and shown, without a sign that they came.
    package var isMuted: Bool
    /// Keys that the peer had before this one and handed on, the oldest first.
    package var former: [PublicIdentity]
    /// Whether the peer's key was revoked.
    package var isRevoked: Bool
    /// Whether the peer does not know yet that one's own key was replaced.
    package var isUntold: Bool

    package init(
        identity: PublicIdentity, handles: [KnownHandle] = [], isVerified: Bool = false,
        replacement: PublicIdentity? = nil, since: Date, nickname: String? = nil,
        standing: Standing = .accepted, isMuted: Bool = false, former: [PublicIdentity] = [],
        isRevoked: Bool = false, isUntold: Bool = false
    ) {
        self.identity = identity
        self.handles = handles
        self.isVerified = isVerified
        self.replacement = replacement
        self.since = since
        self.nickname = nickname
        self.standing = standing
        self.isMuted = isMuted
        self.former = former
        self.isRevoked = isRevoked
        self.isUntold = isUntold
    }

    package var trust: Trust {
        if isRevoked { return .revoked }
        if replacement != nil { return .changed }
        return isVerified ? .verified : .unverified
    }

    /// Whether the key came in the place of another one, and was not compared since.
    package var hasNewKey: Bool { !former.isEmpty && trust == .unverified }

    /// The newest handle that `directory` confirmed for this contact.
    package func handle(at directory: PublicIdentity?) -> Handle? {
        handles.last { $0.directory == directory }?.handle
    }
}
