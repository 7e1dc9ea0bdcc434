import Synchronization

/// What lies between the tasks that use a link and the event loop that moves its bytes: wishes go one way, envelopes and
/// answers the other, each within its limit.
///
/// A lock rather than an actor: nothing is awaited under it, and the event loop must never wait for a task.
final class LinkMailbox: Sendable {
    /// What the tasks want, taken by the event loop in one go.
    struct Wishes {
        var envelopes: [[UInt8]]
        var ping: Bool
        var close: Bool
        var cut: Bool
    }

    private typealias Alarm = @Sendable () -> Void
    private typealias Sender = CheckedContinuation<Void, any Error>

    private struct State {
        // Outward
        var queue: SendQueue
        var ping = false
        var close = false
        var cut = false
        /// Whether the event loop knows that there are wishes.
        var woken = false
        var wake: Alarm?
        // Inward
        var inbox: Inbox
        var peerFinished = false
        var end: LinkEnd?
        // Who waits
        var receiver: (ticket: UInt64, continuation: CheckedContinuation<Void, any Error>)?
        var pingers: [UInt64: CheckedContinuation<Bool, Never>] = [:]
        var closers: [CheckedContinuation<Void, Never>] = []
        var tickets: UInt64 = 0

        mutating func ticket() -> UInt64 {
            tickets += 1
            return tickets
        }

        /// The event loop's alarm, unless it has gone off already.
        mutating func alarm() -> Alarm? {
            guard !woken, end == nil else { return nil }
            woken = true
            return wake
        }

        /// Why nothing can be sent any more.
        var refusal: LinkError? {
            if let end { return end.error }
            return close || peerFinished ? .closed : nil
        }
    }

    private let state: Mutex<State>

    init(limits: LinkLimits) {
        state = Mutex(
            State(queue: SendQueue(limit: limits.queued), inbox: Inbox(limit: limits.untakenBytes)))
    }

    // MARK: For the tasks

    func send(_ envelope: [UInt8]) async throws {
        guard !envelope.isEmpty else { throw LinkError.empty }
        guard envelope.count <= Frame.largestEnvelope else { throw LinkError.tooLarge }
        let (queued, alarm) = try state.withLock { state throws(LinkError) -> (Bool, Alarm?) in
            if let refusal = state.refusal { throw refusal }
            guard state.queue.offer(envelope) else { return (false, nil) }
            return (true, state.alarm())
        }
        alarm?()
        if !queued { try await sendInTurn(envelope) }
    }

