import Identity
import Wire

/// One limit kept twice, by identity and by address.
struct DoubleLimit: Sendable {
    private var identities: RateLimiter<PublicIdentity>
    private var addresses: RateLimiter<[UInt8]>

    init(_ identity: Rate, _ address: Rate, _ limits: ServiceLimits) {
        identities = RateLimiter(identity, maximumKeys: limits.rememberedKeys)
        addresses = RateLimiter(address, maximumKeys: limits.rememberedKeys)
    }

    /// Counts one action, or throws how long to wait; what is refused is not counted.
    mutating func take(_ session: Session, at now: Duration) throws(DirectoryFailure) {
        let prefix = session.ip.limitPrefix
        let wait = max(identities.wait(session.identity, at: now), addresses.wait(prefix, at: now))
        guard wait == .zero else {
            throw .rateLimited(retryAfter: UInt32(clamping: wait.components.seconds + 1))
        }
        identities.take(session.identity, at: now)
        addresses.take(prefix, at: now)
    }
}

/// Everything that is counted, with bounded memory.
struct RequestLimits: Sendable {
    var claims: DoubleLimit
    var lookups: DoubleLimit
    var publications: DoubleLimit
    var pages: DoubleLimit
    var sealedPuts: DoubleLimit
    private var dialBacks: DoubleLimit
    private var dialled: RateLimiter<[UInt8]>

    init(_ limits: ServiceLimits) {
        claims = DoubleLimit(limits.claimsPerIdentity, limits.claimsPerAddress, limits)
        lookups = DoubleLimit(limits.lookupsPerIdentity, limits.lookupsPerAddress, limits)
        publications = DoubleLimit(limits.publicationsPerIdentity, limits.publicationsPerAddress, limits)
        pages = DoubleLimit(limits.pagesPerIdentity, limits.pagesPerAddress, limits)
        sealedPuts = DoubleLimit(limits.sealedPutsPerIdentity, limits.sealedPutsPerAddress, limits)
        dialBacks = DoubleLimit(limits.dialBacksPerIdentity, limits.dialBacksPerAddress, limits)
        dialled = RateLimiter(limits.dialBacksPerAddress, maximumKeys: limits.rememberedKeys)
    }

    /// Whether this link may have this address dialled now; counts it if so.
    mutating func mayDial(_ address: NetworkAddress, for session: Session, at now: Duration) -> Bool {
        guard dialled.wait(address.ip.limitPrefix, at: now) == .zero,
            (try? dialBacks.take(session, at: now)) != nil
        else { return false }
        dialled.take(address.ip.limitPrefix, at: now)
        return true
    }
}
