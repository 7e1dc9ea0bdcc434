import Foundation
import TestSupport
import Testing

@testable import Terminal

/// Keys that are the screen's only while nothing is typed, and what goes onto the terminal's clipboard.
@Suite struct FullScreenListTests {
    @Test(arguments: ["emacs", "vi"])
    func aListHasItsKeysWhileTheLineIsEmpty(mode: String) async throws {
        let inputrc = try Inputrc("set editing-mode \(mode)\n")
        try await withProbeScreen(environment: ["INPUTRC": inputrc.path]) { screen in
            try await screen.enter("before")
            try await screen.wait(forText: "event: line(\"before\")")
            try await screen.enter("/list ab")
            try await screen.wait(forLine: ">")
            for (key, name) in [
                ("Up", "up"), ("Down", "down"), ("Enter", "enter"), ("C-j", "enter"),
                ("M-a", "letter(\"a\")"),
                ("M-b", "letter(\"b\")"), ("Escape", "escape"),
            ] {
                try await screen.press(key)
                try await screen.wait(forText: "event: key(Terminal.ScreenKey.\(name))")
            }
            #expect(try await screen.rows().filter { $0.contains("ScreenKey.enter") }.count == 2)
        }
    }

    /// As soon as something is typed, the line is the user's own.
    @Test func aLineThatIsTypedKeepsItsKeys() async throws {
        try await withProbeScreen { screen in
            try await screen.enter("/list b")
            try await screen.wait(forLine: ">")
            try await screen.type("one two")
            try await screen.press("M-b")
            try await screen.type("x")
            try await screen.wait(forLine: "> one xtwo")
            try await screen.press("Enter")
            try await screen.wait(forText: "event: line(\"one xtwo\")")
            // Emptied in whatever way, it is the list's again.
            try await screen.type("y")
            try await screen.press("BSpace", "Down")
            try await screen.wait(forText: "event: key(Terminal.ScreenKey.down)")
            try await screen.type("z")
            try await screen.press("Up")
            try await screen.wait(forLine: "> one xtwo")
            try await screen.press("C-c")
            try await screen.wait(forLine: ">")
            try await screen.enter("/nolist")
            try await screen.press("Up")
            try await screen.wait(forLine: "> /nolist")
        }
    }

    /// As it comes over a slow line, or from a program.
    @Test func whatComesAtOnceIsALine() async throws {
        try await withProbeScreen { screen in
            try await screen.enter("/list b")
            try await screen.wait(forLine: ">")
            try await screen.type("one two\u{1B}bx\r")
            try await screen.wait(forText: "event: line(\"one xtwo\")")
            try await screen.type("three\u{1B}[A\r")
            try await screen.wait(for: "the line of the history") { rows in
                rows.filter { $0 == "event: line(\"one xtwo\")" }.count == 2
            }
            try await screen.type("\r")
            try await screen.wait(forText: "event: key(Terminal.ScreenKey.enter)")
        }
    }

    @Test func aQuestionIsNotTheLists() async throws {
        try await withProbeScreen { screen in
            try await screen.enter("/list")
            try await screen.enter("/ask Who?")
            try await screen.wait(forLine: "Who?")
            try await screen.press("Enter")
            try await screen.wait(forText: "event: answer(\"\")")
            try await screen.press("Enter")
            try await screen.wait(forText: "event: key(Terminal.ScreenKey.enter)")
        }
    }

    @Test func aMacroOfTheUsersStaysOne() async throws {
        let inputrc = try Inputrc("\"\\ea\": \"mine\"\n")
        try await withProbeScreen(environment: ["INPUTRC": inputrc.path]) { screen in
            try await screen.enter("/list a")
            try await screen.wait(forLine: ">")
            try await screen.press("M-a")
            try await screen.wait(forLine: "> mine")
        }
    }

    /// The text is exact, and cannot end the sequence that carries it.
    @Test func whatIsCopiedIsExact() async throws {
        try await withProbeScreen { screen in
            try await screen.allowCopying()
            try await screen.type("/copy a;世")
            // The bell ends such a sequence; quoted, it is typed.
            try await screen.press("C-v", "C-g")
            try await screen.type("\\b")
            try await screen.press("Enter")
            try await screen.wait(forText: "copied: true")
            try await waitUntil("the clipboard") {
                (try? await screen.copied()) == "a;世\u{07}\\b"
            }
            try await screen.enter("/copy *64000")
            try await waitUntil("the long text") { (try? await screen.copied().count) == 64_000 }
            try await screen.enter("/copy *64001")
            try await screen.wait(forText: "copied: false")
            #expect(try await screen.copied().count == 64_000)
        }
    }

    /// It would show the sequence instead of taking it.
    @Test func aTerminalThatKnowsNoSequencesIsNotSentOne() async throws {
        try await withProbeScreen(terminal: "vt100") { screen in
            try await screen.enter("/copy text")
            try await screen.wait(forText: "copied: false")
        }
    }
}
