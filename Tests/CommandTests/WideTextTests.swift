import Foundation
import Terminal
import TestSupport
import Testing

/// Text that takes other columns than it has characters: what stands beside it stands where it should.
@Suite struct WideTextTests {
    /// What is typed or sent, and what is drawn of it: what terminals join in ways of their own is drawn as its parts.
    private static let samples = [
        ("漢字かなカナ한글", "漢字かなカナ한글"), ("ｱｲｳ Ａ１", "ｱｲｳ Ａ１"),
        ("e\u{301}a\u{308}\u{304}", "e\u{301}a\u{308}\u{304}"),
        ("👩\u{200D}👩\u{200D}👧\u{200D}👦", "👩👩👧👦"),
        ("🏳\u{FE0F}\u{200D}🌈 ❤\u{FE0F} 1\u{FE0F}\u{20E3}", "🏳🌈 ❤ 1\u{20E3}"),
        ("🇩🇪🇫🇷", "🇩🇪🇫🇷"), ("שלום עולם", "שלום עולם"), ("مرحبا بالعالم", "مرحبا بالعالم"),
        ("tiếng Việt ที่นี่ क्षि", "tiếng Việt ที่นี่ क्षि"),
    ]

    @Test func messagesTheListAndTheCursorLineUp() async throws {
        try await Stage.with { stage in
            let alice = try await stage.chat("alice", with: "bob", columns: 100, rows: 40)
            try await stage.run(
                ["send", "--lines", "alice", "--home", stage.home("bob")],
                input: Self.samples.map { $0.0 + "|\n" }.joined())
            for (text, drawn) in Self.samples {
                let row = try await alice.wait(forText: "bob \(drawn)|").first {
                    $0.contains("bob \(drawn)|")
                }
                #expect(row?.hasSuffix(" bob \(drawn)|") ?? false, "\(text)")
            }
            try await expectColumn(22, of: "│", alice)
            for (text, drawn) in Self.samples {
                try await alice.type(text)
                try await alice.wait(forLine: "bob> \(drawn)")
                try await waitUntil("the cursor behind \(text)") {
                    try await alice.cursor() == (column: 5 + displayWidth(drawn), row: 39)
                }
                try await alice.press("C-u")
                try await alice.wait(forLine: "bob>")
            }
            try await alice.waitUntilFresh()
        }
    }

    @Test func aNameOfThirtyTwoWideCharacters() async throws {
        try await Stage.with { stage in
            let name = String(repeating: "漢", count: 32)
            let alice = try await stage.chat("alice", with: "bob", columns: 120, rows: 24)
            try await alice.enter("/name \(name)")
            try await alice.wait(for: "the new name") { $0.last == String(name.prefix(28)) + "…>" }
            try await stage.run(["send", "alice", "who is it now?", "--home", stage.home("bob")])
            try await alice.wait(forText: "\(name) who is it now?")
            try await expectColumn(28, of: "│", alice)
            for columns in [100, 80, 79, 40] {
                try await alice.resize(columns: columns, rows: 24)
                let shown = try await alice.wait(for: "the prompt at \(columns) columns") { rows in
                    guard rows.count == 24, let prompt = rows.last, prompt.hasSuffix("漢…>") else {
                        return false
                    }
                    // As the terminal shifted the rows is not as they are drawn, and a column less may leave the prompt as it was.
                    guard rows[0].contains("│") == (columns >= 80) else { return false }
                    return (columns / 2 - 2...columns / 2).contains(displayWidth(prompt) + 1)
                }
                if columns >= 80 { try await expectColumn(22, of: "│", alice) }
                #expect(try await alice.cursor().column == displayWidth(shown[23]) + 1)
                for row in shown { #expect(displayWidth(row) <= columns) }
                try await alice.waitUntilFresh()
            }
        }
    }

    /// Of every row above the status and the line being typed.
    private func expectColumn(_ column: Int, of separator: Character, _ screen: TmuxScreen) async throws {
        for row in try await screen.rows().dropLast(2) {
            let end = try #require(row.firstIndex(of: separator), "\(row)")
            #expect(displayWidth(row[..<end]) == column, "\(row)")
        }
    }
}
