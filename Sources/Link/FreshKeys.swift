import Identity
import NIOCore
import Sodium

/// Where the acts inside a link stand (docs/protocol.md, "Fresh keys inside a link"). Each flight is the content of one frame of
/// kind `act`; its length says which one it is.
enum Renewal: ~Copyable {
    case none
    /// Initiator: act 1 was sent.
    case awaitingSecond(InitiatorExchange)
    /// Initiator: act 3 and the new header were sent; the own direction runs under the new keys.
    case awaitingHeader(SessionKeys)
    /// Initiator: both directions run under the new keys; the first frame must be `ready`.
    case awaitingReady
    /// Responder: act 2 was sent.
    case awaitingThird(ResponderExchange)

    /// Takes the state out; what follows has to put one back.
    mutating func take() -> Renewal {
        var taken = Renewal.none
        swap(&taken, &self)
        return taken
    }

    var isIdle: Bool {
        switch self {
        case .none: true
        default: false
        }
    }

    var isAwaitingReady: Bool {
        switch self {
        case .awaitingReady: true
        default: false
        }
    }
}

extension EstablishedLink {
    private static var thirdWithHeader: Int { Act.thirdSize + Act.headerSize }

    // MARK: Beginning

    /// Only the initiator begins, never while one is pending, and not once anybody is leaving.
    private var mayRenew: Bool { role == .initiator && renewal.isIdle && closing.isOpen }

    func renewalIsDue(at now: Duration) -> Bool {
        mayRenew
            && (keys.sent >= limits.renewalBytes || keys.received >= limits.renewalBytes
                || now - keys.since >= limits.renewalAge)
    }

    var renewalDeadline: Duration? { mayRenew ? keys.since + limits.renewalAge : nil }

    mutating func beginRenewal(at now: Duration, _ actions: inout LinkActions) throws(Violation) {
        let exchange = try InitiatorExchange(
            context(responder: remote), static: local.secretKey(), material: local.material)
        try write(.act, exchange.first, at: now, &actions)
        renewal = .awaitingSecond(exchange)
    }

    // MARK: Flights

    mutating func handleAct(
        _ content: [UInt8], at now: Duration, _ actions: inout LinkActions
    ) throws(Violation) {
        switch (role, content.count) {
        case (.responder, Act.firstSize): try answerFirst(content, at: now, &actions)
        case (.initiator, Act.secondSize): try answerSecond(content, at: now, &actions)
        case (.responder, Self.thirdWithHeader): try answerThird(content, at: now, &actions)
        case (.initiator, Act.headerSize): try switchReading(content, at: now)
        default: throw .actLength
        }
    }

    private mutating func answerFirst(
        _ first: [UInt8], at now: Duration, _ actions: inout LinkActions
    ) throws(Violation) {
        guard renewal.isIdle else { throw .actOrder }
        // Both must be missing for it to be too early; each alone is what an honest initiator may reach.
        guard
            now - keys.since >= limits.renewalNotWithin || keys.sent + keys.received >= limits.renewalNotBelow
        else { throw .actTooEarly }
        // Whoever has pushed `FINAL` sends no more acts; the initiator learns from the `FINAL` that none comes.
        guard !closing.finished else { return }
        let exchange = try ResponderExchange(
            answering: first, context(responder: local.identity), static: local.secretKey(),
            material: local.material)
        try write(.act, exchange.second, at: now, &actions)
        renewal = .awaitingThird(exchange)
    }

    private mutating func answerSecond(
        _ second: [UInt8], at now: Duration, _ actions: inout LinkActions
    ) throws(Violation) {
        guard case .awaitingSecond(let exchange) = renewal.take() else { throw .actOrder }
        let proved = try exchange.readSecond(second)
        guard !closing.finished else { return }
        let finished = try proved.writeThird(local.identity)
        let third = finished.third
        let fresh = finished.takeKeys()
        let next = try FrameWriter(
            key: fresh.initiatorToResponder, header: local.material.streamHeader(), limits: limits, now: now)
        // The last frame of this direction under the old keys.
        try write(.act, third + next.header, at: now, &actions)
        writer = next
        renewal = .awaitingHeader(fresh)
    }

    private mutating func answerThird(
        _ content: [UInt8], at now: Duration, _ actions: inout LinkActions
    ) throws(Violation) {
        guard case .awaitingThird(let exchange) = renewal.take() else { throw .actOrder }
        let finished = try exchange.readThird(Array(content.prefix(Act.thirdSize)))
        // The same peer as ever, not merely somebody who can prove an identity.
        guard finished.identity == remote else { throw .identity }
        let fresh = finished.takeKeys()
        reader = try FrameReader(
            key: fresh.initiatorToResponder, header: Array(content.dropFirst(Act.thirdSize)), limits: limits)
        keys = KeysInUse(hash: fresh.hash, since: now)
        // Behind the own `FINAL` only the reading side switches.
        guard !closing.finished else { return }
        let next = try FrameWriter(
            key: fresh.responderToInitiator, header: local.material.streamHeader(), limits: limits, now: now)
        try write(.act, next.header, at: now, &actions)
        writer = next
        try write(.ready, at: now, &actions)
    }

    private mutating func switchReading(_ header: [UInt8], at now: Duration) throws(Violation) {
        guard case .awaitingHeader(let fresh) = renewal.take() else { throw .actOrder }
        reader = try FrameReader(key: fresh.responderToInitiator, header: header, limits: limits)
        keys = KeysInUse(hash: fresh.hash, since: now)
        renewal = .awaitingReady
    }

    private func context(responder: PublicIdentity) -> ExchangeContext {
        ExchangeContext(purpose: local.purpose, responder: responder, renewing: keys.hash)
    }
}
