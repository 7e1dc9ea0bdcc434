import Identity
import NIOCore
import Sodium

/// A link behind `ready`: two streams, a queue, and what is due when.
///
/// Anything thrown from here ends the link without another byte.
struct EstablishedLink: ~Copyable {
    /// Who this is and with what keys; shared with the acts that renew them.
    let local: LocalSide
    let remote: PublicIdentity
    let role: LinkRole
    let limits: LinkLimits

    var writer: FrameWriter
    var reader: FrameReader
    var liveness: Liveness
    var closing = Closing.open
    var keys: KeysInUse
    var renewal = Renewal.none
    /// Envelopes to be sent, oldest first.
    private var queue = CircularBuffer<[UInt8]>()

    init(
        local: LocalSide, remote: PublicIdentity, role: LinkRole, writer: consuming FrameWriter,
        reader: consuming FrameReader, keys: KeysInUse, now: Duration
    ) {
        self.local = local
        self.remote = remote
        self.role = role
        self.limits = local.limits
        self.writer = writer
        self.reader = reader
        self.keys = keys
        liveness = Liveness(at: now, limits: local.limits)
    }

    // MARK: Events

    /// Uses up every whole frame of `input`.
    mutating func receive(_ input: inout Intake, at now: Duration, _ actions: inout LinkActions)
        throws(Violation)
    {
        while !closing.peerFinished, let frame = try reader.next(&input) {
            keys.received += UInt64(frame.wireBytes)
            liveness.frameReceived(at: now)
            try handle(frame, at: now, &actions)
        }
        // Behind `FINAL` nothing is pulled, nor kept.
        if closing.peerFinished { input.discard() }
    }

    mutating func enqueue(_ envelopes: [[UInt8]]) {
        guard closing.acceptsEnvelopes else { return }
        queue.append(contentsOf: envelopes)
    }

    /// Asks for a goodbye behind what is queued.
    mutating func close(at now: Duration) {
        closing.request(deadline: now + limits.close)
    }

    /// Time passed. Returns the end that is due, if one is.
    mutating func advance(to now: Duration) -> LinkEnd? {
        if let deadline = closing.deadline, now >= deadline { return .closeTimeout }
        if liveness.isSilent(at: now) { return .silence }
        if now - keys.since >= limits.keysExpire { return .keysExpired }
        return nil
    }

    /// Writes what waits, up to one batch. Called while the socket takes more.
    mutating func pump(at now: Duration, _ actions: inout LinkActions) throws(Violation) {
        guard !closing.finished else { return }
        if liveness.pongWaits { try write(.pong, at: now, &actions) }
        if liveness.pingAsked { try write(.ping, at: now, &actions) }
        if renewalIsDue(at: now) { try beginRenewal(at: now, &actions) }
        if queue.count > 1 {
            // Growing step by step would copy everything several times.
            actions.bytes.reserveCapacity(minimumWritableBytes: nextBatch)
        }
        while actions.bytes.readableBytes < limits.batch, let envelope = queue.popFirst() {
            try write(.envelope, envelope, at: now, &actions)
            actions.released += Frame.wireSize(forContent: envelope.count)
        }
        if liveness.pingDue { try write(.ping, at: now, &actions) }
        if queue.isEmpty, closing.wantsFinal {
            try write(.close, at: now, &actions)
            actions.shutsDown = true
            closing.finalWritten()
        }
    }

    /// Bytes on the wire of what the next batch takes from the queue.
    private var nextBatch: Int {
        var bytes = 0
        for envelope in queue {
            bytes += Frame.wireSize(forContent: envelope.count)
            if bytes >= limits.batch { break }
        }
        return bytes
    }

    /// Whether `pump` would write something.
    func hasWork(at now: Duration) -> Bool {
        guard !closing.finished else { return false }
        return liveness.hasWork || !queue.isEmpty || closing.wantsFinal
            || renewalIsDue(at: now)
    }

    /// When `advance` and `pump` have something to do even if nothing else happens.
    var deadline: Duration {
        var earliest = keys.since + limits.keysExpire
        if let closing = closing.deadline { earliest = min(earliest, closing) }
        if !closing.finished {
            if let liveness = liveness.deadline { earliest = min(earliest, liveness) }
            if let renewal = renewalDeadline { earliest = min(earliest, renewal) }
        }
        return earliest
    }

    // MARK: Frames

    private mutating func handle(
        _ frame: ReceivedFrame, at now: Duration, _ actions: inout LinkActions
    ) throws(Violation) {
        if renewal.isAwaitingReady {
            guard frame.kind == .ready else { throw .notReady }
            renewal = .none
            return
        }
        switch frame.kind {
        case .envelope: actions.envelopes.append(frame.content)
        case .ready: throw .misplacedReady
        case .ping: liveness.pingReceived()
        case .pong: actions.pong = true
        case .act: try handleAct(frame.content, at: now, &actions)
        case .close:
            closing.peerFinal(deadline: now + limits.close)
            actions.peerFinished = true
        }
    }

    mutating func write(
        _ kind: Frame.Kind, _ content: [UInt8] = [], at now: Duration, _ actions: inout LinkActions
    ) throws(Violation) {
        keys.sent += UInt64(try writer.write(kind, content, at: now, to: &actions.bytes))
        liveness.frameSent(kind, at: now)
    }
}

/// How old the keys are, and how much they have moved: counted since the last switch.
struct KeysInUse {
    /// The handshake hash that names them.
    let hash: [UInt8]
    let since: Duration
    /// Bytes of frames on the wire.
    var sent: UInt64 = 0
    var received: UInt64 = 0
}
