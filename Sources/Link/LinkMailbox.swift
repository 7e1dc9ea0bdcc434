import NIOCore
import Synchronization

/// What lies between the tasks that use a link and the event loop that moves its bytes: wishes go one way, envelopes and
/// answers the other, each within its limit.
///
/// Envelopes count as what they are on the wire, so that a million of one byte are not a megabyte.
///
/// A lock rather than an actor: nothing is awaited under it, and the event loop must never wait for a task.
final class LinkMailbox: Sendable {
    /// What the tasks want, taken by the event loop in one go.
    struct Wishes {
        var envelopes: CircularBuffer<[UInt8]>
        var ping: Bool
        var close: Bool
        var cut: Bool
    }

    private struct State {
        // Outward
        var outgoing = CircularBuffer<[UInt8]>()
        /// Bytes not yet encrypted, here or in the state machine.
        var queued = 0
        var ping = false
        var close = false
        var cut = false
        /// Whether the event loop knows that there are wishes.
        var woken = false
        var wake: (@Sendable () -> Void)?
        // Inward
        var incoming = CircularBuffer<[UInt8]>()
        var untaken = 0
        var readingHeld = false
        var peerFinished = false
        var end: LinkEnd?
        // Who waits
        var senders: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        var receiver: (ticket: UInt64, continuation: CheckedContinuation<[UInt8]?, any Error>)?
        var pingers: [UInt64: CheckedContinuation<Bool, Never>] = [:]
        var closers: [CheckedContinuation<Void, Never>] = []
        var tickets: UInt64 = 0

        mutating func ticket() -> UInt64 {
            tickets += 1
            return tickets
        }

        /// The event loop's alarm, unless it has gone off already.
        mutating func alarm() -> (@Sendable () -> Void)? {
            guard !woken, end == nil else { return nil }
            woken = true
            return wake
        }
    }

    private let state = Mutex(State())
    private let limits: LinkLimits

    init(limits: LinkLimits) {
        self.limits = limits
    }

    // MARK: For the tasks

    func send(_ envelope: [UInt8]) async throws {
        guard !envelope.isEmpty else { throw LinkError.empty }
        guard envelope.count <= Frame.largestEnvelope else { throw LinkError.tooLarge }
        while true {
            let (taken, alarm) = try state.withLock {
                state throws(LinkError) -> (Bool, (@Sendable () -> Void)?) in
                if let end = state.end { throw end.error }
                guard !state.close, !state.peerFinished else { throw .closed }
                guard hasRoom(state) else { return (false, nil) }
                state.outgoing.append(envelope)
                state.queued += Frame.wireSize(forContent: envelope.count)
                return (true, state.alarm())
            }
            alarm?()
            if taken { return }
            try await waitForRoom()
        }
    }

