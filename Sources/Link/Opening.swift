import Identity
import NIOCore
import Sodium

/// The opening handshake of the side that dials (docs/protocol.md, "Handshake"). Each state is made from the one before.
enum InitiatorOpening: ~Copyable {
    case awaitingSecond(InitiatorExchange, probing: Bool)
    /// Act 3 and the own stream header are sent.
    case awaitingHeader(SessionKeys, FrameWriter)
    case awaitingReady(FrameWriter, FrameReader, KeysInUse)

    /// What one step of an opening led to.
    enum Step: ~Copyable {
        /// More bytes are needed first.
        case stays(InitiatorOpening)
        case goesOn(InitiatorOpening)
        case opened(EstablishedLink)
        /// Act 2 is verified, and a probe wants no more.
        case proved
    }

    consuming func step(
        _ local: LocalSide, _ responder: PublicIdentity, _ input: inout Intake, at now: Duration,
        _ actions: inout LinkActions
    ) throws(Violation) -> Step {
        switch consume self {
        case .awaitingSecond(let exchange, let probing):
            guard let second = input.take(Act.secondSize) else {
                return .stays(.awaitingSecond(exchange, probing: probing))
            }
            let proved = try exchange.readSecond(second)
            if probing { return .proved }
            let finished = try proved.writeThird(local.identity)
            actions.bytes.writeBytes(finished.third)
            let keys = finished.takeKeys()
            let writer = try FrameWriter(
                key: keys.initiatorToResponder, header: local.material.streamHeader(), limits: local.limits,
                now: now)
            actions.bytes.writeBytes(writer.header)
            return .goesOn(.awaitingHeader(keys, writer))

        case .awaitingHeader(let keys, let writer):
            guard let header = input.take(Act.headerSize) else {
                return .stays(.awaitingHeader(keys, writer))
            }
            let reader = try FrameReader(key: keys.responderToInitiator, header: header, limits: local.limits)
            return .goesOn(.awaitingReady(writer, reader, KeysInUse(hash: keys.hash, since: now)))

        case .awaitingReady(let writer, var reader, var keys):
            guard let frame = try reader.next(&input) else {
                return .stays(.awaitingReady(writer, reader, keys))
            }
            guard frame.kind == .ready else { throw .notReady }
            keys.received += UInt64(frame.wireBytes)
            actions.opened = LinkActions.Opened(remote: responder, hash: keys.hash)
            return .opened(
                EstablishedLink(
                    local: local, remote: responder, role: .initiator, writer: writer, reader: reader,
                    keys: keys,
                    now: now))
        }
    }
}

/// The opening handshake of the side that listens.
enum ResponderOpening: ~Copyable {
    case awaitingFirst
    case awaitingThird(ResponderExchange)
    /// The own stream header and `ready` are sent; the initiator's header came behind its act 3, or is about to.
    case awaitingHeader(PublicIdentity, SessionKeys, FrameWriter, KeysInUse)

    enum Step: ~Copyable {
        case stays(ResponderOpening)
        case goesOn(ResponderOpening)
        case opened(EstablishedLink)
    }

    consuming func step(
        _ local: LocalSide, authorize: (PublicIdentity) -> Bool, _ input: inout Intake, at now: Duration,
        _ actions: inout LinkActions
    ) throws(Violation) -> Step {
        switch consume self {
        case .awaitingFirst:
            guard let first = input.take(Act.firstSize) else { return .stays(.awaitingFirst) }
            let context = ExchangeContext(purpose: local.purpose, responder: local.identity, renewing: nil)
            let exchange = try ResponderExchange(
                answering: first, context, static: local.secretKey(), material: local.material)
            // Act 3 depends on act 2, which has not left yet: bytes behind act 1 cannot be right.
            guard input.count == 0 else { throw .earlyBytes }
            actions.bytes.writeBytes(exchange.second)
            return .goesOn(.awaitingThird(exchange))

        case .awaitingThird(let exchange):
            guard let third = input.take(Act.thirdSize) else { return .stays(.awaitingThird(exchange)) }
            let finished = try exchange.readThird(third)
            let initiator = finished.identity
            guard initiator != local.identity else { throw .ownIdentity }
            guard authorize(initiator) else { throw .notAuthorized }
            // No frame may come before `ready`, and that is only about to be written.
            guard input.count <= Act.headerSize else { throw .earlyBytes }
            let keys = finished.takeKeys()
            var writer = try FrameWriter(
                key: keys.responderToInitiator, header: local.material.streamHeader(), limits: local.limits,
                now: now)
            var inUse = KeysInUse(hash: keys.hash, since: now)
            actions.bytes.writeBytes(writer.header)
            inUse.sent += UInt64(try writer.write(.ready, at: now, to: &actions.bytes))
            return .goesOn(.awaitingHeader(initiator, keys, writer, inUse))

        case .awaitingHeader(let initiator, let keys, let writer, let inUse):
            guard let header = input.take(Act.headerSize) else {
                return .stays(.awaitingHeader(initiator, keys, writer, inUse))
            }
            let reader = try FrameReader(key: keys.initiatorToResponder, header: header, limits: local.limits)
            actions.opened = LinkActions.Opened(remote: initiator, hash: inUse.hash)
            return .opened(
                EstablishedLink(
                    local: local, remote: initiator, role: .responder, writer: writer, reader: reader,
                    keys: inUse,
                    now: now))
        }
    }
}
