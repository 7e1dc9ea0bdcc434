import Files
import Synchronization

/// The numbers by which a chat names files, from 1; a transfer keeps its own until the program ends. Shared by whatever shows them.
final class FileNumbers: Sendable {
    private struct State {
        var keys: [TransferKey] = []
        var numbers: [TransferKey: Int] = [:]
    }

    private let state = Mutex(State())

    func number(_ key: TransferKey) -> Int {
        state.withLock { state in
            if let number = state.numbers[key] { return number }
            state.keys.append(key)
            state.numbers[key] = state.keys.count
            return state.keys.count
        }
    }

    func key(_ number: Int) -> TransferKey? {
        state.withLock { $0.keys.indices.contains(number - 1) ? $0.keys[number - 1] : nil }
    }
}

/// Files as a chat in lines shows them: their numbers, and when something was last said of each.
struct FileBoard {
    let numbers: FileNumbers
    private var said: [TransferKey: ContinuousClock.Instant] = [:]

    init(numbers: FileNumbers) { self.numbers = numbers }

    /// It moves from now on: what is over soon needs no word in between.
    mutating func began(_ key: TransferKey, at now: ContinuousClock.Instant) { said[key] = now }

    /// Whether to say how far it is: not more often than a reader can bear.
    mutating func isDue(_ key: TransferKey, at now: ContinuousClock.Instant) -> Bool {
        guard let last = said[key] else {
            said[key] = now
            return false
        }
        guard last.duration(to: now) >= Self.interval else { return false }
        said[key] = now
        return true
    }

    mutating func ended(_ key: TransferKey) { said[key] = nil }

    private static let interval: Duration = .seconds(10)
}
