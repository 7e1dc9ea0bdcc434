import Foundation
import TestSupport
import Testing

/// What is typed at a full screen and must not be seen, and what is typed at the wrong time.
@Suite struct SecretTests {
    @Test func aSecretIsHandedOverAndSeenNowhere() async throws {
        try await withProbeScreen { screen in
            try await screen.enter("/secret")
            try await screen.wait(forText: "a secret please")
            try await screen.type("correct horse")
            try await screen.press("BSpace")
            try await screen.type("ß€e")
            try await screen.press("BSpace", "BSpace", "Left", "Up", "PPage", "F1", "M-x")
            // By then all of it has been read: a resize comes behind it.
            try await screen.resize(columns: 81, rows: 24)
            try await screen.wait(forText: "event: resized")
            #expect(try await !screen.history().joined().contains("correct"))
            try await screen.press("Enter")
            try await screen.wait(forText: "secret: 14 bytes, ßsroh tcerroc")
            try await screen.wait(forText: "event: secret")

            // Neither the history, nor the kill ring, nor undo has it.
            try await screen.press("Up")
            try await screen.wait(forLine: "> /secret")
            try await screen.press("C-u", "C-_", "C-_")
            try await screen.type("|")
            try await screen.wait(for: "what undo brings back") {
                $0.last == "> /secret|" || $0.last == "> |"
            }
            #expect(try await !screen.rows().joined().contains("correct"))
        }
    }

    @Test func aPasteIsOneSecretAndEndsNothing() async throws {
        try await withProbeScreen { screen in
            try await screen.enter("/secret")
            try await screen.wait(forText: "a secret please")
            try await screen.paste("pasted words\nanother line\n")
            try await screen.type("!")
            try await screen.press("Enter")
            try await screen.wait(forText: "secret: 13 bytes, !sdrow detsap")
            try await screen.wait(forLine: ">")
        }
    }

    @Test func keysThatLeaveASecret() async throws {
        try await withProbeScreen { screen in
            try await screen.enter("/secret")
            try await screen.wait(forText: "a secret please")
            try await screen.type("half")
            // Ctrl-C empties it first, as it does with a line; Ctrl-U likewise.
            try await screen.press("C-c", "C-c")
            try await screen.wait(forText: "event: interrupt")
            try await screen.type("half")
            try await screen.press("C-u", "Escape")
            try await screen.wait(forText: "event: key(Terminal.ScreenKey.escape)")
            try await screen.type("x")
            try await screen.press("Enter")
            try await screen.wait(forText: "secret: 1 bytes, x")
        }
    }

    @Test func aSecretThatIsTooLongIsNone() async throws {
        try await withProbeScreen { screen in
            try await screen.enter("/secret")
            try await screen.wait(forText: "a secret please")
            for _ in 0..<5 { try await screen.type(String(repeating: "x", count: 205)) }
            try await screen.press("Enter")
            try await screen.wait(forText: "secret: too long")
        }
    }

    @Test func afterAnAnswerNothingIsTaken() async throws {
        try await withProbeScreen { screen in
            try await screen.enter("/answer")
            try await screen.wait(forText: "an answer please")
            try await screen.type("first\rsecond\r\u{1B}[A")
            try await screen.press("C-c")
            try await screen.wait(forText: "event: interrupt")
            let rows = try await screen.rows()
            #expect(rows.contains("event: line(\"first\")"))
            #expect(!rows.joined().contains("second"))
            #expect(rows.last == ">")
        }
    }

    @Test func whatIsTypedWhileNothingIsWantedIsDropped() async throws {
        let folder = try TemporaryFolder()
        let word = folder.path + "/word"
        try await withProbeScreen { screen in
            try await screen.enter("/nothing \(word)")
            try await screen.wait(forText: "nothing please")
            try await screen.enter("dropped")
            try await screen.press("C-c")
            try await screen.wait(forText: "event: interrupt")
            try Data().write(to: URL(fileURLWithPath: word))
            try await screen.wait(forText: "free again")
            try await screen.enter("taken")
            try await screen.wait(forText: "event: line(\"taken\")")
            #expect(try await !screen.rows().joined().contains("dropped"))
        }
    }
}
