package import Identity

/// How one is online at a directory.
package struct DirectorySettings: Sendable {
    /// One that this identity has claimed at the directory. Should the directory not know of that, the presence
    /// goes without it, and the state shows none.
    package var handle: Handle?
    package var discoverable: Bool
    /// Where one can be called: numeric endpoints, asked for anew at each publication. 0.0.0.0 and :: stand for
    /// the ip that the directory sees. None: can call, cannot be called.
    package var addresses: @Sendable () async -> [Endpoint]

    package init(
        handle: Handle?, discoverable: Bool, addresses: @escaping @Sendable () async -> [Endpoint]
    ) {
        self.handle = handle
        self.discoverable = discoverable
        self.addresses = addresses
    }
}

/// Whether one is online, and if not, why not.
package enum DirectoryState: Equatable, Sendable {
    case connecting
    /// Published; says under which handle, whether discoverable, and for each address whether one can be called
    /// there and if not, why not.
    case online(PublishResult)
    /// Why, and after which pause it is tried again; nil when it is not.
    case offline(DirectoryError, retryIn: Duration?)
    /// Stopped by its owner.
    case stopped
}