    /// Waits for room, behind those who came before.
    private func sendInTurn(_ envelope: [UInt8]) async throws {
        let ticket = state.withLock { $0.ticket() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: Sender) in
                let (result, alarm) = state.withLock { state -> (Result<Void, any Error>?, Alarm?) in
                    if Task.isCancelled { return (.failure(CancellationError()), nil) }
                    if let refusal = state.refusal { return (.failure(refusal), nil) }
                    if state.queue.offer(envelope) { return (.success(()), state.alarm()) }
                    state.queue.wait(envelope, ticket: ticket, continuation)
                    return (nil, nil)
                }
                alarm?()
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            state.withLock { $0.queue.leave(ticket) }?.resume(throwing: CancellationError())
        }
    }

    func receive() async throws -> [UInt8]? {
        try await take { $0.takeFirst() }
    }

    func receiveBatch(limit: Int) async throws -> [[UInt8]] {
        try await take { $0.isEmpty ? nil : $0.take(max(1, limit)) } ?? []
    }

    private enum Look<Taken> {
        case taken(Taken)
        case over
        case nothingYet
    }

    /// What `body` takes from the inbox, once there is something to take; nil behind the peer's goodbye.
    private func take<Taken>(_ body: (inout Inbox) -> Taken?) async throws -> Taken? {
        while true {
            let (look, alarm) = try state.withLock { state throws(LinkError) -> (Look<Taken>, Alarm?) in
                if let taken = body(&state.inbox) {
                    return (.taken(taken), state.inbox.canResume ? state.alarm() : nil)
                }
                if state.peerFinished { return (.over, nil) }
                if let end = state.end { throw end.error }
                return (.nothingYet, nil)
            }
            alarm?()
            switch look {
            case .taken(let taken): return taken
            case .over: return nil
            case .nothingYet: try await arrival()
            }
        }
    }

    /// Waits until there is an envelope, or there will be none.
    private func arrival() async throws {
        let ticket = state.withLock { $0.ticket() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation {
                (continuation: CheckedContinuation<Void, any Error>) in
                let result = state.withLock { state -> Result<Void, any Error>? in
                    if !state.inbox.isEmpty || state.peerFinished || state.end != nil { return .success(()) }
                    // Cancelled before it could wait, or a second consumer: neither may wait.
                    if Task.isCancelled || state.receiver != nil { return .failure(CancellationError()) }
                    state.receiver = (ticket, continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                let waiting = state.receiver
                guard waiting?.ticket == ticket else {
                    return nil as CheckedContinuation<Void, any Error>?
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
                let (waits, alarm) = state.withLock { state -> (Bool, Alarm?) in
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
            let (waits, senders, alarm) = state.withLock { state -> (Bool, [Sender], Alarm?) in
                guard state.end == nil else { return (false, [], nil) }
                state.close = true
                state.closers.append(continuation)
                return (true, state.queue.removeWaiters(), state.alarm())
            }
            alarm?()
            for sender in senders { sender.resume(throwing: LinkError.closed) }
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
                envelopes: state.queue.take(), ping: state.ping, close: state.close, cut: state.cut)
            state.ping = false
            state.woken = false
            return wishes
        }
    }

    /// So many bytes were encrypted.
    func released(_ count: Int) {
        let (senders, alarm) = state.withLock { state -> ([Sender], Alarm?) in
            let senders = state.queue.released(count)
            return (senders, senders.isEmpty ? nil : state.alarm())
        }
        alarm?()
        for sender in senders { sender.resume() }
    }

    /// Hands on what came. Behind an own `close` nobody need be there to take it, and nothing of it can be acknowledged any more:
    /// beyond the limit it is dropped, so that the peer's `FINAL` behind it is still seen.
    func deliver(_ envelopes: [[UInt8]]) {
        let receiver = state.withLock { state in
            for envelope in envelopes where !state.close || !state.inbox.isFull {
                state.inbox.append(envelope)
            }
            defer { state.receiver = nil }
            return state.receiver
        }
        receiver?.continuation.resume()
    }

    /// Whether the socket should not be read for now; if so, the event loop is woken once there is room.
    func holdsReading() -> Bool {
        state.withLock { state in
            // Whoever leaves, or has heard the peer's goodbye, has only the end to wait for.
            state.inbox.holdsReading(unless: state.close || state.peerFinished)
        }
    }

    func pong() {
        let pingers = state.withLock { state in
            defer { state.pingers = [:] }
            return Array(state.pingers.values)
        }
        for pinger in pingers { pinger.resume(returning: true) }
    }

    /// The peer said goodbye: whoever waits, to take or to send, waits no longer.
    func peerFinished() {
        let (receiver, senders) = state.withLock { state in
            state.peerFinished = true
            defer { state.receiver = nil }
            return (state.receiver, state.queue.removeWaiters())
        }
        receiver?.continuation.resume()
        for sender in senders { sender.resume(throwing: LinkError.closed) }
    }

    /// The link is over; everybody who waits is told.
    func end(_ end: LinkEnd) {
        let leaving = state.withLock { state -> Leaving? in
            guard state.end == nil else { return nil }
            let leaving = Leaving(
                senders: state.queue.removeAll(), receiver: state.receiver?.continuation,
                pingers: Array(state.pingers.values), closers: state.closers)
            state.end = end
            if end == .goodbye { state.peerFinished = true }
            state.wake = nil
            state.receiver = nil
            (state.pingers, state.closers) = ([:], [])
            return leaving
        }
        guard let leaving else { return }
        for sender in leaving.senders { sender.resume(throwing: end.error) }
        for pinger in leaving.pingers { pinger.resume(returning: false) }
        for closer in leaving.closers { closer.resume() }
        leaving.receiver?.resume()
    }

    private struct Leaving {
        let senders: [Sender]
        let receiver: CheckedContinuation<Void, any Error>?
        let pingers: [CheckedContinuation<Bool, Never>]
        let closers: [CheckedContinuation<Void, Never>]
    }
}
