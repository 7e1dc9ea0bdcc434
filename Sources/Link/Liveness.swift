/// When to ask whether the peer is there, and when to stop asking (docs/protocol.md, "Frames").
struct Liveness {
    /// A `ping` that somebody asked for, and a `pong`, waiting to be written: no more than one of each, however many are
    /// asked for, so a peer that asks and never reads costs nothing.
    private(set) var pingAsked = false
    private(set) var pongWaits = false
    /// A `ping` that is due because nothing else was sent; any frame does as well.
    private(set) var pingDue = false
    private var sent: Duration
    private var received: Duration
    /// While the own side reads nothing, it cannot blame the peer for silence.
    private var paused = false
    private let limits: LinkLimits

    init(at now: Duration, limits: LinkLimits) {
        sent = now
        received = now
        self.limits = limits
    }

    mutating func frameReceived(at now: Duration) { received = now }
    mutating func askPing() { pingAsked = true }
    mutating func pingReceived() { pongWaits = true }

    mutating func frameSent(_ kind: Frame.Kind, at now: Duration) {
        sent = now
        pingDue = false
        switch kind {
        case .ping: pingAsked = false
        case .pong: pongWaits = false
        case .envelope, .ready, .act, .close: break
        }
    }

    mutating func setPaused(_ paused: Bool, at now: Duration) {
        if self.paused, !paused { received = now }
        self.paused = paused
    }

    /// Whether the peer is gone; asks for a `ping` when it is time.
    mutating func isSilent(at now: Duration) -> Bool {
        if now - sent >= limits.pingAfter { pingDue = true }
        return !paused && now - received >= limits.silence
    }

    var hasWork: Bool { pingAsked || pingDue || pongWaits }

    /// When to look again.
    var deadline: Duration? {
        let ping = pingDue ? nil : sent + limits.pingAfter
        let silence = paused ? nil : received + limits.silence
        return [ping, silence].compactMap { $0 }.min()
    }
}
