import Identity
import NIOCore

@testable import Link

/// Time that only moves when told to.
final class TestClock {
    var now: Duration = .seconds(1_000)
}

/// One machine, its wishes obeyed into plain values.
final class Side {
    let clock: TestClock
    private(set) var machine: LinkMachine
    private var actions = LinkActions()
    private var outgoing: [UInt8] = []

    private(set) var opened: LinkActions.Opened?
    private(set) var envelopes: [[UInt8]] = []
    private(set) var pongs = 0
    private(set) var released = 0
    private(set) var peerFinished = false
    private(set) var shutDown = false
    private(set) var end: LinkEnd?
    /// All that was ever written.
    private(set) var written = 0

    init(dialling expecting: PublicIdentity, _ local: LocalSide, probing: Bool = false, _ clock: TestClock) {
        self.clock = clock
        machine = .dialling(expecting, local: local, probing: probing, at: clock.now, &actions)
        absorb()
    }

    init(
        answering local: LocalSide, _ clock: TestClock,
        authorize: @escaping @Sendable (PublicIdentity) -> Bool = { _ in true }
    ) {
        self.clock = clock
        machine = .answering(local: local, at: clock.now, authorize: authorize)
    }

    // MARK: Events

    func receive(_ bytes: some Sequence<UInt8>) {
        machine.receive(ByteBuffer(bytes: bytes), at: clock.now, &actions)
        absorb()
    }

    func send(_ envelope: [UInt8]) { machine.enqueue([envelope]) }
    func ping() { machine.ping() }
    func setPaused(_ paused: Bool) { machine.setPaused(paused, at: clock.now) }

    func close() {
        machine.close(at: clock.now, &actions)
        absorb()
    }

    func cut() {
        machine.cut(&actions)
        absorb()
    }

    func endOfStream() {
        machine.endOfStream(&actions)
        absorb()
    }

    func connectionLost() {
        machine.connectionLost(&actions)
        absorb()
    }

    func advance() {
        machine.advance(to: clock.now, &actions)
        absorb()
    }

    var hasWork: Bool { machine.hasWork(at: clock.now) }
    var deadline: Duration? { machine.deadline }

    /// Everything that wants to be written, as the socket would take it.
    func flush() -> [UInt8] {
        while machine.hasWork(at: clock.now) {
            machine.pump(at: clock.now, &actions)
            absorb()
        }
        defer { outgoing = [] }
        return outgoing
    }

    private func absorb() {
        if let opened = actions.opened { self.opened = opened }
        envelopes += actions.envelopes
        if actions.pong { pongs += 1 }
        released += actions.released
        peerFinished = peerFinished || actions.peerFinished
        shutDown = shutDown || actions.shutsDown
        if end == nil { end = actions.end }
        let bytes = Array(actions.bytes.readableBytesView)
        outgoing += bytes
        written += bytes.count
        // A silent end also takes back what the socket has not seen.
        if let end = actions.end, end != .goodbye { outgoing = [] }
        actions = LinkActions()
    }
}

/// Two sides and the stream between them.
struct Pair {
    let clock = TestClock()
    let initiator: Side
    let responder: Side

    static func locals(
        _ limits: LinkLimits = .standard, random: Bool = false
    ) throws -> (initiator: LocalSide, responder: LocalSide) {
        (
            LocalSide(
                keys: try Fixed.identity("initiator"), purpose: .peer, limits: limits,
                material: random ? .random : Fixed.material("initiator")),
            LocalSide(
                keys: try Fixed.identity("responder"), purpose: .peer, limits: limits,
                material: random ? .random : Fixed.material("responder"))
        )
    }

    /// Connected, nothing moved yet.
    init(_ limits: LinkLimits = .standard, random: Bool = false) throws {
        let (initiator, responder) = try Pair.locals(limits, random: random)
        self.initiator = Side(dialling: responder.identity, initiator, clock)
        self.responder = Side(answering: responder, clock)
    }

    /// Open on both sides.
    static func open(_ limits: LinkLimits = .standard, random: Bool = false) throws -> Pair {
        let pair = try Pair(limits, random: random)
        pair.settle()
        return pair
    }

    /// Moves bytes both ways until neither side has anything to say.
    func settle() {
        while true {
            let there = initiator.flush()
            if !there.isEmpty { responder.receive(there) }
            let back = responder.flush()
            if !back.isEmpty { initiator.receive(back) }
            if there.isEmpty, back.isEmpty { return }
        }
    }
}
