import Terminal

/// Sends each line as a message of its own, in order, without waiting for one before the next goes.
struct LineSender: Sendable {
    let session: HomeSession
    let peer: String
    let timeout: Double
    let queue: Bool
    let json: Bool

    /// What became of a line.
    private struct Outcome: Sendable {
        let number: Int
        let result: Result<SendResult, any Error>
    }

    private enum Step: Sendable {
        case line(LineEvent?)
        case done(Outcome)
    }

    /// What is reported of a line as JSON.
    private struct LineResult: Encodable {
        let v = 1
        let line: Int
        var id: String?
        var peer: PeerJSON?
        var state: String?
        var reason: String?
        var error: String?
        var exit: Int32?
    }

    /// - Returns: The exit code of the first line that was not sent, or that some wait in the outbox; nil when all is delivered.
    func run(_ reader: LineReader) async throws -> ExitCode? {
        try await withThrowingTaskGroup(of: Step.self) { group in
            var progress = Progress()
            func read() { group.addTask { .line(await Self.next(reader)) } }
            read()
            while let step = try await group.next() {
                switch step {
                case .line(let event):
                    guard progress.take(event) else {
                        if progress.isReading { read() }
                        continue
                    }
                    let number = progress.line
                    do {
                        // Behind the lines before it; what is returned waits.
                        let end = try await session.send(parameters(event, progress))
                        group.addTask { .done(await Self.outcome(number, end)) }
                    } catch {
                        progress.hasFailed = true
                        group.addTask { .done(Outcome(number: number, result: .failure(error))) }
                    }
                    progress.isPaused = progress.inFlight >= Self.most
                    if !progress.isPaused, progress.isReading { read() }
                case .done(let outcome):
                    progress.inFlight -= 1
                    progress.waiting[outcome.number] = outcome
                    while let next = progress.next() { try report(next, &progress) }
                    if progress.hasFailed { reader.stop() }
                    if progress.isPaused, progress.isReading {
                        progress.isPaused = false
                        read()
                    }
                }
            }
            if !json, progress.delivered > 0 { Output.note("\(progress.delivered) delivered") }
            return progress.failure ?? (progress.isQueued ? .tryAgain : nil)
        }
    }

    private func parameters(_ event: LineEvent?, _ progress: Progress) throws -> SendParameters {
        guard case .line(let text)? = event else {
            throw CommandError(.badData, "the line is too long; a message has at most 64000 bytes")
        }
        // Behind one that waits the others wait too, and need not be watched for long.
        return SendParameters(
            peer: peer, text: text, timeout: progress.isQueued ? min(timeout, Self.glance) : timeout,
            queue: queue)
    }

    private static func next(_ reader: LineReader) async -> LineEvent? {
        var lines = reader.events.makeAsyncIterator()
        return await lines.next()
    }

    private static func outcome(_ number: Int, _ end: @Sendable () async throws -> SendResult) async
        -> Outcome
    {
        do {
            return Outcome(number: number, result: .success(try await end()))
        } catch {
            return Outcome(number: number, result: .failure(error))
        }
    }

    private func report(_ outcome: Outcome, _ progress: inout Progress) throws {
        switch outcome.result {
        case .success(let sent):
            if sent.reason == nil { progress.delivered += 1 } else { progress.isQueued = true }
            if json {
                try Output.json(
                    LineResult(
                        line: outcome.number, id: sent.id, peer: sent.peer, state: sent.state,
                        reason: sent.reason))
            } else if let reason = sent.reason {
                try Output.line(sent.id)
                Output.note("line \(outcome.number): queued for \(sent.peer.name): \(reason)")
            }
        case .failure(let error):
            let described = CommandError(describing: error)
            if json {
                try Output.json(
                    LineResult(
                        line: outcome.number, error: described.message, exit: described.code.rawValue))
            }
            if progress.failure == nil || !json {
                Output.error(
                    CommandError(
                        described.code, "line \(outcome.number): \(described.message)",
                        hint: described.hint))
            }
            progress.hasFailed = true
            progress.failure = progress.failure ?? described.code
        }
    }

    /// Lines that are on their way at once.
    private static let most = 64
    /// Seconds.
    private static let glance = 0.05

    private struct Progress {
        /// The number of the last line that was read, from 1.
        var line = 0
        var inFlight = 0
        /// Ended, and reported once those before it are.
        var waiting: [Int: Outcome] = [:]
        /// Lines whose outcome is still to be reported, in order.
        private var expected: [Int] = []
        var isPaused = false
        private var isAtEnd = false
        var isQueued = false
        var delivered = 0
        /// Nothing more is read after a line that could not be sent.
        var hasFailed = false
        /// Of the first line that could not be sent, once it is reported.
        var failure: ExitCode?

        var isReading: Bool { !isAtEnd && !hasFailed }

        /// Whether there is something to send.
        mutating func take(_ event: LineEvent?) -> Bool {
            switch event {
            case .line(let text):
                line += 1
                guard !text.isEmpty else { return false }
            case .lineTooLong, .lineRefused: line += 1
            case .endOfFile, .interrupt, nil:
                isAtEnd = true
                return false
            }
            guard !hasFailed else { return false }
            expected.append(line)
            inFlight += 1
            return true
        }

        mutating func next() -> Outcome? {
            guard let number = expected.first, let outcome = waiting.removeValue(forKey: number) else {
                return nil
            }
            expected.removeFirst()
            return outcome
        }
    }
}
