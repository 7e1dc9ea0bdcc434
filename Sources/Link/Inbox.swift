import NIOCore

/// Received envelopes that nobody has taken yet, and whether the socket should rest because of them. They count as what they
/// are on the wire.
struct Inbox {
    private let limit: Int
    private var envelopes = CircularBuffer<[UInt8]>()
    private var bytes = 0
    private var isHolding = false

    init(limit: Int) {
        self.limit = limit
    }

    var isEmpty: Bool { envelopes.isEmpty }
    var isFull: Bool { bytes >= limit }

    mutating func append(_ envelope: [UInt8]) {
        envelopes.append(envelope)
        bytes += Frame.wireSize(forContent: envelope.count)
    }

    mutating func takeFirst() -> [UInt8]? {
        guard let envelope = envelopes.popFirst() else { return nil }
        bytes -= Frame.wireSize(forContent: envelope.count)
        return envelope
    }

    /// The oldest, at most `count`; empty when there is none.
    mutating func take(_ count: Int) -> [[UInt8]] {
        var taken: [[UInt8]] = []
        taken.reserveCapacity(min(count, envelopes.count))
        while taken.count < count, let envelope = takeFirst() { taken.append(envelope) }
        return taken
    }

    /// Whether the socket should not be read for now. Half of the limit must be free before it is read again: waking the event
    /// loop for every envelope would be a switch each.
    mutating func holdsReading(unless readsOn: Bool) -> Bool {
        isHolding = !readsOn && bytes > (isHolding ? limit / 2 : limit)
        return isHolding
    }

    /// Whether the socket rests although it need not.
    var canResume: Bool { isHolding && bytes <= limit / 2 }
}
