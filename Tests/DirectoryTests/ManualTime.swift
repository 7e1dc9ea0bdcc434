import Foundation
import Synchronization

/// A wall clock and a running clock that stand still until told.
final class ManualTime: Sendable {
    static let start = Date(timeIntervalSince1970: 1_800_000_000)

    private let passed = Mutex(Duration.zero)
    /// By how much the wall clock was set, which the running clock does not see.
    private let shift = Mutex(TimeInterval(0))

    func advance(_ duration: Duration) {
        passed.withLock { $0 += duration }
    }

    func setWallClock(by seconds: TimeInterval) {
        shift.withLock { $0 += seconds }
    }

    var uptime: Duration { passed.withLock { $0 } }
    var now: Date { Self.start + uptime / .seconds(1) + shift.withLock { $0 } }
}

/// Sleeping that ends when the test says so.
final class ManualSleep: Sendable {
    struct Sleeper: Sendable {
        let duration: Duration
        fileprivate let number: Int
    }

    private struct State {
        var lastNumber = 0
        var sleeping: [Int: CheckedContinuation<Void, any Error>] = [:]
    }

    private let state = Mutex(State())
    private let fallenAsleep: AsyncStream<Sleeper>
    private let announce: AsyncStream<Sleeper>.Continuation
    private let ignored: Duration

    /// - Parameter ignored: sleeps of this length are no news: the time limit of each request.
    init(ignoring ignored: Duration) {
        self.ignored = ignored
        (fallenAsleep, announce) = AsyncStream.makeStream()
    }

    func sleep(_ duration: Duration) async throws {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                state.withLock { $0.sleeping[number] = continuation }
                if duration != ignored { announce.yield(Sleeper(duration: duration, number: number)) }
                if Task.isCancelled { wake(number, with: .failure(CancellationError())) }
            }
        } onCancel: {
            wake(number, with: .failure(CancellationError()))
        }
    }

    /// The next one to fall asleep.
    func next() async -> Sleeper? {
        for await sleeper in fallenAsleep { return sleeper }
        return nil
    }

    func wake(_ sleeper: Sleeper) {
        wake(sleeper.number, with: .success(()))
    }

    private func wake(_ number: Int, with result: Result<Void, any Error>) {
        state.withLock { $0.sleeping.removeValue(forKey: number) }?.resume(with: result)
    }
}
