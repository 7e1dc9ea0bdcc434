import Foundation
import TestSupport
import Testing

/// A message for somebody who looks elsewhere.
@Suite struct BackgroundTests {
    @Test func theBellAndTheTitleSayItAndReadingClearsThem() async throws {
        try await Stage.with { stage in
            let alice = try await stage.terminal(["p2pchat", "chat", "--home", stage.home("alice")])
            try await alice.wait(forText: "alice online")
            try await waitUntil("the title") { try await alice.display("#{pane_title}") == "p2pchat" }
            try await alice.lookElsewhere()
            #expect(try await alice.display("#{window_bell_flag}") == "0")
            for count in 1...2 {
                try await stage.run(["send", "alice", "number \(count)", "--home", stage.home("bob")])
                try await waitUntil("the title of \(count)") {
                    try await alice.display("#{window_bell_flag} #{pane_title}") == "1 (\(count)) p2pchat"
                }
            }
            try await alice.wait(forText: "(2)│")
            try await alice.lookAgain()
            try await alice.press("M-1")
            let rows = try await alice.wait(forText: "bob number 2")
            #expect(!rows.contains { $0.contains("(2)") })
            try await waitUntil("the title without a count") {
                try await alice.display("#{window_bell_flag} #{pane_title}") == "0 p2pchat"
            }
            try await alice.enter("/mute bob")
            try await alice.wait(forText: "muted; what it writes is kept and not shown")
            try await alice.enter("/to")
            try await alice.wait(forLine: "to whom?")
            try await alice.lookElsewhere()
            try await stage.run(["send", "alice", "number 3", "--home", stage.home("bob")])
            try await alice.wait(forText: "(1)│")
            #expect(try await alice.display("#{window_bell_flag} #{pane_title}") == "0 p2pchat")
        }
    }

    /// As terminals tell it when they are asked: whoever looks elsewhere has not read what comes.
    @Test func whatComesWhileTheWindowIsNotLookedAtIsNotRead() async throws {
        try await Stage.with { stage in
            let told = stage.folder + "/told"
            try Data("notify-command = \"cat >>\(told)\"\n".utf8)
                .write(to: URL(filePath: stage.home("alice") + "/settings.toml"))
            let alice = try await stage.chat("alice", with: "bob")
            let bob = try await stage.chat("bob", with: "alice")
            try await bob.enter("you look")
            try await bob.wait(forText: "you ✓✓ you look")
            try await alice.type("\u{1B}[O")
            try await alice.lookElsewhere()
            try await bob.enter("are you there?")
            try await alice.wait(forText: "(1)")
            try await waitUntil("the bell and the title") {
                try await alice.display("#{window_bell_flag} #{pane_title}") == "1 (1) p2pchat"
            }
            try await bob.wait(forText: "you ✓ are you there?")
            try await waitUntil("the notification") {
                try FileManager.default.fileExists(atPath: told)
                    && String(contentsOfFile: told, encoding: .utf8) == "are you there?"
            }
            try await alice.lookAgain()
            try await alice.type("half\u{1B}[I a line")
            try await bob.wait(forText: "you ✓✓ are you there?")
            try await alice.wait(forLine: "bob> half a line")
            try await waitUntil("the title without a count") {
                try await alice.display("#{pane_title}") == "p2pchat"
            }
        }
    }

    /// The settings say otherwise: neither bell nor title, but the user's own command.
    @Test func settingsSayHowOneIsCalled() async throws {
        try await Stage.with { stage in
            let told = stage.home("alice") + "/told"
            let alice = try await stage.chat("alice", with: "bob")
            let bob = try await stage.chat("bob", with: "alice")
            for (setting, value) in [("bell", "no"), ("title", "no"), ("notify-command", "cat >>\(told)")] {
                try await alice.enter("/set \(setting) \(value)")
                try await alice.wait(forText: "* \(setting) is")
            }
            try await waitUntil("the title of others") {
                try await alice.display("#{pane_title}") != "p2pchat"
            }
            // Who looks is not told.
            try await bob.enter("one")
            try await bob.wait(forText: "you ✓✓ one")
            try await alice.type("\u{1B}[O")
            try await alice.lookElsewhere()
            try await bob.enter("two")
            try await waitUntil("the command") {
                FileManager.default.contents(atPath: told) == Data("two".utf8)
            }
            try await alice.wait(forText: "bob two")
            #expect(try await alice.display("#{window_bell_flag}") == "0")
            #expect(try await !alice.display("#{pane_title}").contains("p2pchat"))
        }
    }
}
