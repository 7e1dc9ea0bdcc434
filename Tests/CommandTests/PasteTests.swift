import Foundation
import TestSupport
import Testing

/// Much text at once.
@Suite struct PasteTests {
    @Test func tenThousandLinesAreOneMessageThatIsTooLongAndStays() async throws {
        try await Stage.with { stage in
            let alice = try await stage.chat("alice", with: "bob")
            let before = try await resident(alice)
            let text = (1...10_000).map { "line \($0) of many" }.joined(separator: "\n")
            try await alice.paste(text)
            try await alice.wait(forLine: "line 10000 of many")
            // The screen lives.
            try await stage.run(["send", "alice", "are you there?", "--home", stage.home("bob")])
            try await alice.wait(forText: "bob are you there?")
            try await alice.press("Enter")
            try await alice.wait(
                forText: "the message has \(text.utf8.count) bytes; at most 64000 can be sent")
            #expect(try await alice.rows().last == "line 10000 of many")
            try await alice.waitUntilFresh()
            #expect(try await resident(alice) < before + 60_000)

            // What fits goes as it is.
            try await alice.press("C-u")
            try await alice.wait(forLine: "bob>")
            let fitting = String(text.prefix(64_000))
            let last = try #require(fitting.split(separator: "\n").last)
            try await alice.paste(fitting)
            try await alice.wait(forLine: String(last))
            try await alice.press("Enter")
            try await alice.wait(forLine: "bob>")
            let texts = try await stage.run(["history", "bob", "--json", "--home", stage.home("alice")])
                .split(separator: "\n").map { line in
                    (try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["text"]
                        as? String
                }
            #expect(texts == ["hello", "are you there?", fitting])
        }
    }

    /// Kilobytes in memory.
    private func resident(_ screen: TmuxScreen) async throws -> Int {
        let pid = try await screen.display("#{pane_pid}")
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        return Int(try #require(status.firstMatch(of: /VmRSS:\s+(\d+) kB/)).output.1) ?? 0
    }
}