    func receive() async throws -> [UInt8]? {
        let ticket = state.withLock { $0.ticket() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (result, alarm) = state.withLock {
                    state -> (Result<[UInt8]?, any Error>?, (@Sendable () -> Void)?) in
                    if let envelope = state.incoming.popFirst() {
                        state.untaken -= Frame.wireSize(forContent: envelope.count)
                        // Half full before reading again: waking the event loop for every envelope would be a switch each.
                        let resumes = state.readingHeld && state.untaken <= limits.untakenBytes / 2
                        return (.success(envelope), resumes ? state.alarm() : nil)
                    }
                    if state.peerFinished { return (.success(nil), nil) }
                    if let end = state.end { return (.failure(end.error), nil) }
                    // Cancelled before it could wait, or a second consumer: neither may wait.
                    if Task.isCancelled || state.receiver != nil {
                        return (.failure(CancellationError()), nil)
                    }
                    state.receiver = (ticket, continuation)
                    return (nil, nil)
                }
                alarm?()
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                let waiting = state.receiver
                guard waiting?.ticket == ticket else {
                    return nil as CheckedContinuation<[UInt8]?, any Error>?
                }
                state.receiver = nil
                return waiting?.continuation
            }
            waiting?.resume(throwing: CancellationError())
        }
    }

    /// Sends a `ping` and waits for a `pong`; false when the link ends or the task is cancelled first.
    func ping() async -> Bool {
        let ticket = state.withLock { $0.ticket() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (waits, alarm) = state.withLock { state -> (Bool, (@Sendable () -> Void)?) in
                    guard state.end == nil, !Task.isCancelled else { return (false, nil) }
                    state.pingers[ticket] = continuation
                    state.ping = true
                    return (true, state.alarm())
                }
                alarm?()
                if !waits { continuation.resume(returning: false) }
            }
        } onCancel: {
            state.withLock { $0.pingers.removeValue(forKey: ticket) }?.resume(returning: false)
        }
    }

    func close() async {
        await withCheckedContinuation { continuation in
            let (waits, alarm) = state.withLock { state -> (Bool, (@Sendable () -> Void)?) in
                guard state.end == nil else { return (false, nil) }
                state.close = true
                state.closers.append(continuation)
                return (true, state.alarm())
            }
            alarm?()
            if !waits { continuation.resume() }
        }
    }

    func cut() {
        let alarm = state.withLock { state in
            state.cut = true
            return state.alarm()
        }
        alarm?()
    }

    private func hasRoom(_ state: borrowing State) -> Bool { state.queued < limits.queued }

    private func waitForRoom() async throws {
        let ticket = state.withLock { $0.ticket() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation {
                (continuation: CheckedContinuation<Void, any Error>) in
                let result = state.withLock { state -> Result<Void, any Error>? in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if state.end != nil || state.close || hasRoom(state) { return .success(()) }
                    state.senders[ticket] = continuation
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            state.withLock { $0.senders.removeValue(forKey: ticket) }?.resume(throwing: CancellationError())
        }
    }

    /// How the link ended; nil while it lives.
    var end: LinkEnd? { state.withLock { $0.end } }

    // MARK: For the event loop

    /// Where to ring when a task wants something.
    func setWake(_ wake: @escaping @Sendable () -> Void) {
        state.withLock { $0.wake = wake }
    }

    /// What is wanted since the last time; nil when nobody rang.
    func takeWishes() -> Wishes? {
        state.withLock { state in
            guard state.woken else { return nil }
            let wishes = Wishes(
                envelopes: state.outgoing, ping: state.ping, close: state.close, cut: state.cut)
            state.outgoing = CircularBuffer()
            state.ping = false
            state.woken = false
            return wishes
        }
    }

    /// So many bytes were encrypted.
    func released(_ count: Int) {
        let senders = state.withLock { state in
            state.queued -= count
            guard state.queued <= limits.queued / 2 else {
                return [] as [CheckedContinuation<Void, any Error>]
            }
            defer { state.senders = [:] }
            return Array(state.senders.values)
        }
        for sender in senders { sender.resume() }
    }

    /// Hands on what came. Behind an own `close` nobody need be there to take it, and nothing of it can be acknowledged any more:
    /// beyond the limit it is dropped, so that the peer's `FINAL` behind it is still seen.
    func deliver(_ envelopes: [[UInt8]]) {
        let waiting = state.withLock { state -> (CheckedContinuation<[UInt8]?, any Error>, [UInt8])? in
            for envelope in envelopes where !state.close || state.untaken < limits.untakenBytes {
                state.incoming.append(envelope)
                state.untaken += Frame.wireSize(forContent: envelope.count)
            }
            guard let receiver = state.receiver, let first = state.incoming.popFirst() else { return nil }
            state.receiver = nil
            state.untaken -= Frame.wireSize(forContent: first.count)
            return (receiver.continuation, first)
        }
        if let (receiver, first) = waiting { receiver.resume(returning: first) }
    }

    /// Whether the socket should not be read for now; if so, the event loop is woken once there is room.
    func holdsReading() -> Bool {
        state.withLock { state in
            let limit = state.readingHeld ? limits.untakenBytes / 2 : limits.untakenBytes
            state.readingHeld = state.untaken > limit && !state.close && !state.peerFinished
            return state.readingHeld
        }
    }

    func pong() {
        let pingers = state.withLock { state in
            defer { state.pingers = [:] }
            return Array(state.pingers.values)
        }
        for pinger in pingers { pinger.resume(returning: true) }
    }

    /// The peer said goodbye: whoever waits for an envelope waits no longer.
    func peerFinished() {
        let receiver = state.withLock { state in
            state.peerFinished = true
            defer { state.receiver = nil }
            return state.receiver
        }
        receiver?.continuation.resume(returning: nil)
    }

    /// The link is over; everybody who waits is told.
    func end(_ end: LinkEnd) {
        let before = state.withLock { state -> State? in
            guard state.end == nil else { return nil }
            let before = state
            state.end = end
            if end == .goodbye { state.peerFinished = true }
            state.wake = nil
            state.outgoing = CircularBuffer()
            state.receiver = nil
            (state.senders, state.pingers, state.closers) = ([:], [:], [])
            return before
        }
        guard let before else { return }
        for sender in before.senders.values { sender.resume() }
        for pinger in before.pingers.values { pinger.resume(returning: false) }
        for closer in before.closers { closer.resume() }
        if end == .goodbye {
            before.receiver?.continuation.resume(returning: nil)
        } else {
            before.receiver?.continuation.resume(throwing: end.error)
        }
    }
}

extension LinkEnd {
    /// What the user of an open link is told.
    var error: LinkError {
        switch self {
        case .goodbye, .proved: .closed
        case .cut, .silence, .closeTimeout, .keysExpired: .cut
        case .handshakeTimeout: .timeout
        case .violation(.local): .system
        case .violation: .protocolViolation
        }
    }

    /// What a dialler is told whose link never opened.
    var dialError: LinkError {
        switch self {
        case .handshakeTimeout: .timeout
        case .violation(.local): .system
        case .violation(.ownIdentity): .selfDial
        case .goodbye, .proved, .cut, .silence, .closeTimeout, .keysExpired, .violation: .handshakeFailed
        }
    }
}
