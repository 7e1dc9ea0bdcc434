import Foundation
import TestSupport
import Testing

/// Terminals of many kinds and locales: the program starts, shows, sends, and gives the terminal back.
@Suite struct TerminalKindsTests {
    /// A shell that compares the terminal's settings before and after.
    private func chat(_ stage: Stage, _ environment: [String: String], columns: Int = 80) async throws
        -> TmuxScreen
    {
        let script = """
            before=$(stty -a); echo "before it"; p2pchat chat bob; status=$?
            test "$before" = "$(stty -a)" && echo "same settings, status $status"; cat
            """
        var environment = environment
        environment["P2PCHAT_HOME"] = stage.home("alice")
        return try await stage.terminal(["sh", "-c", script], columns: columns, environment: environment)
    }

    /// - Parameter hasTwo: Whether the kind of terminal has a second screen for programs.
    private func leave(_ screen: TmuxScreen, hasTwo: Bool) async throws {
        try await screen.enter("/quit")
        let rows = try await screen.wait(forText: "same settings, status 0")
        if hasTwo { #expect(rows == ["before it", "same settings, status 0"]) }
        #expect(
            try await screen.display("#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_cursor_flag}")
                == "0 1 0 0")
        // Not bracketed any more: cat shows what it gets.
        try await screen.paste("plain\n")
        try await screen.wait(for: "the paste, and cat's copy") { $0.suffix(2) == ["plain", "plain"] }
    }

    @Test func everyKindOfTerminal() async throws {
        let kinds = [
            "xterm-256color", "screen", "screen-256color", "tmux-256color", "linux", "vt100", "dumb",
        ]
        try await Stage.with { stage in
            let bob = try await stage.chat("bob", with: "alice", rows: 30)
            for (number, kind) in kinds.enumerated() {
                let alice = try await chat(stage, ["TERM": kind, "NO_COLOR": number % 2 == 0 ? "" : "1"])
                if kind == "dumb" {
                    try await alice.wait(forText: "* talking with bob")
                } else {
                    try await alice.wait(forLine: "bob>")
                    try await bob.wait(forText: "alice: unverified, connected")
                }
                try await bob.enter("to \(kind) – 漢字")
                try await alice.wait(forText: "to \(kind) – 漢字")
                try await alice.enter("from \(kind)")
                try await bob.wait(forText: "alice from \(kind)")
                if kind != "dumb" {
                    try await alice.wait(forText: "you ✓✓ from \(kind)")
                    try await alice.waitUntilFresh()
                }
                try await leave(alice, hasTwo: !["linux", "vt100", "dumb"].contains(kind))
                await alice.close()
            }
        }
    }

    /// The C locale says nothing, and UTF-8 is shown; another charset gets ASCII, which no terminal takes for a control, and what is
    /// typed in it is exact.
    @Test func localesThatAreNotUTF8() async throws {
        try await Stage.with { stage in
            let locales = try await stage.madeLocales()
            let bob = try await stage.chat("bob", with: "alice", rows: 30)
            for (number, name) in ["C", "en_US.ISO-8859-1", "xx_XX.KOI8-R"].enumerated() {
                let environment = ["LC_ALL": name, "LOCPATH": locales, "TERM": "xterm-256color"]
                let alice = try await chat(stage, environment)
                try await alice.wait(forLine: "bob>")
                let isASCII = name != "C"
                if isASCII { try await alice.record(into: stage.folder + "/bytes") }
                // In UTF-8 the bytes of this hold 0x9B, which begins a sequence on a terminal of ISO 8859-1.
                try await bob.enter("\(number): Grüße ⛛2J")
                try await alice.wait(forText: isASCII ? "\(number): Gruse ?2J" : "\(number): Grüße ⛛2J")
                try await alice.enter("plain ASCII \(number)")
                try await bob.wait(forText: "alice plain ASCII \(number)")
                try await alice.wait(forText: isASCII ? "you vv plain" : "you ✓✓ plain")
                if name == "en_US.ISO-8859-1" {
                    try await alice.typeBytes([0x47, 0x72, 0xFC, 0xDF, 0x65])
                    try await alice.press("Left", "BSpace", "Enter")
                    try await bob.wait(forText: "alice Grüe")
                }
                if isASCII {
                    let file = URL(filePath: stage.folder + "/bytes")
                    // tmux writes it beside what it shows.
                    try await waitUntil("the bytes that were sent") {
                        try Data(contentsOf: file).contains(UInt8(ascii: "v"))
                    }
                    #expect(try Data(contentsOf: file).allSatisfy { $0 < 0x80 })
                }
                try await leave(alice, hasTwo: true)
                await alice.close()
            }
        }
    }
}

extension Stage {
    /// A folder for `LOCPATH` with a locale of ISO 8859-1.
    fileprivate func madeLocales() async throws -> String {
        let locales = folder + "/locales"
        try FileManager.default.createDirectory(atPath: locales, withIntermediateDirectories: true)
        let made = try await runProgram(
            "/usr/bin/env",
            ["localedef", "-i", "en_US", "-f", "ISO-8859-1", locales + "/en_US.ISO-8859-1"],
            environment: ["PATH": "/usr/bin:/bin"])
        try #require(made.status == 0, "\(made.errors)")
        return locales
    }
}
