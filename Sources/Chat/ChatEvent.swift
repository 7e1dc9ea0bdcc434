package import Files
package import FoundationEssentials
package import Identity
package import Store
package import Wire

/// Whom a line on the screen or in a script is about.
package struct PeerSummary: Sendable, Hashable {
    package let identity: PublicIdentity
    /// Only a handle that the directory confirmed for this identity.
    package let handle: Handle?
    /// The name that the user gave; it never leaves this home.
    package let nickname: String?
    package let trust: Trust
    package let standing: Standing
    package let isMuted: Bool
    /// Whether the key came in the place of another one, and was not compared since.
    package let hasNewKey: Bool

    package init(
        identity: PublicIdentity, handle: Handle?, nickname: String? = nil, trust: Trust,
        standing: Standing = .accepted, isMuted: Bool = false, hasNewKey: Bool = false
    ) {
        self.identity = identity
        self.handle = handle
        self.nickname = nickname
        self.trust = trust
        self.standing = standing
        self.isMuted = isMuted
        self.hasNewKey = hasNewKey
    }

    /// How far the key is to be trusted, in one sentence for people.
    package var meaning: String {
        hasNewKey
            ? "a new key, which the one before has handed on to; safety number not compared" : trust.meaning
    }

    /// The nickname, else the handle, else the short fingerprint.
    package var name: String { nickname ?? handle?.text ?? identity.shortFingerprint }
}

/// A message of a peer, stored and acknowledged.
package struct IncomingMessage: Sendable, Equatable {
    package let peer: PeerSummary
    package let stored: StoredMessage

    package init(peer: PeerSummary, stored: StoredMessage) {
        self.peer = peer
        self.stored = stored
    }

    package var id: MessageID { stored.id }
    /// When the sender wrote it, by the sender's clock.
    package var sentAt: Date { stored.sentAt }
    package var content: MessageContent { stored.content }
    /// Whether it is the first contact of a stranger, who waits for an answer to the question whether to talk.
    package var isRequest: Bool { peer.standing == .request }
}

/// How a link stands.
package enum LinkState: String, Sendable {
    case connected
    /// The peer, or this side, said goodbye.
    case closed
    /// The connection ended without a goodbye.
    case cut
}

/// What the Messenger tells the screen or the script.
package enum ChatEvent: Sendable {
    case message(IncomingMessage)
    /// Own messages have come to a new state.
    case state(PeerSummary, [MessageID], DeliveryState)
    case link(PeerSummary, LinkState)
    /// A contact came online at the directory, or left.
    case presence(PeerSummary, isOnline: Bool)
    /// A known handle leads to another key: nothing was sent to it and nothing of it is shown.
    case changed(PeerSummary, handle: Handle, replacement: PublicIdentity)
    /// A peer has a new key, which the one before handed on to: the conversation goes on with it, not verified.
    case rotated(PeerSummary, from: PublicIdentity)
    /// A peer's key was revoked: nothing is sent to it or shown of it any more. The heir is who may have the handle instead.
    case revoked(PeerSummary, handle: Handle, heir: PublicIdentity?)
    case file(PeerSummary, FileEvent)
    /// What a peer sent could not be kept, so that it was not acknowledged: the peer still has it.
    case notKept(PeerSummary, reason: StoreError)

    package var peer: PublicIdentity? {
        switch self {
        case .message(let message): message.peer.identity
        case .state(let peer, _, _), .link(let peer, _), .presence(let peer, _), .changed(let peer, _, _),
            .rotated(let peer, _), .revoked(let peer, _, _), .file(let peer, _), .notKept(let peer, _):
            peer.identity
        }
    }
}
