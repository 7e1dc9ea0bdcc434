import Synchronization

/// What happened to transfers.
package enum FileEvent: Equatable, Sendable {
    /// A peer offers a file.
    case offered(Transfer)
    /// Chunks begin to come or to go, perhaps once more after a pause.
    case started(Transfer)
    case progress(TransferStatus)
    /// Incoming: the file stands under `path`. Outgoing: the peer has it.
    case completed(Transfer)
    /// Declined, cancelled or failed: `state` says which.
    case ended(Transfer)
    /// So much happened that was not taken in time that some of it was dropped; `list` knows how things are.
    case missed
}

/// Events on their way to the one who shows them: bounded, and never waited for by a transfer. Of progress only the newest of
/// each transfer is kept.
package final class FileEventQueue: AsyncSequence, Sendable {
    private struct State {
        var events: [FileEvent] = []
        var reader: CheckedContinuation<FileEvent?, Never>?
        var isFinished = false
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    func put(_ event: FileEvent) {
        let reader: CheckedContinuation<FileEvent?, Never>? = state.withLock { state in
            guard !state.isFinished else { return nil }
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            if case .progress(let new) = event {
                state.events.removeAll {
                    if case .progress(let old) = $0 { old.transfer.key == new.transfer.key } else { false }
                }
            }
            state.events.append(event)
            if state.events.count > limit {
                state.events.removeFirst(state.events.count - limit)
                state.events[0] = .missed
            }
            return nil
        }
        reader?.resume(returning: event)
    }

    /// The next event; nil once the engine has ended and everything was taken. For one caller at a time: a second one gets nil.
    package func next() async -> FileEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: FileEvent?? = state.withLock { state in
                    if !state.events.isEmpty { return .some(state.events.removeFirst()) }
                    if state.isFinished || state.reader != nil || Task.isCancelled { return .some(nil) }
                    state.reader = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            leave()
        }
    }

    func finish() {
        state.withLock { $0.isFinished = true }
        leave()
    }

    private func leave() {
        let reader = state.withLock { state in
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: nil)
    }

    package struct Iterator: AsyncIteratorProtocol {
        let queue: FileEventQueue
        package mutating func next() async -> FileEvent? { await queue.next() }
    }

    package func makeAsyncIterator() -> Iterator { Iterator(queue: self) }
}
