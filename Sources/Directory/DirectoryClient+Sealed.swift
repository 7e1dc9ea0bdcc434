import FoundationEssentials
package import Identity
package import Wire

extension DirectoryClient {
    /// Leaves sealed presences, each for so many seconds; with an empty blob takes one back. This link should be one of a throw-away identity.
    package func put(_ presences: [SealedBlob], lifetime: UInt32) async throws(DirectoryError) {
        var rest = presences[...]
        while !rest.isEmpty {
            let some = Array(rest.prefix(WireLimits.sealedAtOnce))
            rest = rest.dropFirst(some.count)
            guard case .sealedKept = try await request(.putSealed(some, lifetime: lifetime)) else {
                throw misbehaved("it answers putting with something else")
            }
        }
    }

    /// Where a contact is who is not discoverable, but has left a presence for `keys`; nil for one who has not. This link should be one of a
    /// throw-away identity, and for this alone.
    package func sealedPresence(
        of contact: PublicIdentity, for keys: IdentityKeys
    ) async throws(DirectoryError) -> PeerEntry? {
        // Left yesterday and still in force, or by a clock that is ahead.
        let today = SealedPresence.day(now())
        var tags: [[UInt8]] = []
        do {
            for day in [today, today &- 1, today + 1] {
                tags.append(try SealedPresence.tag(of: contact, for: keys, day: day))
            }
        } catch {
            throw .invalidRequest("no presence of this contact can be opened: \(error)")
        }
        guard case .sealedFetched(let blobs) = try await request(.fetchSealed(tags)),
            blobs.count == tags.count
        else { throw misbehaved("it answers fetching with something else") }
        let records = blobs.compactMap {
            SealedPresence.open($0, of: contact, at: directory, by: keys)
        }
        guard let newest = records.max(by: { $0.sequence < $1.sequence }) else { return nil }
        return PeerEntry(identity: contact, handle: nil, addresses: newest.addresses.map(\.endpoint))
    }
}
