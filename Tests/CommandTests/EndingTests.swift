import Foundation
import TestSupport
import Testing

/// However a chat ends or is stopped: the terminal comes back, and the directory is told, as far as a process still can.
@Suite struct EndingTests {
    private static let bash = ["bash", "--norc", "--noprofile", "-i"]
    /// Puts no terminal right by itself, as bash does when its child dies.
    private static let sh = ["sh", "-i"]

    /// An interactive shell, which has job control.
    private func shell(_ stage: Stage, _ command: [String]) async throws -> TmuxScreen {
        let screen = try await stage.terminal(
            command,
            environment: [
                "PS1": "shell$ ", "HISTFILE": "", "P2PCHAT_HOME": stage.home("alice"),
                "TERM": "xterm-256color",
            ])
        try await screen.wait(forLine: "shell$")
        try await screen.enter("ulimit -c 0; cd \(stage.folder); clear")
        return screen
    }

    /// Starts alice's chat in it.
    ///
    /// - Returns: Its process.
    private func begin(_ stage: Stage, in shell: TmuxScreen) async throws -> pid_t {
        try await shell.enter(
            "stty -a >before; sh -c 'echo $$ >pid; exec p2pchat chat bob'; s=$?; stty -a >after; cmp before after && echo ended $s"
        )
        try await shell.wait(forLine: "bob>")
        let pid = try String(contentsOfFile: stage.folder + "/pid", encoding: .utf8)
        #expect(try await isListed(stage))
        return try #require(pid_t(pid.trimmingCharacters(in: .newlines)))
    }

    private func isListed(_ stage: Stage) async throws -> Bool {
        try await stage.run(["who", "--home", stage.home("bob")]).contains("alice")
    }

    private func waitUntilGone(_ stage: Stage) async throws {
        // A directory answers sixty look-ups a minute.
        try await waitUntil("the end of alice's record", pause: .seconds(1)) { try await !isListed(stage) }
    }

    private static let modes = "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_cursor_flag}"

    @Test func whateverEndsIt() async throws {
        try await Stage.with { stage in
            let shell = try await shell(stage, Self.sh)
            for (signal, status) in [(SIGTERM, 0), (SIGHUP, 0), (SIGABRT, 134)] {
                let chat = try await begin(stage, in: shell)
                try await shell.type("half a line")
                try await shell.wait(forLine: "bob> half a line")
                kill(chat, signal)
                try await shell.wait(forText: "ended \(status)")
                #expect(try await shell.display(Self.modes) == "0 1 0 0")
                try await waitUntilGone(stage)
                try await shell.enter("clear")
                try await shell.wait(for: "an empty screen") { $0 == ["shell$"] }
            }
            // Nobody can put this one's terminal back, but its record goes with its connection.
            kill(try await begin(stage, in: shell), SIGKILL)
            try await waitUntilGone(stage)
            await shell.close()

            // A terminal that is closed, or an SSH connection that is cut.
            let another = try await self.shell(stage, Self.sh)
            let chat = try await begin(stage, in: another)
            await another.close()
            try await waitUntil("its end") { kill(chat, 0) != 0 }
            try await waitUntilGone(stage)
        }
    }

    @Test func whatIsStoppedGoesOn() async throws {
        try await Stage.with { stage in
            let shell = try await shell(stage, Self.bash)
            let chat = try await begin(stage, in: shell)
            try await shell.type("half a line")
            try await shell.wait(forLine: "bob> half a line")
            for round in ["Ctrl-Z", "STOP"] {
                if round == "STOP" { kill(chat, SIGSTOP) } else { try await shell.press("C-z") }
                try await shell.wait(forLine: "shell$")
                if round == "Ctrl-Z" {
                    #expect(try await shell.display(Self.modes) == "0 1 0 0")
                } else {
                    // The shell's own line is edited on the screen that was left behind.
                    try await shell.enter("echo ec''ho")
                    try await shell.wait(forText: "echo")
                }
                try await stage.run(
                    [
                        "send", "--queue", "--timeout", "0.2", "alice", "while \(round)", "--home",
                        stage.home("bob"),
                    ],
                    expecting: 75)
                let bob = try await stage.chat("bob", with: "alice")
                try await shell.enter("fg")
                try await shell.wait(forText: "bob while \(round)")
                try await shell.wait(forLine: "bob> half a line")
                try await shell.waitUntilFresh()
                try await bob.enter("/quit")
                _ = try await bob.waitForExit()
                try await shell.wait(forText: "bob said goodbye")
            }
            try await shell.press("C-c")
            try await shell.enter("/quit")
            try await shell.wait(forLine: "shell$")
            try await shell.enter("stty -a | cmp before - && echo sa''me")
            try await shell.wait(forText: "same")
        }
    }
}
