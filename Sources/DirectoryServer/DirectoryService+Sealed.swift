import Wire

extension DirectoryService {
    /// Keeps sealed presences for whoever knows their tags, all of them or none.
    func put(
        _ presences: [SealedBlob], lifetime: UInt32, session number: UInt64
    ) throws(DirectoryFailure) -> DirectoryResponse.Body {
        guard let session = sessions[number] else { throw .unavailable }
        try limits.sealedPuts.take(session, at: uptime())
        guard sealed.count(of: number) + presences.count <= options.limits.sealedPerLink,
            sealed.count + presences.count <= options.limits.sealed
        else { throw .full }
        let expires = uptime() + .seconds(Int64(lifetime))
        for presence in presences { sealed.put(presence, session: number, expires: expires) }
        return .sealedKept
    }

    func fetchSealed(
        _ tags: [[UInt8]], for session: Session
    ) throws(DirectoryFailure) -> DirectoryResponse.Body {
        try limits.lookups.take(session, at: uptime())
        let now = uptime()
        return .sealedFetched(tags.map { sealed[$0, at: now] ?? [] })
    }
}
