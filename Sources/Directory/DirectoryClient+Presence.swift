import FoundationEssentials
package import Identity
package import Wire

extension DirectoryClient {
    /// Makes this identity present for two hours at most, or renews that.
    ///
    /// The directory dials each address back before it takes the record; those that it cannot reach are left
    /// out, and the result says why.
    ///
    /// - Parameters:
    ///   - addresses: numeric, at most 8. None: can call, cannot be called.
    ///   - discoverable: whether strangers find this identity.
    ///   - handle: one that this identity has claimed here, or none.
    ///   - dialBackAnew: whether addresses that were not reached over this link are tried again; those that
    ///     were are not dialled twice in any case.
    ///   - givingWay: throw `presentElsewhere`, and leave everything as it is, when another link of this identity
    ///     keeps a presence; otherwise that one is superseded.
    package func publish(
        addresses: [Endpoint], discoverable: Bool, handle: Handle?, dialBackAnew: Bool = true,
        givingWay: Bool = false
    ) async throws(DirectoryError) -> PublishResult {
        let wanted = try Self.unique(addresses)
        let begun = withdrawals
        if dialBackAnew { unreached = [:] }
        var candidates = wanted.filter { unreached[$0] == nil }
        // Once for the dial-backs, once without what was not reached, once more for each should another record
        // have a higher sequence: this computer's clock was set back since.
        for _ in 0..<4 {
            guard withdrawals == begun else { throw .closed }
            let record = try makeRecord(candidates, discoverable: discoverable)
            switch try await request(.publish(record.signed, handle: handle, giveWay: givingWay)) {
            case .failure(.outOfSequence(let newest)):
                lastSequence = max(lastSequence, newest)
            case .published(let publication):
                try checked { () throws(DirectoryError) in try Self.check(publication, of: record) }
                for dialled in publication.addresses where dialled.reachability != .reachable {
                    unreached[dialled.address] = dialled.reachability
                }
                guard publication.inForce else {
                    candidates = candidates.filter { unreached[$0] == nil }
                    continue
                }
                return PublishResult(
                    lifetime: .seconds(Int64(publication.lifetime)), discoverable: discoverable,
                    handle: handle,
                    addresses: wanted.map {
                        AddressResult(endpoint: $0.endpoint, reachability: unreached[$0] ?? .reachable)
                    })
            default: throw misbehaved("it answers publishing with something else")
            }
        }
        throw .refused(.outOfSequence(newest: lastSequence))
    }

    /// Ends this identity's presence at once.
    package func unregister(within limit: Duration? = nil) async throws(DirectoryError) {
        withdrawals += 1
        guard case .unregistered = try await request(.unregister, within: limit) else {
            throw misbehaved("it answers unregistering with something else")
        }
    }

    /// The ip that the directory sees this link come from.
    package func observe() async throws(DirectoryError) -> IPAddress {
        guard case .observed(let ip) = try await request(.observe) else {
            throw misbehaved("it answers with something else than an ip address")
        }
        return ip
    }

    private func makeRecord(
        _ addresses: [NetworkAddress], discoverable: Bool
    ) throws(DirectoryError) -> PresenceRecord {
        // Milliseconds rise by themselves across restarts, so nothing has to be remembered on disk.
        let milliseconds = UInt64(max(0, min(now().timeIntervalSince1970 * 1000, 1e15)))
        let (next, overflow) = lastSequence.addingReportingOverflow(1)
        lastSequence = overflow ? lastSequence : max(next, milliseconds)
        do {
            return try PresenceRecord.make(
                PresenceFields(
                    identity: keys.publicIdentity, directory: directory, addresses: addresses,
                    discoverable: discoverable, sequence: lastSequence, lifetime: WireLimits.lifetime),
                by: keys)
        } catch {
            throw .invalidRequest("the presence record cannot be made: \(error)")
        }
    }

    private static func unique(_ endpoints: [Endpoint]) throws(DirectoryError) -> [NetworkAddress] {
        var addresses: [NetworkAddress] = []
        for endpoint in endpoints {
            guard let address = try? NetworkAddress(endpoint) else {
                throw .invalidRequest("\(endpoint) is no ip address with a port")
            }
            if !addresses.contains(address) { addresses.append(address) }
        }
        guard addresses.count <= WireLimits.addresses else {
            throw .invalidRequest("more than \(WireLimits.addresses) addresses")
        }
        return addresses
    }

    private static func check(
        _ publication: DirectoryResponse.Publication, of record: PresenceRecord
    ) throws(DirectoryError) {
        guard publication.addresses.map(\.address) == record.addresses else {
            throw .misbehaves("it reports on other addresses than those published")
        }
        guard publication.inForce == publication.addresses.allSatisfy({ $0.reachability == .reachable }),
            publication.lifetime <= record.lifetime
        else { throw .misbehaves("what it says of a publication contradicts itself") }
    }
}
