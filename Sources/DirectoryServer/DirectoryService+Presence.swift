import Directory
import Identity
import Wire

extension DirectoryService {
    /// A publication that passed the checks which need no waiting.
    struct Publication {
        let record: PresenceRecord
        let handle: Handle?
        /// The session's count when it began.
        let withdrawals: Int
    }

    /// Checks a record; what it holds is not in force before ``finish(_:session:)``.
    func begin(
        _ signed: SignedRecord, _ handle: Handle?, giveWay: Bool, session number: UInt64
    ) async -> Result<Publication, DirectoryFailure> {
        // A link that gave way to a newer one must not take the presence back before it is closed.
        guard let session = sessions[number], !session.isSuperseded else { return .failure(.unavailable) }
        do {
            try limits.publications.take(session, at: uptime())
            guard session.publishing < options.limits.publicationsAtOnce else {
                throw DirectoryFailure.rateLimited(retryAfter: 1)
            }
            guard let record = try? PresenceRecord(signed), record.identity == session.identity,
                record.directory == identity
            else { throw DirectoryFailure.invalid }
            if giveWay, let other = publishers[record.identity], other != number {
                throw DirectoryFailure.presentElsewhere
            }
            try checkRoom(for: record)
            if let handle { _ = try await claim(of: handle, by: record.identity) }
            keep(record.identity, by: number)
            sessions[number]?.publishing += 1
            return .success(
                Publication(record: record, handle: handle, withdrawals: session.withdrawals))
        } catch let failure as DirectoryFailure {
            return .failure(failure)
        } catch {
            return .failure(.unavailable)
        }
    }

    /// Dials back and, if every address was reached, puts the record into force.
    func finish(
        _ begun: Result<Publication, DirectoryFailure>, session number: UInt64
    ) async -> DirectoryResponse.Body {
        let publication: Publication
        switch begun {
        case .success(let value): publication = value
        case .failure(let failure): return .failure(failure)
        }
        let dialled = await dialBack(publication.record, session: number)
        sessions[number]?.publishing -= 1
        guard dialled.allSatisfy({ $0.reachability == .reachable }) else {
            return .published(.init(inForce: false, lifetime: 0, addresses: dialled))
        }
        do {
            var named: (handle: Handle, claim: [UInt8])?
            if let handle = publication.handle {
                named = (handle, try await claim(of: handle, by: publication.record.identity))
            }
            // No waiting from here on: what is checked now holds while it is put into force.
            try putIntoForce(publication, named: named, session: number)
        } catch {
            return .failure(error)
        }
        return .published(
            .init(inForce: true, lifetime: publication.record.lifetime, addresses: dialled))
    }

    func unregister(_ number: UInt64) -> DirectoryResponse.Body {
        guard let session = sessions[number] else { return .failure(.unavailable) }
        // Of other links of this identity too: it is the identity whose presence ends.
        for other in sessionsOf[session.identity] ?? [] { sessions[other]?.withdrawals += 1 }
        publishers[session.identity] = nil
        if let presence = presences.remove(session.identity) { announceLeaving(of: presence, .unregistered) }
        return .unregistered
    }

    private func checkRoom(for record: PresenceRecord) throws(DirectoryFailure) {
        if let presence = presences[record.identity] {
            guard record.sequence > presence.record.sequence else {
                throw .outOfSequence(newest: presence.record.sequence)
            }
        } else if presences.count >= options.limits.presences {
            throw .full
        }
    }

    /// A presence whose link has ended belongs to the link that renews it from the moment that it is asked to:
    /// dial-backs may take longer than the grace.
    private func keep(_ identity: PublicIdentity, by number: UInt64) {
        guard var presence = presences[identity], presence.graceEnds != nil else { return }
        presence.session = number
        presence.graceEnds = nil
        presences.put(presence)
    }

    private func putIntoForce(
        _ publication: Publication, named: (handle: Handle, claim: [UInt8])?, session number: UInt64
    ) throws(DirectoryFailure) {
        let record = publication.record
        guard let session = sessions[number], !session.isSuperseded,
            session.withdrawals == publication.withdrawals
        else { throw .unavailable }
        try checkRoom(for: record)
        let former = presences[record.identity]
        let presence = Presence(
            record: record, named: named, session: number,
            expires: uptime() + .seconds(Int64(record.lifetime)), graceEnds: nil)
        presences.put(presence)
        announceComing(of: presence, after: former)
        if let older = publishers.updateValue(number, forKey: record.identity), older != number {
            supersede(older)
        }
    }

    /// Of two links of one identity the newer counts.
    private func supersede(_ number: UInt64) {
        guard let event = Self.encoded(.superseded) else { return }
        sessions[number]?.isSuperseded = true
        sessions[number]?.add(event, limit: .max, instead: event)
    }

    // MARK: Dial-back

    private func dialBack(_ record: PresenceRecord, session number: UInt64) async -> [DialledAddress] {
        await withTaskGroup(of: DialledAddress.self) { group in
            var results: [NetworkAddress: Reachability] = [:]
            for address in record.addresses {
                if let known = withoutDialling(address, session: number) {
                    results[address] = known
                    continue
                }
                dialBacks += 1
                let (probe, identity) = (probe, record.identity)
                group.addTask {
                    DialledAddress(address: address, reachability: await probe(address.endpoint, identity))
                }
            }
            for await dialled in group {
                dialBacks -= 1
                results[dialled.address] = dialled.reachability
                if dialled.reachability == .reachable { remember(dialled.address, session: number) }
            }
            return record.addresses.map {
                DialledAddress(address: $0, reachability: results[$0] ?? .unknown)
            }
        }
    }

    /// What is to be said of an address without dialling it; nil: it is to be dialled, and that is counted.
    private func withoutDialling(_ address: NetworkAddress, session number: UInt64) -> Reachability? {
        guard let session = sessions[number] else { return .unknown }
        // First of all: nobody can make the directory dial a third party.
        guard address.ip == session.ip || options.allowAnyAddress else { return .otherAddress }
        if session.reached.contains(address) { return .reachable }
        guard dialBacks < options.limits.dialBacksAtOnce,
            limits.mayDial(address, for: session, at: uptime())
        else { return .dialledTooOften }
        return nil
    }

    private func remember(_ address: NetworkAddress, session number: UInt64) {
        guard let count = sessions[number]?.reached.count, count < options.limits.reachedPerLink else {
            return
        }
        sessions[number]?.reached.insert(address)
    }
}
