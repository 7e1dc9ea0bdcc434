import Foundation
import Testing

@testable import Terminal

@Suite struct LineReaderTests {
    private func events(_ pieces: [String], limit: Int = 10) -> [LineEvent] {
        var scanner = LineScanner(maximumBytes: limit)
        for piece in pieces { scanner.feed(Array(piece.utf8)[...]) }
        scanner.finish()
        var events: [LineEvent] = []
        while true {
            let next = scanner.take(2)
            if next.isEmpty { return events }
            events += next
        }
    }

    @Test func linesOfAnyCut() {
        let text = "one\ntwo\r\n\nlast"
        let expected: [LineEvent] = [.line("one"), .line("two"), .line(""), .line("last"), .endOfFile]
        #expect(events([text]) == expected)
        #expect(events(text.map(String.init)) == expected)
        #expect(events([]) == [.endOfFile])
        #expect(events(["a\n"]) == [.line("a"), .endOfFile])
    }

    @Test func longLinesAreDroppedWhole() {
        let long = String(repeating: "x", count: 11)
        #expect(events(["0123456789\n"]) == [.line("0123456789"), .endOfFile])
        #expect(events([long + "\nnext\n"]) == [.lineTooLong(limit: 10), .line("next"), .endOfFile])
        #expect(events(long.map(String.init)) == [.lineTooLong(limit: 10), .endOfFile])
    }

    @Test func invalidUTF8BecomesReplacementCharacters() {
        var scanner = LineScanner(maximumBytes: 10)
        scanner.feed([0x61, 0xFF, 0x0A])
        #expect(scanner.take(1) == [.line("a\u{FFFD}")])
    }

    @Test func readsAPipeToItsEnd() async throws {
        let pipe = Pipe()
        let reader = LineReader(input: pipe.fileHandleForReading.fileDescriptor)
        try pipe.fileHandleForWriting.write(contentsOf: Data("hello\nworld".utf8))
        try pipe.fileHandleForWriting.close()
        var events: [LineEvent] = []
        for await event in reader.events { events.append(event) }
        #expect(events == [.line("hello"), .line("world"), .endOfFile])
    }

    @Test func whatIsThereComesTogether() async throws {
        let pipe = Pipe()
        let reader = LineReader(input: pipe.fileHandleForReading.fileDescriptor)
        try pipe.fileHandleForWriting.write(contentsOf: Data("one\ntwo\nthree\nunfin".utf8))
        #expect(await reader.batch(limit: 2) == [.line("one"), .line("two")])
        #expect(await reader.batch(limit: 2) == [.line("three")])
        try pipe.fileHandleForWriting.write(contentsOf: Data("ished".utf8))
        try pipe.fileHandleForWriting.close()
        #expect(await reader.batch(limit: 9) == [.line("unfinished"), .endOfFile])
        #expect(await reader.batch(limit: 9) == nil)
    }

    @Test func stopEndsAWaitingRead() async throws {
        let pipe = Pipe()
        let reader = LineReader(input: pipe.fileHandleForReading.fileDescriptor)
        try pipe.fileHandleForWriting.write(contentsOf: Data("only\n".utf8))
        var events: [LineEvent] = []
        for await event in reader.events {
            events.append(event)
            reader.stop()
        }
        #expect(events == [.line("only")])
    }

    @Test func cancellingEndsAWaitingRead() async throws {
        let pipe = Pipe()
        let reader = LineReader(input: pipe.fileHandleForReading.fileDescriptor)
        let task = Task { for await _ in reader.events {} }
        task.cancel()
        await task.value
        try pipe.fileHandleForWriting.close()
    }
}
