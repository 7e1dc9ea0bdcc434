import Foundation
import TestSupport
import Testing

@testable import Terminal

/// The full screen as a person meets it.
@Suite struct FullScreenTests {
    @Test func aLineIsAnEventAndTheCursorStandsInIt() async throws {
        try await withProbeScreen { screen in
            try await screen.type("Grüße 世界!")
            try await screen.press("Left")
            try await screen.wait(forLine: "> Grüße 世界!")
            try await waitUntil("the cursor before the last character") {
                try await screen.cursor() == (column: 2 + 10, row: 23)
            }
            try await screen.press("Enter")
            try await screen.wait(forText: "event: line(\"Grüße 世界!\")")
            try await screen.wait(forLine: ">")
        }
    }

    @Test func aFloodOfRedrawsDoesNotDisturbTyping() async throws {
        try await withProbeScreen { screen in
            try await screen.enter("/flood")
            try await screen.wait(for: "the flood") { !($0.first?.hasSuffix("count 0") ?? true) }
            let text = "half-typed text that is 世界 long enough to take a while"
            for word in text.split(separator: " ") {
                try await screen.type(word == "half-typed" ? String(word) : " \(word)")
            }
            try await screen.press("Left", "Left")
            try await screen.type("XYZ")
            let typed = text.dropLast(2) + "XYZ" + text.suffix(2)
            let first = try await screen.wait(forLine: "> \(typed)").first
            #expect(try await screen.cursor().column == 2 + displayWidth(String(typed)) - 2)
            // It still goes on.
            try await screen.wait(for: "more of the flood") { $0.first != first }
            try await screen.press("Enter")
            try await screen.wait(forText: "event: line(\"\(typed)\")")
        }
    }

    @Test(arguments: [
        ("PPage", "pageUp"), ("NPage", "pageDown"), ("M-<", "top"), ("M->", "bottom"), ("C-Home", "top"),
        ("C-End", "bottom"), ("M-1", "number(1)"), ("M-9", "number(9)"), ("M-0", "number(10)"),
        ("F3", "findNext"), ("S-F3", "findPrevious"), ("M-Left", "previous"), ("M-Up", "previous"),
        ("M-Right", "next"), ("M-Down", "next"),
        ("\u{1B}\u{1B}[A", "previous"), ("C-k", "jump"), ("F1", "help"), ("C-l", "redraw"),
        ("Escape", "escape"),
    ])
    func keysOfTheScreenAreEvents(key: String, name: String) async throws {
        for mode in ["emacs", "vi"] {
            let inputrc = try Inputrc("set editing-mode \(mode)\n")
            try await withProbeScreen(environment: ["INPUTRC": inputrc.path]) { screen in
                // In vi's way of typing, Esc ends that, which puts the cursor on the last character; it is the
                // screen's only after that.
                if mode == "vi" && name == "escape" {
                    try await screen.type("ab")
                    try await screen.wait(forLine: "> ab")
                    try await screen.press("Escape")
                    try await waitUntil("vi's command mode") { try await screen.cursor().column == 3 }
                }
                if key.hasPrefix("\u{1B}") {
                    try await screen.type(key)
                } else {
                    try await screen.press(key)
                }
                try await screen.wait(forText: "event: key(Terminal.ScreenKey.\(name))")
            }
        }
    }

    @Test func escapePressedTwiceAtOnceLeavesNothingHalfRead() async throws {
        try await withProbeScreen { screen in
            try await screen.type("\u{1B}\u{1B}")
            try await screen.wait(forText: "event: key(Terminal.ScreenKey.escape)")
            try await screen.enter("hello")
            try await screen.wait(forText: "event: line(\"hello\")")
        }
    }

    @Test func escapeThatComesAtOnceWithLettersIsAKeyOfItsOwn() async throws {
        try await withProbeScreen { screen in
            try await screen.type("abc\u{1B}")
            try await screen.wait(forText: "event: key(Terminal.ScreenKey.escape)")
            try await screen.wait(forLine: "> abc")
            try await screen.press("C-u")
            try await screen.enter("/ask Who?")
            try await screen.wait(forLine: "Who?")
            try await screen.type("def\u{1B}")
            try await screen.wait(forText: "event: cancelled")
        }
    }

