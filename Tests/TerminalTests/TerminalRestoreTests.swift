import Foundation
import TestSupport
import Testing

/// Whatever happens, the shell gets its terminal back as it was: seen through a shell's own `stty`.
@Suite struct TerminalRestoreTests {
    /// A shell in a terminal that says its settings before and after `body`, and whether they are the same.
    private func inShell(_ mode: String, _ body: (TmuxScreen) async throws -> Void) async throws {
        let probe = try BuiltProducts.executable("terminal-probe")
        let script = """
            ulimit -c 0; trap : QUIT; before=$(stty -a); "$0" \(mode); status=$?
            test "$before" = "$(stty -a)" && echo "same settings, status $status" || { echo "changed"; stty -a; }
            """
        try await TmuxScreen.with(command: ["/bin/sh", "-c", script, probe]) { screen in
            try await body(screen)
        }
    }

    @Test(arguments: [
        ("/quit", "same settings, status 0"), ("/fault", "same settings, status 134"),
        ("/fault at once", "same settings, status 134"),
    ])
    func afterTheEditor(command: String, outcome: String) async throws {
        try await inShell("edit") { screen in
            try await screen.wait(for: "the prompt") { $0.last == "probe>" }
            try await screen.type(command)
            try await screen.press("Enter")
            try await screen.wait(forText: outcome)
        }
    }

    @Test func afterQuitKey() async throws {
        try await inShell("edit") { screen in
            try await screen.wait(for: "the prompt") { $0.last == "probe>" }
            try await screen.press("C-\\")
            try await screen.wait(forText: "same settings, status 131")
        }
    }

    /// An interactive shell with job control: Ctrl-Z gives it the terminal, `fg` brings the typed text back.
    @Test func aStoppedEditorComesBack() async throws {
        let probe = try BuiltProducts.executable("terminal-probe")
        let environment = ["PS1": "shell$ ", "HISTFILE": ""]
        try await TmuxScreen.with(
            environment: environment, command: ["/bin/bash", "--norc", "--noprofile", "-i"]
        ) { screen in
            try await screen.type("\(probe) edit")
            try await screen.press("Enter")
            try await screen.wait(for: "the prompt") { $0.last == "probe>" }
            try await screen.type("half")
            try await screen.press("C-z")
            try await screen.wait(for: "the shell") { $0.last == "shell$" }
            try await screen.type("echo ec''ho works")
            try await screen.press("Enter")
            try await screen.wait(forText: "echo works")
            try await screen.type("fg")
            try await screen.press("Enter")
            try await screen.wait(for: "the typed text") { $0.last == "probe> half" }
            try await screen.type("-typed")
            try await screen.press("Enter")
            try await screen.wait(forText: "event: line [half-typed]")
        }
    }

    @Test func aPassphraseIsNotShown() async throws {
        try await inShell("passphrase") { screen in
            try await screen.wait(forText: "Passphrase:")
            try await screen.type("tr\u{E9}s")
            try await screen.press("Enter")
            try await screen.wait(forText: "same settings, status 0")
            let rows = try await screen.history()
            #expect(rows.contains("Passphrase:"))
            #expect(rows.contains("typed 5 bytes: s\u{E9}rt"))
            #expect(!rows.contains { $0.contains("tr\u{E9}s") })
        }
    }

    @Test func anInterruptedPassphraseEndsTheProgram() async throws {
        let probe = try BuiltProducts.executable("terminal-probe")
        try await TmuxScreen.with(
            environment: ["PS1": "shell$ "], command: ["/bin/bash", "--norc", "--noprofile", "-i"]
        ) { screen in
            try await screen.type("\(probe) passphrase")
            try await screen.press("Enter")
            try await screen.wait(forText: "Passphrase:")
            try await screen.type("secret")
            try await screen.press("C-c")
            try await screen.wait(for: "the shell") { $0.last == "shell$" }
            try await screen.type("echo $?; stty -a")
            try await screen.press("Enter")
            try await screen.wait(forText: " echo ")
            let rows = try await screen.history()
            #expect(rows.contains("130"))
            #expect(!rows.contains { $0.contains("secret") })
        }
    }

    @Test func aPassphraseNeedsATerminal() async throws {
        let probe = try BuiltProducts.executable("terminal-probe")
        // A session of its own has no controlling terminal.
        let run = try await runProgram("/usr/bin/setsid", ["--wait", probe, "passphrase"], environment: [:])
        #expect(run.output == "failed: noTerminal\n")
    }

    @Test func tooLongAPassphraseIsSaid() async throws {
        try await inShell("passphrase") { screen in
            try await screen.wait(forText: "Passphrase:")
            try await screen.paste(String(repeating: "x", count: 1025))
            try await screen.press("Enter")
            try await screen.wait(forText: "failed: tooLong(limit: 1024)")
        }
    }
}
