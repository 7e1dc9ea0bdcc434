/// Events on their way to the one who shows them: first in, first out, and bounded, so that a peer who sends faster than anybody
/// reads is slowed down through its link instead of filling memory.
package actor EventQueue {
    private let limit: Int
    private var events: [ChatEvent] = []
    private var readers: [CheckedContinuation<ChatEvent?, Never>] = []
    private var writers: [CheckedContinuation<Void, Never>] = []
    private var isFinished = false
    private var isEnding = false

    package init(limit: Int) {
        self.limit = limit
    }

    /// Adds an event; waits while the queue is full.
    ///
    /// - Returns: False when the event was not taken, because the queue is finished, or full and soon to be.
    @discardableResult
    package func put(_ event: ChatEvent) async -> Bool {
        while events.count >= limit, !isEnding {
            await withCheckedContinuation { writers.append($0) }
        }
        guard !isFinished, events.count < limit else { return false }
        if readers.isEmpty {
            events.append(event)
        } else {
            readers.removeFirst().resume(returning: event)
        }
        return true
    }

    /// From now on nobody waits for room: perhaps nobody reads any more, and whoever goes offline is not to hang there.
    package func stopWaiting() {
        isEnding = true
        for writer in writers { writer.resume() }
        writers = []
    }

    /// The next event; nil once the queue is finished and empty.
    package func next() async -> ChatEvent? {
        if !events.isEmpty {
            let event = events.removeFirst()
            if !writers.isEmpty { writers.removeFirst().resume() }
            return event
        }
        if isFinished { return nil }
        return await withCheckedContinuation { readers.append($0) }
    }

    /// Lets everybody who waits go; events already in the queue can still be read.
    package func finish() {
        isFinished = true
        stopWaiting()
        for reader in readers { reader.resume(returning: nil) }
        readers = []
    }
}
