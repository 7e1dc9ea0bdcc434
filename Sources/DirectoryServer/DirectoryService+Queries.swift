import Identity
import Wire

extension DirectoryService {
    func lookup(_ query: LookupQuery, for session: Session) throws(DirectoryFailure) -> DirectoryResponse.Body
    {
        try limits.lookups.take(session, at: uptime())
        // Who asks makes no difference, the one in question included: what one finds of oneself is what
        // strangers find.
        return .lookedUp(presences.find(query, at: uptime()))
    }

    func list(
        after last: PublicIdentity?, for session: Session
    ) throws(DirectoryFailure) -> DirectoryResponse.Body {
        try limits.lookups.take(session, at: uptime())
        let (page, more) = presences.page(
            after: last, at: uptime(), count: WireLimits.page,
            // What is left of a frame when the envelope's own few fields are in it.
            bytes: WireLimits.envelope - 64)
        return .listed(page, more: more)
    }

    func watch(_ number: UInt64) throws(DirectoryFailure) -> DirectoryResponse.Body {
        guard let session = sessions[number] else { throw .unavailable }
        try limits.lookups.take(session, at: uptime())
        guard watchers.contains(number) || watchers.count < options.limits.watchers else { throw .full }
        watchers.insert(number)
        return .watching
    }
}
