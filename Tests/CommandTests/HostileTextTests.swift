import Foundation
import TestSupport
import Testing

/// Nothing that a peer sends acts on the terminal: it stands there as its visible form does.
@Suite struct HostileTextTests {
    @Test func everyByteAndEverySequenceIsShown() async throws {
        try await Stage.with { stage in
            let bob = try await stage.chat("bob", with: "alice", columns: 240, rows: 330)
            let modes = try await bob.display(Self.modes)
            // A line each but for the first, which holds a newline.
            for text in [Hostile.bytes, visible(Hostile.bytes)] {
                try await stage.run(["send", "bob", "--home", stage.home("alice")], input: text)
            }
            let pairs = Hostile.families.flatMap { [$0, visible($0)] }
            try await stage.run(
                ["send", "--lines", "bob", "--home", stage.home("alice")],
                input: (pairs + ["that was all"]).joined(separator: "\n") + "\n")
            try await bob.wait(forText: "alice that was all")
            try check(try await bob.rows().map { $0.replacing(/^.{0,28}│/, with: "") }, " alice ")
            try await bob.waitUntilFresh()
            // No answer of the terminal became text either.
            #expect(try await bob.rows().last == "alice>")
            #expect(try await bob.display(Self.modes) == modes)
            try await bob.enter("/quit")
            #expect(try await bob.waitForExit() == 0)

            let lines = try await stage.chat(
                "bob", with: "alice", columns: 240, rows: 330, ["--line-mode"])
            try await lines.enter("/history 50")
            try await lines.wait(forText: "alice: that was all")
            try check(try await lines.rows(), " alice: ")
            #expect(try await lines.rows().last == "alice>")
            try await lines.enter("/quit")
            #expect(try await lines.waitForExit() == 0)

            let command = try await stage.terminal(
                ["p2pchat", "history", "alice", "--home", stage.home("bob")], columns: 240, rows: 330)
            #expect(try await command.waitForExit() == 0)
            try check(try await command.history(), " alice: ")
        }
    }

    @Test func asTheNameOfAFileToo() async throws {
        try await Stage.with { stage in
            let bob = try await stage.chat("bob", with: "alice", columns: 240, rows: 60)
            let alice = try await stage.chat("alice", with: "bob", columns: 240, rows: 60)
            let modes = try await bob.display(Self.modes)
            let controls = (Array(1...31) + [0x7F] + Array(0x80...0x9F)).compactMap(Unicode.Scalar.init)
            let names = [
                "\u{1B}[31m\u{1B}[2Jred\u{9B}H.txt", "\u{1B}]0;title\u{7}bell\u{9D}2;x\u{9C}.txt",
                "a" + String(String.UnicodeScalarView(controls)) + "z", "\u{202E}txt.exe", "two\nlines",
                "~\u{1B}c",
            ]
            let clean = ["[31m[2JredH.txt", "]0;titlebell2;x.txt", "az", "txt.exe", "twolines", "~c"]
            for (number, name) in (names + clean).enumerated() {
                let folder = stage.folder + "/\(number)"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                try Data("x".utf8).write(to: URL(filePath: folder + "/" + name))
                try await stage.run(
                    [
                        "send-file", "--queue", "--timeout", "0.01", "bob", folder + "/" + name, "--home",
                        stage.home("alice"),
                    ], expecting: 75)
                try await bob.wait(for: "offer \(number + 1)") {
                    $0.count { $0.contains("offers the file") } == number + 1
                }
            }
            let offers = try await bob.rows().compactMap { $0.firstMatch(of: /alice (offers .*)/)?.output.1 }
            #expect(offers.prefix(names.count) == offers.suffix(clean.count))
            for (offer, name) in zip(offers, clean) { #expect(offer.contains("offers the file \(name), ")) }
            for screen in [alice, bob] {
                try await screen.enter("/files")
                try await screen.wait(for: "the list") { $0.contains { $0.contains("── files (12) ──") } }
                try await screen.press("M-<")
                try await screen.wait(for: "the first file") { $0.contains { $0.contains(">  1 ") } }
                try await screen.waitUntilFresh()
                #expect(try await screen.display(Self.modes) == modes)
            }
            #expect(try await alice.rows().contains { $0.contains("␛[31m␛[2Jred⟨U+009B⟩H.txt") })
        }
    }

    private static let modes =
        "#{alternate_on} #{cursor_flag} #{insert_flag} #{keypad_cursor_flag} #{keypad_flag} #{mouse_any_flag} "
        + "#{origin_flag} #{wrap_flag} #{scroll_region_upper}-#{scroll_region_lower} #{pane_title} "
        + "#{pane_width}x#{pane_height}"

    /// The messages behind "hello" come in pairs, of which both look alike.
    private func check(_ rows: [String], _ sender: String) throws {
        var messages: [[String]] = []
        // That the sender's process ended is said wherever it happens.
        for row in rows where !row.hasPrefix("* alice said goodbye") {
            if let head = row.firstMatch(of: #/^ *\d\d:\d\d /#),
                row[head.range.upperBound...].hasPrefix(sender.dropFirst())
            {
                messages.append([String(row[head.range.upperBound...])])
            } else if !messages.isEmpty {
                messages[messages.count - 1].append(row)
            }
        }
        let end = try #require(messages.firstIndex { $0.first?.hasSuffix("that was all") ?? false })
        let begin = try #require(messages.firstIndex { $0.first?.hasSuffix("hello") ?? false })
        let pairs = Array(messages[(begin + 1)..<end])
        try #require(pairs.count == 2 * (Hostile.families.count + 1))
        for number in stride(from: 0, to: pairs.count, by: 2) {
            #expect(pairs[number] == pairs[number + 1])
            let text = pairs[number].joined()
            #expect(text.contains("␛") || text.contains("⟨U+00"))
        }
    }

    /// What is to be seen instead, as README says it of `VisibleText`, written here once more.
    private func visible(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar.value {
            case 0x0A: "\n"
            case 0x09: "    "
            case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value).map(String.init) ?? ""
            case 0x7F: "␡"
            case 0x80..<0xA0: "⟨U+00" + String(scalar.value, radix: 16, uppercase: true) + "⟩"
            case 0xAD: ""
            default: String(scalar)
            }
        }.joined()
    }
}

