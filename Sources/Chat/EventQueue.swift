/// Events on their way to the one who shows them: first in, first out, and bounded, so that a peer who sends faster than anybody
/// reads is slowed down through its link instead of filling memory.
package actor EventQueue {
    private let limit: Int
    private var events: [ChatEvent] = []
    private var readers: [CheckedContinuation<ChatEvent?, Never>] = []
    private var writers: [CheckedContinuation<Void, Never>] = []
    private var isFinished = false

    package init(limit: Int) {
        self.limit = limit
    }

    /// Adds an event; waits while the queue is full.
    package func put(_ event: ChatEvent) async {
        while events.count >= limit, !isFinished {
            await withCheckedContinuation { writers.append($0) }
        }
        guard !isFinished else { return }
        if readers.isEmpty {
            events.append(event)
        } else {
            readers.removeFirst().resume(returning: event)
        }
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
        for writer in writers { writer.resume() }
        writers = []
        for reader in readers { reader.resume(returning: nil) }
        readers = []
    }
}
