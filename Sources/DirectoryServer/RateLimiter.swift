/// Allows each key so many actions in a period: all at once if they were saved up, and then one for each
/// fraction of the period (the generic cell rate algorithm: one number a key).
///
/// Memory is bounded: keys that have their full allowance again are forgotten, and if there are too many others,
/// those that would have it soonest. Forgetting makes a key new, which is no gain to those who can make new keys
/// at will; the limits that count are kept by address.
struct RateLimiter<Key: Hashable & Sendable>: Sendable {
    private let interval: Duration
    private let tolerance: Duration
    private let maximumKeys: Int
    /// When each key will have its full allowance again.
    private var full: [Key: Duration] = [:]

    init(_ rate: Rate, maximumKeys: Int) {
        interval = rate.period / max(1, rate.count)
        tolerance = rate.period - interval
        self.maximumKeys = max(1, maximumKeys)
    }

    var count: Int { full.count }

    /// How long the key has to wait for its next action; zero: it may act now.
    func wait(_ key: Key, at now: Duration) -> Duration {
        max(.zero, (full[key] ?? now) - tolerance - now)
    }

    /// Counts an action.
    mutating func take(_ key: Key, at now: Duration) {
        if full[key] == nil, full.count >= maximumKeys { forget(at: now) }
        full[key] = max(now, full[key] ?? now) + interval
    }

    private mutating func forget(at now: Duration) {
        full = full.filter { $0.value > now }
        // Down to half only now and then, so that the sorting is paid for by as many new keys.
        guard full.count > maximumKeys * 3 / 4 else { return }
        let latest = full.sorted { $0.value > $1.value }.prefix(maximumKeys / 2)
        full = Dictionary(uniqueKeysWithValues: latest.map { ($0.key, $0.value) })
    }
}
