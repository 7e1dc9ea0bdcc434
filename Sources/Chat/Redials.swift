import Identity

/// When to dial whom by oneself, because something waits to be delivered: at once at first, then after pauses of 1, 2, 4 … 60 s
/// (protocol.md §8), and no more often in all than a directory answers look-ups.
struct Redials {
    private struct Entry {
        var pause: Duration = Redials.shortestPause
        var due: ContinuousClock.Instant
        var isTrying = false
        /// Something said that the peer is there while an attempt was under way.
        var isUrged = false
        /// There was a link at the last attempt.
        var hadLink = false
        var lastTry: ContinuousClock.Instant?
        /// The peer is there, so that trying is worth a look-up beyond the allowance.
        var isThere = false
    }

    private var entries: [PublicIdentity: Entry] = [:]
    private var allowance = Allowance(of: Redials.attempts, every: .seconds(60))

    /// Something waits for the peer. One whose links open and end without anything being delivered is dialled with pauses, too.
    mutating func want(_ peer: PublicIdentity, at now: ContinuousClock.Instant) {
        guard var entry = entries[peer] else {
            entries[peer] = Entry(due: now)
            return
        }
        guard entry.hadLink else { return }
        entry.hadLink = false
        entries[peer] = entry
        failed(peer, at: now)
    }

    /// The directory says that the peer is there: now, if something waits for it.
    mutating func came(_ peer: PublicIdentity, at now: ContinuousClock.Instant) {
        guard var entry = entries[peer] else { return }
        entry.due = now
        entry.pause = Self.shortestPause
        entry.isUrged = entry.isTrying
        entry.hadLink = false
        entry.isThere = true
        entries[peer] = entry
    }

    /// The user wrote: soon, however long the pause has become.
    mutating func urge(_ peer: PublicIdentity, at now: ContinuousClock.Instant) {
        guard var entry = entries[peer], !entry.isTrying else { return }
        entry.due = min(entry.due, max(now, (entry.lastTry ?? now) + Self.shortestPause))
        entries[peer] = entry
    }

    /// Those whose time has come; `failed` or `done` must follow for each.
    mutating func take(at now: ContinuousClock.Instant) -> [PublicIdentity] {
        var taken: [PublicIdentity] = []
        for (peer, entry) in entries.sorted(by: { $0.value.due < $1.value.due })
        where !entry.isTrying && !entry.hadLink && entry.due <= now {
            guard entry.isThere || allowance.take() else { break }
            entries[peer]?.isTrying = true
            entries[peer]?.isThere = false
            entries[peer]?.lastTry = now
            taken.append(peer)
        }
        return taken
    }

    /// - Parameter isTriedAgain: false where the next attempt waits until something says that the peer is there.
    mutating func failed(
        _ peer: PublicIdentity, at now: ContinuousClock.Instant, isTriedAgain: Bool = true
    ) {
        guard var entry = entries[peer] else { return }
        guard isTriedAgain || entry.isUrged else { return remove(peer) }
        entry.isTrying = false
        entry.due = entry.isUrged ? now : now + entry.pause
        entry.isUrged = false
        entry.pause = min(entry.pause * 2, Self.longestPause)
        entries[peer] = entry
    }

    /// There is a link.
    mutating func done(_ peer: PublicIdentity) {
        entries[peer]?.isTrying = false
        entries[peer]?.hadLink = true
    }

    /// Something was delivered: the next pause is short again.
    mutating func progressed(_ peer: PublicIdentity) { entries[peer]?.pause = Self.shortestPause }

    /// Nothing is to be delivered any more.
    mutating func remove(_ peer: PublicIdentity) { entries[peer] = nil }

    /// When to look again; nil when nothing is waited for.
    func next(after now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        // What is due and was not taken waits for the allowance.
        entries.values.filter { !$0.isTrying && !$0.hadLink }.map { max($0.due, now + .milliseconds(200)) }
            .min()
    }

    /// Each takes two look-ups: so a third of those that a directory answers in a minute is left to the user.
    private static let attempts = 20
    private static let shortestPause: Duration = .seconds(1)
    private static let longestPause: Duration = .seconds(60)
}
