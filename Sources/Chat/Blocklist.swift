package import Identity
import Synchronization

/// The identities whose links end before they open. Asked from the network's threads.
package final class Blocklist: Sendable {
    private let identities = Mutex(Set<PublicIdentity>())

    package init() {}

    package func contains(_ identity: PublicIdentity) -> Bool {
        identities.withLock { $0.contains(identity) }
    }

    func set(_ identity: PublicIdentity, isBlocked: Bool) {
        identities.withLock { identities in
            if isBlocked { identities.insert(identity) } else { identities.remove(identity) }
        }
    }
}
