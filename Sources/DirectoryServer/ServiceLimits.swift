/// So many of something in a period.
package struct Rate: Sendable {
    package let count: Int
    package let period: Duration

    package init(_ count: Int, per period: Duration) {
        self.count = count
        self.period = period
    }
}

/// Every bound of a directory (protocol.md §8). "Per address" counts an IPv4 address or an IPv6 /64: identities
/// cost nothing, so those alone would bound nothing.
package struct ServiceLimits: Sendable {
    /// Entries in all: each is kept for good.
    package var claimsPerIdentity = Rate(10, per: .seconds(3_600))
    package var claimsPerAddress = Rate(100, per: .seconds(3_600))
    package var handlesPerIdentity = 3
    /// Look-ups, pages of the list, confirmations, newest entries, checkpoints and watching together.
    package var lookupsPerIdentity = Rate(60, per: .seconds(60))
    package var lookupsPerAddress = Rate(600, per: .seconds(60))
    /// Pages of the log's entries and hashes: a client that copies 100,000 entries asks for 350 of them, one that audits goes on.
    package var pagesPerIdentity = Rate(600, per: .seconds(60))
    package var pagesPerAddress = Rate(1_200, per: .seconds(60))
    /// Each costs a signature check, and may be told to every watcher.
    package var publicationsPerIdentity = Rate(30, per: .seconds(60))
    package var publicationsPerAddress = Rate(300, per: .seconds(60))
    /// By identity, by the address that asks and by the address that is dialled: nobody can make the directory
    /// scan ports, or have others make it flood one host.
    package var dialBacksPerIdentity = Rate(20, per: .seconds(60))
    package var dialBacksPerAddress = Rate(60, per: .seconds(60))
    /// At one time, each at most 5 s and one socket.
    package var dialBacksAtOnce = 64

    /// Requests of up to 48 sealed presences; who has them comes as a new identity each time, so the address counts.
    package var sealedPutsPerIdentity = Rate(60, per: .seconds(60))
    package var sealedPutsPerAddress = Rate(300, per: .seconds(60))

    /// About 1 KiB each.
    package var presences = 100_000
    /// Sealed presences, about 1.3 KiB each: one for each contact of everybody who is not discoverable.
    package var sealed = 200_000
    package var sealedPerLink = 2_048
    package var links = 100_000
    /// Many share one address behind a carrier's NAT; nobody else needs so many.
    package var linksPerAddress = 1_000
    /// Each event is told to all of them.
    package var watchers = 10_000
    /// Events that wait for one watcher; with more it is told that it missed some.
    package var eventsPerWatcher = 256
    /// Of one link, under way at once: all other requests are answered one after the other.
    package var publicationsAtOnce = 4
    /// Addresses that one link remembers as reached.
    package var reachedPerLink = 32
    /// Keys that one rate limit remembers: 65,536 take some MiB.
    package var rememberedKeys = 65_536

    /// How far the time in an entry may be from the directory's clock.
    package var clockDifference = Duration.seconds(600)

    package init() {}
}

/// How a directory behaves, as its operator chose.
package struct ServiceOptions: Sendable {
    /// Publishes addresses at other ips than the one that the link comes from, too. They are dialled back all
    /// the same.
    package var allowAnyAddress = false
    /// How long a presence outlives its link, so that a short interruption is nobody's leaving.
    package var grace = Duration.seconds(5)
    package var limits = ServiceLimits()

    package init() {}
}
