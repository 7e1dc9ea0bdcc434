import Dispatch
import Glibc
import Synchronization

/// Lines from a standard input that is no terminal: a pipe or a file.
///
/// Reads only when the consumer asks for more, so a fast writer is held back and memory stays small.
package final class LineReader: Sendable {
    /// `.line` for each line, an unfinished last one included, `.lineTooLong` for one that exceeded the limit, and at
    /// the end one `.endOfFile`. A read error is an end. For one consumer.
    package let events: AsyncStream<LineEvent>

    private let state: ReaderState

    /// - Parameter maximumBytes: of one line, its newline not counted. The default is just above a text message's
    ///   64,000 bytes, so that a message that is a little too long gets its own answer from whoever knows that limit.
    package init(input: Int32 = STDIN_FILENO, maximumBytes: Int = 65_536) {
        let state = ReaderState(input: input, maximumBytes: maximumBytes)
        self.state = state
        events = AsyncStream(unfolding: { await state.next(1)?.first }, onCancel: { state.stop() })
    }

    /// The events that are there, at most `limit`, waiting for the first one; nil behind the last, or once it was stopped. Instead of
    /// `events`, for whoever can use several lines at once.
    package func batch(limit: Int) async -> [LineEvent]? {
        let state = state
        return await withTaskCancellationHandler {
            await state.next(max(1, limit))
        } onCancel: {
            state.stop()
        }
    }

    /// Ends `events`, also while a read waits.
    package func stop() {
        state.stop()
    }
}

/// Blocking reads on a queue of their own, one for each call of `next`.
private final class ReaderState: Sendable {
    private let input: Int32
    private let wake = WakePipe()
    private let queue = DispatchQueue(label: "line reader")
    private let scanner: Mutex<LineScanner>

    init(input: Int32, maximumBytes: Int) {
        self.input = input
        scanner = Mutex(LineScanner(maximumBytes: maximumBytes))
    }

    func next(_ limit: Int) async -> [LineEvent]? {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.read(limit)) }
        }
    }

    func stop() {
        wake.signal()
    }

    private func read(_ limit: Int) -> [LineEvent]? {
        while true {
            let events = scanner.withLock { $0.take(limit) }
            if !events.isEmpty { return events }
            if scanner.withLock({ $0.isFinished }) { return nil }
            guard wake.wait(forInputOn: input) else { return nil }
            var bytes = [UInt8](repeating: 0, count: Self.room)
            let count = Glibc.read(input, &bytes, bytes.count)
            if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
            scanner.withLock { count > 0 ? $0.feed(bytes[..<count]) : $0.finish() }
        }
    }

    /// What a pipe holds.
    private static let room = 65_536
}
