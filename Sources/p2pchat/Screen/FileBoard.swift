import Files

/// Files as a chat shows them: the numbers by which they are named, and when something was last said of each.
struct FileBoard {
    private var keys: [TransferKey] = []
    private var numbers: [TransferKey: Int] = [:]
    private var said: [TransferKey: ContinuousClock.Instant] = [:]
    /// What takes a while, such as reading a large file, goes on beside the typing.
    let jobs: AsyncStream<@Sendable () async -> Void>
    private let jobsIn: AsyncStream<@Sendable () async -> Void>.Continuation

    init() {
        (jobs, jobsIn) = AsyncStream.makeStream()
    }

    func start(_ job: @escaping @Sendable () async -> Void) { jobsIn.yield(job) }

    /// The transfer's number, from 1; it keeps it until the program ends.
    mutating func number(_ key: TransferKey) -> Int {
        if let number = numbers[key] { return number }
        keys.append(key)
        numbers[key] = keys.count
        return keys.count
    }

    func key(_ number: Int) -> TransferKey? { keys.indices.contains(number - 1) ? keys[number - 1] : nil }

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
