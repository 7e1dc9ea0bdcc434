import NIOCore

/// Envelopes on their way to the event loop, and the senders that wait for room behind them: first come, first served, so that
/// somebody who sends in bulk does not keep a single message out.
///
/// Envelopes count as what they are on the wire, so that a million of one byte are not a megabyte.
struct SendQueue {
    private struct Waiter {
        let ticket: UInt64
        let envelope: [UInt8]
        let continuation: CheckedContinuation<Void, any Error>
    }

    private let limit: Int
    private var envelopes: [[UInt8]] = []
    private var waiters = CircularBuffer<Waiter>()
    /// Bytes not yet encrypted, here or in the state machine.
    private var bytes = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Queues an envelope if there is room and nobody waits before it.
    mutating func offer(_ envelope: [UInt8]) -> Bool {
        guard waiters.isEmpty, bytes < limit else { return false }
        append(envelope)
        return true
    }

    /// Lets a sender wait; `released`, `leave` or `removeAll` hands its continuation out again.
    mutating func wait(
        _ envelope: [UInt8], ticket: UInt64, _ continuation: CheckedContinuation<Void, any Error>
    ) {
        waiters.append(Waiter(ticket: ticket, envelope: envelope, continuation: continuation))
    }

    /// A sender no longer wants to wait; nil when it does not.
    mutating func leave(_ ticket: UInt64) -> CheckedContinuation<Void, any Error>? {
        guard let index = waiters.firstIndex(where: { $0.ticket == ticket }) else { return nil }
        return waiters.remove(at: index).continuation
    }

    /// So many bytes were encrypted. Queues what waited longest, and returns whose wait is over. Only once half of the limit
    /// is free: waking a sender for every envelope would be a switch each.
    mutating func released(_ count: Int) -> [CheckedContinuation<Void, any Error>] {
        bytes -= count
        guard bytes <= limit / 2 else { return [] }
        var served: [CheckedContinuation<Void, any Error>] = []
        while bytes < limit, let waiter = waiters.popFirst() {
            append(waiter.envelope)
            served.append(waiter.continuation)
        }
        return served
    }

    /// What was queued since the last time.
    mutating func take() -> [[UInt8]] {
        defer { envelopes = [] }
        return envelopes
    }

    /// Drops what is queued, and returns all who wait: for them it never will be.
    mutating func removeAll() -> [CheckedContinuation<Void, any Error>] {
        envelopes = []
        return removeWaiters()
    }

    /// Nothing more will be queued.
    mutating func removeWaiters() -> [CheckedContinuation<Void, any Error>] {
        defer { waiters = [] }
        return waiters.map(\.continuation)
    }

    private mutating func append(_ envelope: [UInt8]) {
        envelopes.append(envelope)
        bytes += Frame.wireSize(forContent: envelope.count)
    }
}