    @Test func whatTheUserBoundIsTheirs() async throws {
        let inputrc = try Inputrc(
            #"""
            "\e[5~": "page up"
            "\e1": "one"
            "\e[6~": upcase-word
            "\C-k": "kay"

            """#)
        try await withProbeScreen(environment: ["INPUTRC": inputrc.path]) { screen in
            try await screen.press("PPage", "M-1")
            try await screen.wait(forLine: "> page upone")
            try await screen.press("C-a", "NPage")
            try await screen.wait(forLine: "> PAGE upone")
            try await screen.press("C-k")
            try await screen.wait(forText: "event: key(Terminal.ScreenKey.jump)")
        }
    }

    @Test func aPasteOrAltEnterPutsNewlinesInOneLine() async throws {
        try await withProbeScreen { screen in
            try await screen.type("see: ")
            try await screen.paste("one\ntwo\nthree")
            try await screen.press("M-Enter")
            try await screen.type("four")
            let rows = try await screen.wait(forLine: "> see: one|two|three|four")
            #expect(!rows.contains { $0.contains("event:") })
            try await screen.press("Enter")
            try await screen.wait(forText: "event: line(\"see: one|two|three|four\")")
            // The history has it whole.
            try await screen.press("Up")
            try await screen.wait(forLine: "> see: one|two|three|four")
        }
    }

    @Test func controlCClearsThenInterruptsAndControlDEnds() async throws {
        try await withProbeScreen { screen in
            try await screen.type("not this")
            try await screen.wait(forLine: "> not this")
            try await screen.press("C-c")
            let rows = try await screen.wait(forLine: ">")
            #expect(!rows.contains { $0.contains("event:") })
            try await screen.press("C-c")
            try await screen.wait(forText: "event: interrupt")
            try await screen.press("C-d")
            #expect(try await screen.waitForExit() == 0)
        }
    }

    @Test func theHistoryIsSearchedInTheLine() async throws {
        try await withProbeScreen { screen in
            for text in ["first", "second"] {
                try await screen.enter(text)
                try await screen.wait(forText: "event: line(\"\(text)\")")
            }
            try await screen.press("C-r")
            try await screen.type("fir")
            try await screen.wait(forLine: "> (reverse-i-search)`fir': first")
            try await screen.press("Escape")
            try await screen.wait(forLine: "> first")
        }
    }

    /// What a terminal says of its window is no key, and an arrow is one key though it is three bytes.
    @Test func aSearchOutlivesTheFocusAndEndsWithAnArrow() async throws {
        try await withProbeScreen { screen in
            try await screen.enter("first")
            try await screen.wait(forText: "event: line(\"first\")")
            try await screen.press("C-r")
            try await screen.type("fi")
            try await screen.wait(forLine: "> (reverse-i-search)`fi': first")
            try await screen.type("\u{1B}[O")
            try await screen.wait(forText: "event: key(Terminal.ScreenKey.focus(false))")
            try await screen.type("\u{1B}[Ir")
            try await screen.wait(forText: "event: key(Terminal.ScreenKey.focus(true))")
            try await screen.wait(forLine: "> (reverse-i-search)`fir': first")
            try await screen.press("Right")
            try await screen.type("!")
            try await screen.wait(forLine: "> f!irst")
        }
    }

    @Test func tabInsertsWhatIsCommonThenGoesThroughTheCandidates() async throws {
        try await withProbeScreen { screen in
            try await screen.type("/he")
            try await screen.press("Tab")
            try await screen.wait(forLine: "> /hel")
            try await screen.press("Tab", "Tab")
            let rows = try await screen.wait(forLine: "> /hello")
            #expect(rows.dropLast().dropFirst().allSatisfy { $0.isEmpty })
            try await screen.press("C-c")
            try await screen.wait(forLine: ">")
            try await screen.type("/help b")
            try await screen.press("Tab", "Enter")
            try await screen.wait(forText: "event: line(\"/help bob \")")
        }
    }

    @Test func theMouseIsAnEventOnlyWhenSwitchedOn() async throws {
        try await withProbeScreen { screen in
            try await screen.enter("/mouse on")
            try await screen.wait(forLine: ">")
            // As a terminal says it: the wheel, and the first button at column 12 of row 7.
            try await screen.type("\u{1B}[<64;5;5M")
            try await screen.wait(forText: "event: key(Terminal.ScreenKey.wheelUp)")
            try await screen.type("\u{1B}[<0;12;7M\u{1B}[<0;12;7m")
            try await screen.wait(forText: "event: key(Terminal.ScreenKey.click(row: 6, column: 11))")
            #expect(try await screen.rows().filter { $0.contains("click") }.count == 1)
        }
    }

    @Test func resizingDrawsAnew() async throws {
        try await withProbeScreen(columns: 200, rows: 60) { screen in
            let text = String(repeating: "0123456789", count: 12)
            try await screen.enter(text)
            try await screen.wait(forText: "event: line(\"\(text)\")")
            try await screen.type("half")
            for (columns, rows) in [(40, 10), (200, 60)] {
                try await screen.resize(columns: columns, rows: rows)
                let event = "event: resized(Terminal.ScreenSize(columns: \(columns), rows: \(rows)))"
                let shown = try await screen.wait(for: "the screen in its new size") {
                    $0.count == rows && $0.last == "> half" && $0[0].hasPrefix("screen \(columns)x\(rows),")
                        && $0.contains { $0.hasPrefix(event.prefix(columns)) }
                }
                #expect(shown[1] == "event: line(\"\(text)\")".prefix(columns))
                #expect(shown.count { $0.contains("half") || $0.hasPrefix("screen") } == 2)
            }
        }
    }

    @Test(arguments: [80, 10, 6, 5])
    func whatFollowsOddTextStandsInItsColumn(columns: Int) async throws {
        try await withProbeScreen(columns: 80) { screen in
            try await screen.enter("/samples")
            try await screen.wait(forText: "|next")
            try await screen.resize(columns: columns, rows: 24)
            let shown = try await screen.wait(for: "the samples") {
                $0.count == 24 && $0[0].hasPrefix("screen \(columns)x24".prefix(columns))
                    && $0[1] == "abcd|next".prefix(columns)
            }
            let samples = shown.dropFirst().prefix { !$0.isEmpty && !$0.hasPrefix("event") }
            #expect(samples.count == 13)
            for row in samples {
                let parts = row.split(separator: "|", maxSplits: 1).map(String.init)
                #expect(displayWidth(parts[0]) == 4, "in \(row)")
                #expect(parts.count == 2 ? parts[1] == "next".prefix(columns - 5) : columns == 5)
            }
        }
    }

    @Test(arguments: ["vt100", "linux", "screen", "tmux-256color", "xterm-256color", "xterm"])
    func terminalsOfManyKindsDraw(name: String) async throws {
        for noColour in ["", "1"] {
            try await withProbeScreen(terminal: name, environment: ["NO_COLOR": noColour]) { screen in
                try await screen.enter("/samples")
                try await screen.wait(forText: "世界|next")
                try await screen.enter("/title \(name)")
                try await screen.enter("hello")
                let rows = try await screen.wait(forText: "event: line(\"hello\")")
                #expect(rows.count == 24 && rows.first == "screen 80x24, count 0")
                try await screen.enter("/quit")
                #expect(try await screen.waitForExit() == 0)
            }
        }
    }

    /// What tmux keeps of a coloured cell tells which colour it was.
    @Test(arguments: [
        ("/palette dark", "", "38;5;149"), ("/palette light", "", "38;5;58"),
        ("/palette", "15;0", "38;5;149"),
        ("/palette", "0;default;15", "38;5;58"), ("/palette", "", "38;5;100"), ("/palette none", "", ""),
    ])
    func coloursFollowThePalette(command: String, background: String, colour: String) async throws {
        let environment = ["COLORFGBG": background, "NO_COLOR": ""]
        try await withProbeScreen(terminal: "xterm-256color", environment: environment) { screen in
            try await screen.enter(command)
            try await screen.enter("/samples")
            try await screen.wait(forText: "世界|next")
            let rows = try await screen.colouredRows()
            let sample = try #require(rows.first { $0.contains("|next") })
            #expect(colour.isEmpty ? !sample.contains("38;5") : sample.contains(colour), "\(sample)")
        }
    }

    @Test func aTerminalThatHasNoScreenIsRefused() async throws {
        for name in ["dumb", "no-such-terminal"] {
            try await TmuxScreen.with(command: try probe("screen", terminal: name)) { screen in
                _ = try await screen.waitForExit()
                #expect(try await screen.history().contains("failed: noTerminal"))
            }
        }
    }

    @Test func aTerminalWithoutALocaleStillShowsUnicode() async throws {
        try await withProbeScreen(environment: ["LC_ALL": "C"]) { screen in
            try await screen.type("aé世b")
            try await screen.press("Left", "BSpace", "Enter")
            try await screen.wait(forText: "event: line(\"aéb\")")
        }
    }

    @Test func readlineAndTheScreenFollowEachOtherInOneProcess() async throws {
        let command = [try BuiltProducts.executable("terminal-probe"), "both"]
        try await TmuxScreen.with(command: command) { screen in
            try await screen.wait(forLine: ">")
            try await screen.enter("/quit")
            try await screen.wait(forLine: "probe>")
            // Its keys are readline's own again.
            try await screen.type("one two")
            try await screen.press("M-b", "C-k", "Enter")
            try await screen.wait(forText: "event: line [one ]")
            try await screen.enter("/quit")
            try await screen.wait(forLine: ">")
            try await screen.press("C-k")
            try await screen.wait(forText: "event: key(Terminal.ScreenKey.jump)")
            try await screen.enter("/quit")
            #expect(try await screen.waitForExit() == 0)
            #expect(try await screen.history().filter { $0 == "stopped" }.count == 3)
        }
    }
}

/// An inputrc of its own, removed with this value.
final class Inputrc {
    private let folder: TemporaryFolder
    let path: String

    init(_ text: String) throws {
        folder = try TemporaryFolder()
        path = folder.path + "/inputrc"
        try Data(text.utf8).write(to: URL(filePath: path))
    }
}
