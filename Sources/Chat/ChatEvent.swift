package import FoundationEssentials
package import Identity
package import Store
package import Wire

/// Whom a line on the screen or in a script is about.
package struct PeerSummary: Sendable, Hashable {
    package let identity: PublicIdentity
    /// Only a handle that the directory confirmed for this identity.
    package let handle: Handle?
    package let trust: Trust

    package init(identity: PublicIdentity, handle: Handle?, trust: Trust) {
        self.identity = identity
        self.handle = handle
        self.trust = trust
    }

    /// The handle, or the short fingerprint where no handle was confirmed.
    package var name: String { handle?.text ?? identity.shortFingerprint }
}

/// A text message that arrived and was acknowledged.
package struct IncomingMessage: Sendable, Equatable {
    package let id: MessageID
    /// When the sender wrote it, by the sender's clock.
    package let sentAt: Date
    package let peer: PeerSummary
    package let text: String
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
    case link(PeerSummary, LinkState)
    /// A known handle leads to another key: nothing was sent to it and nothing of it is shown.
    case changed(PeerSummary, handle: Handle, replacement: PublicIdentity)
}
