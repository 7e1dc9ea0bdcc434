import Identity

/// Events on their way to the one who shows them: first in, first out, and bounded for each peer, so that a peer who sends
/// faster than anybody reads is slowed down through its own link and neither fills memory nor holds others up.
package actor EventQueue {
    /// For those who follow along; they get every event before it waits here.
    package nonisolated let hub = EventHub()
    private let limit: Int
    private var events = Fifo<ChatEvent>()
    private var waiting: [PublicIdentity: Int] = [:]
    private var readers: [CheckedContinuation<ChatEvent?, Never>] = []
    private var writers: [CheckedContinuation<Void, Never>] = []
    private var isFinished = false
    private var isEnding = false

    /// - Parameter limit: How many events of one peer may wait; 0 drops all, where nobody looks.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Adds events; waits while so many of the same peer wait already. Once the queue is finished they are dropped: what has
    /// to last stands in the store.
    func put(_ new: [ChatEvent], of peer: PublicIdentity) async {
        guard limit > 0 else { return }
        for event in new { hub.publish(event) }
        while (waiting[peer] ?? 0) >= limit, !isEnding {
            await withCheckedContinuation { writers.append($0) }
        }
        for event in new { append(event) }
    }

    func put(_ event: ChatEvent) async {
        guard limit > 0 else { return }
        if case .state(let peer, let ids, let state) = event {
            hub.publish(event)
            // Never waits, because what is sent does not depend on who looks; only the user's own messages make such events.
            if case .state(let last, let before, state)? = events.last, last.identity == peer.identity,
                before.count < Self.statesTogether
            {
                events.last = .state(peer, before + ids, state)
            } else {
                append(event)
            }
        } else if let peer = event.peer {
            await put([event], of: peer)
        } else {
            hub.publish(event)
            append(event)
        }
    }

    private func append(_ event: ChatEvent) {
        guard !isFinished else { return }
        if readers.isEmpty {
            events.append(event)
            if let peer = event.peer { waiting[peer, default: 0] += 1 }
        } else {
            readers.removeFirst().resume(returning: event)
        }
    }

    /// The next event; nil once the queue is finished and empty.
    package func next() async -> ChatEvent? {
        if let event = events.popFirst() {
            if let peer = event.peer, let count = waiting[peer] {
                waiting[peer] = count > 1 ? count - 1 : nil
                // Woken when there is room for many, not for each one.
                if count == limit / 2 + 1 || count == 1 { release() }
            }
            return event
        }
        if isFinished { return nil }
        return await withCheckedContinuation { readers.append($0) }
    }

    /// From now on nobody waits for room: perhaps nobody reads any more, and whoever goes offline is not to hang there.
    func stopWaiting() {
        isEnding = true
        release()
    }

    /// Lets everybody who waits go; events already in the queue can still be read.
    package func finish() {
        isFinished = true
        stopWaiting()
        for reader in readers { reader.resume(returning: nil) }
        readers = []
        hub.finish()
    }

    /// So many ids stand in one event at most, give or take a batch.
    private static let statesTogether = 256

    private func release() {
        for writer in writers { writer.resume() }
        writers = []
    }
}
