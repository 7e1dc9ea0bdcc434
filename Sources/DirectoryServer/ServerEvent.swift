package import Identity

/// What an operator may see of the presences, for the lines that the server prints. Addresses are for a
/// terminal only, never for a file or a log.
package enum ServerEvent: Sendable, Equatable {
    case registered(Registration)
    /// Another handle, other addresses, or another wish to be discoverable.
    case changed(Registration)
    case left(Registration, LeaveReason)
    /// The store failed; the text is for the operator, not for clients.
    case storeFailed(String)
    /// A witness is there, or is not any more; its name in the operator's policy.
    case witnessCame(String)
    case witnessLeft(String)
    /// The folder that the log is published in stays as it was; told once, until it goes on. The text is for the operator.
    case publishingFailed(String)
    /// After that: the folder has the newest checkpoint again.
    case publishingGoesOn
}

/// One presence as the operator sees it.
package struct Registration: Sendable, Equatable {
    package let handle: Handle?
    package let identity: PublicIdentity
    package let discoverable: Bool
    package let addresses: [Endpoint]

    package init(handle: Handle?, identity: PublicIdentity, discoverable: Bool, addresses: [Endpoint]) {
        self.handle = handle
        self.identity = identity
        self.discoverable = discoverable
        self.addresses = addresses
    }
}

/// Why a presence ended.
package enum LeaveReason: Sendable, Equatable {
    case unregistered
    /// The link ended, and the identity did not come back within the grace.
    case linkEnded
    /// It was not renewed.
    case expired
}
