import Foundation
import TestSupport
import Testing

@testable import Terminal

/// The editor as a person meets it: a small program (`terminal-probe`) in a real terminal emulator.
@Suite struct LineEditorTests {
    private static let prompt = "probe> "

    private func edit(
        columns: Int = 80, rows: Int = 24, environment: [String: String] = [:],
        _ body: (TmuxScreen) async throws -> Void
    ) async throws {
        let command = [try BuiltProducts.executable("terminal-probe"), "edit"]
        try await TmuxScreen.with(columns: columns, rows: rows, environment: environment, command: command) {
            screen in
            try await screen.wait(for: "the prompt") { $0.last?.hasPrefix("probe>") == true }
            try await body(screen)
        }
    }

    @Test func aLineIsAnEvent() async throws {
        try await edit { screen in
            try await screen.type("Grüße 世界")
            try await screen.press("Enter")
            try await screen.wait(forText: "event: line [Grüße 世界]")
        }
    }

    @Test(arguments: [80, 40])
    func aThousandMessagesDoNotDisturbTyping(columns: Int) async throws {
        let word = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: word) }
        // Takes two rows of 40 columns with the prompt.
        let half = "half-typed text that is 世界 long enough to wrap"
        try await edit(columns: columns) { screen in
            try await screen.type("/flood \(word)")
            try await screen.press("Enter")
            try await screen.type(half)
            try await screen.press("Left", "Left", "Left")
            try await screen.wait(for: "the typed text") { $0.joined().contains("enough to wrap") }
            try Data().write(to: URL(filePath: word))
            // Typed while they arrive, in the middle of the line.
            try await screen.type("XYZ")
            try await screen.wait(forText: "flood over")
            let typed = Self.prompt + half.dropLast(3) + "XYZrap"
            let shown = try await screen.wait(for: "the typed text") { $0.joined().hasSuffix(typed) }
            let cursor = try await screen.cursor()
            let offset = displayWidth(Self.prompt + half) - 3 + 3
            #expect(cursor.column == offset % columns)
            #expect(cursor.row == shown.count - 1)

            let messages = try await screen.history().filter { $0.hasPrefix("message ") }
            #expect(messages == (1...1000).map { "message \($0)" })
            try await screen.press("Enter")
            try await screen.wait(for: "the event") {
                $0.joined().contains("event: line [\(half.dropLast(3))XYZrap]")
            }
        }
    }

    @Test func undoOutlivesMessages() async throws {
        let word = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: word) }
        try await edit { screen in
            try await screen.type("/flood \(word)")
            try await screen.press("Enter")
            try await screen.type("keep this")
            try await screen.press("C-u")
            try Data().write(to: URL(filePath: word))
            try await screen.wait(forText: "flood over")
            try await screen.press("C-_")
            try await screen.wait(for: "the text again") { $0.last == "probe> keep this" }
        }
    }

    @Test func aPasteOfSeveralLinesIsOneEvent() async throws {
        try await edit { screen in
            try await screen.type("see: ")
            try await screen.paste("one\ntwo\nthree")
            try await screen.wait(forText: "three")
            #expect(try await !screen.rows().contains { $0.contains("event:") })
            try await screen.type("!")
            try await screen.press("Enter")
            try await screen.wait(forText: "event: line [see: one|two|three!]")
        }
    }

    @Test func controlCClearsThenInterrupts() async throws {
        try await edit { screen in
            try await screen.type("not this")
            try await screen.press("C-c")
            try await screen.wait(for: "an empty prompt") { $0.suffix(2) == ["probe> not this^C", "probe>"] }
            try await screen.press("Up")
            try await screen.type("this")
            try await screen.press("Enter")
            try await screen.wait(forText: "event: line [this]")
            #expect(try await !screen.rows().contains { $0.contains("event: interrupt") })
            try await screen.press("C-c")
            try await screen.wait(forText: "event: interrupt")
        }
    }

    @Test func controlDEndsOnlyAnEmptyLine() async throws {
        try await edit { screen in
            try await screen.type("ab")
            try await screen.press("Left", "C-d")
            try await screen.wait(for: "a deleted character") { $0.last == "probe> a" }
            try await screen.press("BSpace", "C-d")
            let rows = try await screen.wait(forText: "stopped")
            #expect(rows.contains("event: end of file"))
            #expect(try await screen.waitForExit() == 0)
        }
    }

    @Test func historyIsKeptAndSearched() async throws {
        try await edit { screen in
            for text in ["first", "second"] {
                try await screen.type(text)
                try await screen.press("Enter")
                try await screen.wait(forText: "event: line [\(text)]")
            }
            try await screen.press("Up", "Up")
            try await screen.wait(for: "the first line") { $0.last == "probe> first" }
            try await screen.press("C-c", "C-r")
            try await screen.type("sec")
            try await screen.wait(forText: "`sec': second")
            try await screen.press("Enter")
            try await screen.wait(for: "it again") { rows in
                rows.filter { $0 == "event: line [second]" }.count == 2
            }
        }
    }

    @Test func tabCompletesWithTheProgramsWords() async throws {
        try await edit { screen in
            try await screen.type("/q")
            try await screen.press("Tab", "Enter")
            try await screen.wait(forText: "stopped")
        }
        try await edit { screen in
            try await screen.type("/help a")
            try await screen.press("Tab", "Enter")
            try await screen.wait(forText: "event: line [/help alice]")
            // Nothing of the program's: not a file's name either.
            try await screen.type("zz")
            try await screen.press("Tab", "Enter")
            try await screen.wait(forText: "event: line [zz]")
        }
    }

    @Test func thePromptChangesUnderTheTypedText() async throws {
        try await edit { screen in
            try await screen.type("/prompt")
            try await screen.press("Enter")
            try await screen.type("abc")
            try await screen.wait(for: "the new prompt") { $0.last == "other> abc" }
        }
    }

    @Test func resizingKeepsTheText() async throws {
        let text = "0123456789 0123456789 0123456789 0123456789"
        try await edit(columns: 80) { screen in
            try await screen.type(text)
            try await screen.wait(forText: text)
            for columns in [30, 100, 45] {
                try await screen.resize(columns: columns, rows: 24)
                try await screen.type("x")
                try await screen.press("BSpace")
                try await screen.wait(for: "the text at \(columns)") {
                    $0.joined().hasSuffix(Self.prompt + text)
                }
                let end = displayWidth(Self.prompt + text)
                try await waitUntil("the cursor at its end") {
                    try await screen.cursor().column == end % columns
                }
                // The first: nothing was left behind, and nothing else erased.
                guard columns == 30 else { continue }
                let rows = ["ready", "probe> 0123456789 0123456789 0", "123456789 0123456789"]
                try await waitUntil("just that") { try await screen.history() == rows }
            }
            try await screen.press("Enter")
            try await screen.wait(for: "the event") { $0.joined().contains("event: line [\(text)]") }
            try await screen.type("/columns")
            try await screen.press("Enter")
            try await screen.wait(forText: "columns: 45")
        }
    }

    @Test func theUsersInputrcCounts() async throws {
        let inputrc = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: inputrc) }
        try Data("$if p2pchat\n\"\\C-o\": \"from inputrc\"\n$endif\n".utf8).write(to: inputrc)
        try await edit(environment: ["INPUTRC": inputrc.path]) { screen in
            try await screen.press("C-o", "Enter")
            try await screen.wait(forText: "event: line [from inputrc]")
        }
    }

    @Test func aTerminalWithoutALocaleStillTakesUnicode() async throws {
        try await edit(environment: ["LC_ALL": "C"]) { screen in
            try await screen.type("aé世b")
            try await screen.press("Left", "BSpace", "Enter")
            try await screen.wait(forText: "event: line [aéb]")
        }
    }

    @Test func aDumbTerminalWorks() async throws {
        try await TmuxScreen.with(command: try probe("edit", terminal: "dumb")) { screen in
            try await screen.wait(for: "the prompt") { $0.last == "probe>" }
            try await screen.type("hello")
            try await screen.press("Enter")
            _ = try await screen.wait(forText: "event: line [hello]")
        }
    }
}
