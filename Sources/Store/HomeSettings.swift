package import Identity

/// What `p2pchat register` keeps, so that going online needs no flags.
package struct HomeSettings: Sendable, Equatable {
    /// The directory in use; nil before the first registration.
    package var directory: DirectoryReference?
    /// Whether the user chose to be online without a directory, for as long as none is named.
    package var goesWithoutDirectory: Bool
    /// The handle claimed there, if any.
    package var handle: Handle?
    /// Where to listen (port 0 lets the system choose one each time); nil for every IPv4 address and any port.
    package var listen: Endpoint?
    /// What to publish instead of the address that the directory sees.
    package var advertise: Endpoint?
    /// Whether strangers may find this peer.
    package var isDiscoverable: Bool
    /// Whether peers are told what was shown of their messages.
    package var sendsRead: Bool
    /// The way from former keys to this identity, as log entries, the oldest first; empty where there were none.
    package var rotations: [[UInt8]]

    package init(
        directory: DirectoryReference? = nil, handle: Handle? = nil, listen: Endpoint? = nil,
        advertise: Endpoint? = nil, isDiscoverable: Bool = false, sendsRead: Bool = true,
        goesWithoutDirectory: Bool = false, rotations: [[UInt8]] = []
    ) {
        self.directory = directory
        self.handle = handle
        self.listen = listen
        self.advertise = advertise
        self.isDiscoverable = isDiscoverable
        self.sendsRead = sendsRead
        self.goesWithoutDirectory = goesWithoutDirectory
        self.rotations = rotations
    }
}
