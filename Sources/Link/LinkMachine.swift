import Identity
import NIOCore

/// A link as a pure state machine: bytes, time and wishes in, `LinkActions` out. It knows no socket and no clock; `now` is
/// any clock that never goes back and runs on during sleep.
///
/// Whatever bytes come in, it answers with actions; it never traps and never throws. Every violation ends it without
/// another byte.
struct LinkMachine: ~Copyable {
    private enum Phase: ~Copyable {
        case dialling(InitiatorOpening, expecting: PublicIdentity)
        case answering(ResponderOpening)
        case established(EstablishedLink)
        case ended
    }

    private let local: LocalSide
    private let authorize: @Sendable (PublicIdentity) -> Bool
    private var phase: Phase
    private var intake = Intake()
    /// When an unfinished handshake ends.
    private let handshakeDeadline: Duration

    /// The dialling side. `actions` receives act 1; `now` is when the connection was open.
    ///
    /// - Parameter probing: end with `.proved` once act 2 is verified, without showing who one is.
    static func dialling(
        _ expecting: PublicIdentity, local: LocalSide, probing: Bool = false, at now: Duration,
        _ actions: inout LinkActions
    ) -> LinkMachine {
        do throws(Violation) {
            guard expecting != local.identity else { throw .ownIdentity }
            let exchange = try InitiatorExchange(
                ExchangeContext(purpose: local.purpose, responder: expecting, renewing: nil),
                static: local.secretKey(), material: local.material)
            actions.bytes.writeBytes(exchange.first)
            return LinkMachine(
                local, .dialling(.awaitingSecond(exchange, probing: probing), expecting: expecting), now
            ) { _ in true }
        } catch {
            actions.endSilently(.violation(error))
            return LinkMachine(local, .ended, now) { _ in false }
        }
    }

    /// The listening side. `authorize` is asked once the initiator has proved who it is; a no looks like a failed act 3.
    static func answering(
        local: LocalSide, at now: Duration, authorize: @escaping @Sendable (PublicIdentity) -> Bool
    ) -> LinkMachine {
        LinkMachine(local, .answering(.awaitingFirst), now, authorize)
    }

    private init(
        _ local: LocalSide, _ phase: consuming Phase, _ now: Duration,
        _ authorize: @escaping @Sendable (PublicIdentity) -> Bool
    ) {
        self.local = local
        self.phase = phase
        self.authorize = authorize
        handshakeDeadline = now + local.limits.handshake
    }

    // MARK: What comes from the network

    mutating func receive(_ bytes: ByteBuffer, at now: Duration, _ actions: inout LinkActions) {
        // After a sleep the bytes are there before the timer fires: what is overdue comes first.
        advance(to: now, &actions)
        guard !isEnded else { return }
        intake.add(bytes)
        do throws(Violation) {
            var goesOn = true
            while goesOn { goesOn = try step(at: now, &actions) }
        } catch {
            end(.violation(error), &actions)
        }
    }

    /// The peer writes no more. Behind its `FINAL` that is how it should be; anywhere else the connection was cut.
    mutating func endOfStream(_ actions: inout LinkActions) {
        if !peerFinished { end(.cut, &actions) }
    }

    /// The connection is gone in both directions.
    mutating func connectionLost(_ actions: inout LinkActions) {
        end(peerFinished ? .goodbye : .cut, &actions)
    }

    // MARK: What the own side wants

    /// Queues envelopes of 1…`Frame.largestEnvelope` bytes; nothing is queued before `opened` or behind a `close`.
    mutating func enqueue(_ envelopes: [[UInt8]]) {
        ifEstablished { $0.enqueue(envelopes) }
    }

    /// Asks whether the peer is alive; the answer is `actions.pong`.
    mutating func ping() {
        ifEstablished { $0.liveness.askPing() }
    }

    /// A goodbye behind what is queued. Before the link is open there is nothing to say: it ends.
    mutating func close(at now: Duration, _ actions: inout LinkActions) {
        guard ifEstablished({ $0.close(at: now) }) else { return end(.cut, &actions) }
    }

