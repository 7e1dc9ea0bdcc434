import Foundation
import TestSupport
import Testing

/// What a user types and sees, one file a story.
@Suite struct TranscriptTests {
    /// Programs of many transcripts at once would only take each other's time.
    private static let gate = Gate(places: max(2, ProcessInfo.processInfo.activeProcessorCount))

    /// The limit holds for waiting in line, too.
    @Test(.timeLimit(.minutes(20)), arguments: TranscriptFile.all)
    func transcript(_ file: TranscriptFile) async throws {
        let transcript = try Transcript(path: file.path)
        await Self.gate.enter()
        do {
            try await TranscriptRunner(transcript).run()
        } catch let failure as TranscriptFailure {
            // The place that is shown is the line of the transcript.
            Issue.record(
                Comment(rawValue: failure.message),
                sourceLocation: SourceLocation(
                    fileID: "CommandTests/\(transcript.name).txt", filePath: file.path, line: failure.line,
                    column: 1))
        }
        await Self.gate.leave()
    }

    @Test func thereAreTranscripts() {
        #expect(!TranscriptFile.all.isEmpty)
    }
}

/// So many at once, and the others in line.
actor Gate {
    private var places: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(places: Int) {
        self.places = places
    }

    func enter() async {
        guard places == 0 else {
            places -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    func leave() {
        if waiting.isEmpty { places += 1 } else { waiting.removeFirst().resume() }
    }
}