/// What acts on terminals, after ECMA-48 and the manual of xterm.
private enum Hostile {
    /// Every value of a byte, as a character of its own.
    static let bytes =
        String(String.UnicodeScalarView((0...255).compactMap { Unicode.Scalar(UInt8($0)) })) + "."

    static let families = [
        escapes, controls("\u{1B}[", prefixes: ["", "?", ">", "="]), controls("\u{9B}", prefixes: [""]),
        modes,
        strings("\u{1B}]", commands), strings("\u{9D}", Array(commands.prefix(12))),
        ["\u{1B}P", "\u{1B}X", "\u{1B}^", "\u{1B}_", "\u{90}", "\u{98}", "\u{9E}", "\u{9F}"]
            .map { strings($0, devices) }.joined(separator: " "),
    ]

    /// ESC, any intermediate, any final.
    private static let escapes =
        ([""] + (0x20...0x2F).map(character)).flatMap { intermediate in
            (0x30...0x7E).map { "\u{1B}" + intermediate + character($0) }
        }.joined(separator: " ")

    /// CSI with parameters, any prefix, any intermediate, any final.
    private static func controls(_ introducer: String, prefixes: [String]) -> String {
        let plain = prefixes.flatMap { prefix in
            (0x40...0x7E).map { introducer + prefix + "2;5" + character($0) }
        }
        let more = (0x20...0x2F).flatMap { intermediate in
            "@ApqrtuvwxyzS|}~".unicodeScalars.map { "\(introducer)1\(character(intermediate))\($0)" }
        }
        return (plain + more).joined(separator: " ")
    }

    /// The screen's modes, its size, scrolling, erasing, questions that a terminal answers.
    private static let modes = [
        "?1h", "?3h", "?5h", "?6h", "?7l", "?12h", "?25l", "?45h", "?47h", "?66h", "?69h", "?1000h", "?1003h",
        "?1004h", "?1006h", "?1015h", "?1047h", "?1048h", "?1049h", "?1049l", "?2004h", "?2026h", "4h", "12h",
        "20h",
        "1;3r", "10;20s", "H", "2J", "3J", "J", "K", "2K", "999A", "999B", "5L", "5M", "9P", "9@", "9S", "9T",
        "c",
        ">c", "=c", "5n", "6n", "?6n", "?15n", "x", "1x", "?1$p", "4$p", "14t", "18t", "19t", "20t", "21t",
        "22;0t",
        "8;5;5t", "3;0;0t", "2t", ">4;2m", "?u", ">q", "!p", "61\"p", "1\"q", "5i", "?5i", "0;31;47m", "8m",
        "1000b",
    ].map { "\u{1B}[" + $0 }.joined(separator: " ")

    private static let commands = [
        "0;title", "1;icon", "2;window", "3;x=y", "4;1;#000000", "4;1;?", "10;?", "11;?", "12;#fff",
        "17;#fff", "52;c;aGk=",
        "52;c;?", "5;0;?", "6;1;1", "7;file:///etc", "8;;http://example.org", "9;note", "9;4;1;50", "13;?",
        "14;?",
        "19;#fff", "22;hand", "50;fixed", "51;x", "104", "105", "110", "111", "112", "117", "133;A", "633;A",
        "777;notify;a;b", "1337;File=inline=1:aGk=", "1337;ClearScrollback", "P0000000", "R", "L;x", "l;x",
    ]

    private static let devices = [
        "$q\"p", "$qm", "+q544e", "1$t1;1;1", "0;1|17/41", "q#0;2;9;9;9~-", "tmux;\u{1B}\u{1B}]0;x\u{7}",
        "1000p", "Gi=1;AAAA",
    ]

    /// Ended in every way that there is, and not at all.
    private static func strings(_ introducer: String, _ contents: [String]) -> String {
        contents.enumerated().map { number, content in
            introducer + content + ["\u{7}", "\u{1B}\\", "\u{9C}", "\u{18}", ""][number % 5]
        }.joined(separator: " ")
    }

    private static func character(_ value: Int) -> String { String(UnicodeScalar(UInt8(value))) }
}
