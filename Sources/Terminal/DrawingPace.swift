/// When to draw. What a key changed is shown at once, but not before the keys that wait are read: a paste is not
/// drawn letter by letter. What the program changed is shown soon, and not more often than eyes can tell.
struct DrawingPace {
    /// About 60 times a second.
    static let interval = Duration.milliseconds(16)

    private var keyAt: ContinuousClock.Instant?
    private var isRequested = false
    private var drawnAt: ContinuousClock.Instant?

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
        let sinceDrawn = drawnAt.map { $0.duration(to: now) } ?? Self.interval
        let sinceKey = keyAt?.duration(to: now)
        if sinceKey != nil && !inputWaits { return .zero }
        return max(.zero, Self.interval - (sinceKey.map { max($0, sinceDrawn) } ?? sinceDrawn))
    }

    mutating func drawn(at now: ContinuousClock.Instant) {
        keyAt = nil
        isRequested = false
        drawnAt = now
    }
}
