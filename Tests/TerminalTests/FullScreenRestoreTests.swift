import Foundation
import TestSupport
import Testing

/// The shell gets its terminal back from the full screen: its settings, what was on the screen, the cursor.
@Suite struct FullScreenRestoreTests {
    private func inShell(
        environment: [String: String] = [:], _ body: (TmuxScreen) async throws -> Void
    ) async throws {
        let probe = try BuiltProducts.executable("terminal-probe")
        let script = """
            ulimit -c 0; trap : QUIT; before=$(stty -a); echo "before it"; "$0" screen; status=$?
            test "$before" = "$(stty -a)" && echo "same settings, status $status" || { echo "changed"; stty -a; }
            cat
            """
        try await TmuxScreen.with(environment: environment, command: ["/bin/sh", "-c", script, probe]) {
            screen in
            try await screen.wait(for: "the line") { $0.count == 24 && $0.last == ">" }
            try await screen.enter("/mouse on")
            try await screen.enter("/title probing")
            try await screen.enter("done")
            try await screen.wait(forText: "event: line(\"done\")")
            #expect(try await screen.modes() == "alternate 1, cursor 1, mouse 1, title probing")
            try await body(screen)
        }
    }

    @Test(arguments: [
        ("/quit", "same settings, status 0"), ("/fault", "same settings, status 134"),
        ("/exit", "same settings, status 3"), ("/terminate", "same settings, status 0"),
        ("C-d", "same settings, status 0"),
        ("C-\\", "same settings, status 131"),
    ])
    func afterTheEnd(how: String, outcome: String) async throws {
        try await inShell { screen in
            if how.hasPrefix("/") { try await screen.enter(how) } else { try await screen.press(how) }
            let rows = try await screen.wait(forText: outcome)
            #expect(rows.first == "before it")
            #expect(!rows.contains { $0.contains("event:") })
            let modes = try await screen.modes()
            #expect(modes.hasPrefix("alternate 0, cursor 1, mouse 0, title ") && !modes.hasSuffix("probing"))
            // Not bracketed: cat shows what it gets.
            try await screen.paste("plain\n")
            try await screen.wait(for: "the paste, and cat's copy") { $0.suffix(2) == ["plain", "plain"] }
        }
    }

    /// An interactive shell with job control: Ctrl-Z gives it the terminal, `fg` brings the screen back.
    @Test(arguments: ["xterm-256color", "vt100"])
    func aStoppedScreenComesBack(terminal: String) async throws {
        let probe = try BuiltProducts.executable("terminal-probe")
        let environment = ["PS1": "shell$ ", "HISTFILE": ""]
        try await TmuxScreen.with(
            environment: environment, command: ["/bin/bash", "--norc", "--noprofile", "-i"]
        ) { screen in
            try await screen.enter("TERM=\(terminal) \(probe) screen")
            try await screen.wait(forLine: ">")
            try await screen.enter("/mouse on")
            try await screen.type("half")
            try await screen.wait(forLine: "> half")
            try await screen.press("C-z")
            try await screen.wait(for: "the shell") { $0.last == "shell$" }
            #expect(try await screen.modes().hasPrefix("alternate 0, cursor 1, mouse 0,"))
            try await screen.enter("echo ec''ho works")
            try await screen.wait(forText: "echo works")
            try await screen.resize(columns: 60, rows: 20)
            try await screen.enter("fg")
            try await screen.wait(for: "the screen") {
                $0.count == 20 && $0.last == "> half" && $0.first == "screen 60x20, count 0"
            }
            #expect(try await screen.modes().contains("mouse 1,"))
            try await screen.type("-typed")
            try await screen.press("Enter")
            try await screen.wait(forText: "event: line(\"half-typed\")")
        }
    }

    /// xterm is asked to tell keys with Alt apart from letters, and gets its own choice back; others are not asked.
    @Test(arguments: [("xterm-256color", 1), ("screen-256color", 0)])
    func xtermSendsAltAsEscape(terminal: String, times: Int) async throws {
        let folder = try TemporaryFolder()
        let probe = try BuiltProducts.executable("terminal-probe")
        for (end, file) in [("/quit", "quit"), ("/fault", "fault")] {
            let path = folder.path + "/" + file
            let shell = "TERM=\(terminal) script -qc '\(probe) screen' \(path); echo ended; cat"
            try await TmuxScreen.with(command: ["/bin/sh", "-c", "ulimit -c 0; " + shell]) { screen in
                try await screen.wait(for: "the line") { $0.count == 24 && $0.last == ">" }
                try await screen.enter(end)
                try await screen.wait(forText: "ended")
            }
            let written = try String(decoding: Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
            #expect(written.components(separatedBy: "\u{1B}[?1036s\u{1B}[?1036h").count - 1 == times)
            #expect(written.components(separatedBy: "\u{1B}[?1036r").count - 1 == times)
        }
    }

    /// Ctrl-S: nothing more is written, and still the program ends, and soon.
    @Test func aTerminalThatTakesNoOutputDoesNotHoldTheEnd() async throws {
        try await inShell { screen in
            try await screen.enter("/flood")
            try await screen.press("C-s")
            // Keys are read, though a bell and a title wait.
            try await screen.enter("/bell")
            try await screen.enter("/title other")
            try await screen.enter("/quit")
            try await screen.wait(forText: "same settings, status 0", within: .seconds(5))
        }
    }

    /// A window that is closed ends the program.
    @Test func aTerminalThatHangsUpEndsTheLoop() async throws {
        let folder = try TemporaryFolder()
        let probe = try BuiltProducts.executable("terminal-probe")
        let script = "trap : HUP; (trap '' HUP; \"$0\" screen; echo $? > \"$1\")"
        try await TmuxScreen.with(command: ["/bin/sh", "-c", script, probe, folder.path + "/status"]) {
            screen in
            _ = try await screen.wait(forLine: ">")
        }
        try await waitUntil("the program's end") {
            try folder.names() == ["status"]
                && !String(contentsOfFile: folder.path + "/status", encoding: .utf8).isEmpty
        }
    }
}

extension TmuxScreen {
    /// What a program may have changed in the terminal, beyond its text.
    func modes() async throws -> String {
        try await display(
            "alternate #{alternate_on}, cursor #{cursor_flag}, mouse #{mouse_any_flag}, title #{pane_title}")
    }
}