    /// Drops the link at once.
    mutating func cut(_ actions: inout LinkActions) { end(.cut, &actions) }

    /// Whether the own side has stopped reading, because its consumer is slow.
    mutating func setPaused(_ paused: Bool, at now: Duration) {
        ifEstablished { $0.liveness.setPaused(paused, at: now) }
    }

    // MARK: Time and room

    mutating func advance(to now: Duration, _ actions: inout LinkActions) {
        guard !isEnded else { return }
        var due: LinkEnd?
        if ifEstablished({ due = $0.advance(to: now) }) {
            intake.shrink()
        } else if now >= handshakeDeadline {
            due = .handshakeTimeout
        }
        if let due { end(due, &actions) }
    }

    /// Writes what waits, at most one batch; called while the socket takes more.
    mutating func pump(at now: Duration, _ actions: inout LinkActions) {
        do throws(Violation) {
            try ifEstablished { link throws(Violation) in try link.pump(at: now, &actions) }
        } catch {
            end(.violation(error), &actions)
        }
        if isGoodbye {
            phase = .ended
            actions.end = .goodbye
        }
    }

    /// Whether `pump` would write something.
    func hasWork(at now: Duration) -> Bool {
        switch phase {
        case .established(let link): link.hasWork(at: now)
        default: false
        }
    }

    /// When `advance` and `pump` have something to do even if nothing else happens; nil behind the end.
    var deadline: Duration? {
        switch phase {
        case .established(let link): link.deadline
        case .dialling: handshakeDeadline
        case .answering: handshakeDeadline
        case .ended: nil
        }
    }

    // MARK: Phases

    var isEnded: Bool {
        switch phase {
        case .ended: true
        default: false
        }
    }

    private var peerFinished: Bool {
        switch phase {
        case .established(let link): link.closing.peerFinished
        default: false
        }
    }

    private var isGoodbye: Bool {
        switch phase {
        case .established(let link): link.closing.isGoodbye
        default: false
        }
    }

    /// One step with the bytes in hand; whether another may follow. What throws leaves `ended` behind.
    private mutating func step(at now: Duration, _ actions: inout LinkActions) throws(Violation) -> Bool {
        switch takePhase() {
        case .dialling(let opening, let expecting):
            switch try opening.step(local, expecting, &intake, at: now, &actions) {
            case .stays(let opening):
                phase = .dialling(opening, expecting: expecting)
                return false
            case .goesOn(let opening): phase = .dialling(opening, expecting: expecting)
            case .opened(let link): phase = .established(link)
            case .proved:
                end(.proved, &actions)
                return false
            }
            return true

        case .answering(let opening):
            switch try opening.step(local, authorize: authorize, &intake, at: now, &actions) {
            case .stays(let opening):
                phase = .answering(opening)
                return false
            case .goesOn(let opening): phase = .answering(opening)
            case .opened(let link): phase = .established(link)
            }
            return true

        case .established(var link):
            try link.receive(&intake, at: now, &actions)
            if link.closing.isGoodbye { actions.end = .goodbye } else { phase = .established(link) }
            return false

        case .ended:
            return false
        }
    }

    /// Changes the established link; false, and nothing done, in any other phase.
    @discardableResult
    private mutating func ifEstablished<E: Error>(
        _ body: (inout EstablishedLink) throws(E) -> Void
    ) throws(E) -> Bool {
        switch takePhase() {
        case .established(var link):
            try body(&link)
            phase = .established(link)
            return true
        case let other:
            phase = other
            return false
        }
    }

    private mutating func takePhase() -> Phase {
        var taken = Phase.ended
        swap(&taken, &phase)
        return taken
    }

    /// Everything but a goodbye ends without another byte.
    private mutating func end(_ end: LinkEnd, _ actions: inout LinkActions) {
        guard actions.end == nil else { return }
        phase = .ended
        intake.discard()
        actions.endSilently(end)
    }
}
