/// When to draw. What a key changed is shown at once, but not before the keys that wait are read: a paste is not
/// drawn letter by letter. What the program changed is shown soon, and not more often than eyes can tell.
struct DrawingPace {
    /// About 60 times a second.
    static let interval = Duration.milliseconds(16)

    private var keyAt: ContinuousClock.Instant?
    private var isRequested = false
    private var drawnAt: ContinuousClock.Instant?
    /// When what the program asked for was drawn.
    private var servedAt: ContinuousClock.Instant?

    /// A key, or what must be seen at once like one.
    mutating func keyCame(at now: ContinuousClock.Instant) {
        keyAt = keyAt ?? now
    }

    mutating func redrawRequested() {
        isRequested = true
    }

    /// How long to wait before drawing; zero: draw now. Nil: there is nothing to draw.
    func delay(at now: ContinuousClock.Instant, inputWaits: Bool) -> Duration? {
        guard keyAt != nil || isRequested else { return nil }
        guard let sinceKey = keyAt?.duration(to: now) else {
            // What a key asks the program for comes right behind the key, and is not to wait for the key's own drawing.
            return max(.zero, Self.interval - since(servedAt, now))
        }
        guard inputWaits else { return .zero }
        return max(.zero, Self.interval - max(sinceKey, since(drawnAt, now)))
    }

    mutating func drawn(at now: ContinuousClock.Instant) {
        if isRequested { servedAt = now }
        keyAt = nil
        isRequested = false
        drawnAt = now
    }

    private func since(_ instant: ContinuousClock.Instant?, _ now: ContinuousClock.Instant) -> Duration {
        instant.map { $0.duration(to: now) } ?? Self.interval
    }
}
