/// How fast something moves, over the last five seconds.
struct RateMeter: Sendable {
    private var samples: [(at: ContinuousClock.Instant, bytes: Int64)] = []

    /// - Parameter bytes: In all, so far.
    mutating func note(_ bytes: Int64, at now: ContinuousClock.Instant) {
        if let last = samples.last, last.at.duration(to: now) < Self.step, samples.count > 1 {
            samples[samples.count - 1].bytes = bytes
        } else {
            samples.append((now, bytes))
        }
        while samples.count > 2, samples[0].at.duration(to: now) > Self.window { samples.removeFirst() }
    }

    mutating func reset() { samples = [] }

    /// Bytes a second; nil before there is anything to compare.
    func rate(at now: ContinuousClock.Instant) -> Double? {
        guard let first = samples.first, let last = samples.last, last.bytes > first.bytes else { return nil }
        let passed = first.at.duration(to: now) / .seconds(1)
        return passed > 0 ? Double(last.bytes - first.bytes) / passed : nil
    }

    private static let window: Duration = .seconds(5)
    private static let step: Duration = .milliseconds(200)
}
