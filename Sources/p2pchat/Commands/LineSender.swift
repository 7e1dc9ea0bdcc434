import Chat
import Terminal
import Wire

/// Sends each line as a message of its own, in order, without waiting for one before the next goes. Lines that are there at the same
/// time become durable together.
struct LineSender: Sendable {
    let session: HomeSession
    let peer: String
    let timeout: Double
    let queue: Bool
    let json: Bool

    /// What became of lines that went together.
    private struct Outcome: Sendable {
        /// Counts what was begun.
        let number: Int
        let lines: [Int]
        /// One for each line, in their order; only the first one's where none of them was sent.
        let results: [Result<SendResult, any Error>]
    }

    private enum Step: Sendable {
        case lines([LineEvent])
        case done(Outcome)
    }

    /// - Returns: The exit code of the first line that was not sent, or that some wait in the outbox; nil when all is delivered.
    func run(_ reader: LineReader) async throws -> ExitCode? {
        try await withThrowingTaskGroup(of: Step.self) { group in
            var progress = Progress()
            var report = LineReport(json: json)
            func readOn() {
                guard progress.isReading, progress.inFlight < Self.most, !progress.isAsking else { return }
                progress.isAsking = true
                group.addTask { .lines(await reader.batch(limit: Self.together) ?? [.endOfFile]) }
            }
            func settle(_ outcome: Outcome) throws {
                progress.inFlight -= outcome.lines.count
                for ended in progress.inOrder(outcome) { try report.say(ended.lines, ended.results) }
                progress.hasFailed = progress.hasFailed || report.failure != nil
                if progress.hasFailed { reader.stop() }
            }
            readOn()
            while let step = try await group.next() {
                switch step {
                case .lines(let events):
                    let taken = progress.take(events)
                    readOn()
                    if !taken.lines.isEmpty {
                        let (number, lines) = (progress.begin(taken.lines.count), taken.lines)
                        do {
                            // Behind the lines before them; what is returned waits.
                            let end = try await session.send(parameters(taken.texts, report))
                            group.addTask { .done(await Self.outcome(number, lines, end)) }
                        } catch {
                            progress.hasFailed = true
                            try settle(Outcome(number: number, lines: lines, results: [.failure(error)]))
                        }
                    }
                    if let fault = taken.fault, !progress.hasFailed {
                        progress.hasFailed = true
                        let number = progress.begin(1)
                        try settle(
                            Outcome(number: number, lines: [fault.line], results: [.failure(fault.error)]))
                    }
                case .done(let outcome):
                    try settle(outcome)
                    readOn()
                }
            }
            if !json, report.delivered > 0 { Output.note("\(report.delivered) delivered") }
            return report.failure ?? (report.isQueued ? .tryAgain : nil)
        }
    }

    private func parameters(_ texts: [String], _ report: LineReport) -> SendAllParameters {
        // Behind one that waits the others wait too, and need not be watched for long.
        SendAllParameters(
            peer: peer, texts: texts, timeout: report.isQueued ? min(timeout, Self.glance) : timeout,
            queue: queue)
    }

    private static func outcome(
        _ number: Int, _ lines: [Int], _ end: @Sendable () async throws -> [Result<SendResult, any Error>]
    ) async -> Outcome {
        do {
            return Outcome(number: number, lines: lines, results: try await end())
        } catch {
            return Outcome(number: number, lines: lines, results: lines.map { _ in .failure(error) })
        }
    }

    /// Lines that are on their way at once, give or take some that came together.
    private static let most = 1024
    /// Lines that go together. What a read of the input brings, 64 KiB and the end of a line, fits into one request.
    private static let together = 256
    /// Seconds.
    private static let glance = 0.05

    private struct Progress {
        /// The number of the last line that was read, from 1.
        private var line = 0
        private var begun = 0
        private var reported = 0
        /// Ended, and reported once those before are.
        private var ended: [Int: Outcome] = [:]
        private var isAtEnd = false
        var inFlight = 0
        var isAsking = false
        /// Nothing more is read after a line that could not be sent.
        var hasFailed = false

        var isReading: Bool { !isAtEnd && !hasFailed }

        struct Taken {
            var lines: [Int] = []
            var texts: [String] = []
            /// The line behind them cannot be sent.
            var fault: (line: Int, error: any Error)?
        }

        /// What there is to send of what was read.
        mutating func take(_ events: [LineEvent]) -> Taken {
            isAsking = false
            var taken = Taken()
            for event in events where isReading && taken.fault == nil {
                switch event {
                case .line(let text):
                    line += 1
                    let bytes = text.utf8.count
                    if bytes > WireLimits.text {
                        taken.fault = (line, ChatError.messageTooLong(bytes: bytes))
                    } else if bytes > 0 {
                        taken.lines.append(line)
                        taken.texts.append(text)
                    }
                case .lineTooLong, .lineRefused:
                    line += 1
                    taken.fault = (line, Self.tooLong)
                case .endOfFile, .interrupt: isAtEnd = true
                }
            }
            return taken
        }

        mutating func begin(_ lines: Int) -> Int {
            begun += 1
            inFlight += lines
            return begun
        }

        /// What can be reported now that this one has ended.
        mutating func inOrder(_ outcome: Outcome) -> [Outcome] {
            ended[outcome.number] = outcome
            var next: [Outcome] = []
            while let outcome = ended.removeValue(forKey: reported + 1) {
                next.append(outcome)
                reported += 1
            }
            return next
        }

        private static let tooLong = CommandError(
            .badData, "the line is too long; a message has at most \(WireLimits.text) bytes")
    }
}
