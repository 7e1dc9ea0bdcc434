/// So many of something in a time; what strangers can make this side do is bounded by it.
struct Allowance {
    private let most: Int
    private let period: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private var left: Int
    private var began: ContinuousClock.Instant

    init(
        of most: Int, every period: Duration,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.most = most
        self.period = period
        self.now = now
        left = most
        began = now()
    }

    /// False when there is none left for now.
    mutating func take() -> Bool {
        let instant = now()
        if began.duration(to: instant) >= period {
            began = instant
            left = most
        }
        guard left > 0 else { return false }
        left -= 1
        return true
    }
}
