import Foundation
import TestSupport
import Testing

/// A window that changes its size while messages come.
@Suite struct ResizingTests {
    /// Rows of every width: they break elsewhere in each window.
    private func lines(_ name: String, _ count: Int) -> String {
        let words = "some words that go on — 漢字 — for longer than forty columns, "
        return (1...count).map { "\(name) \($0). " + String(repeating: words, count: $0 % 3) + "\n" }.joined()
    }

    @Test func theScrollPositionAndTheLineStayWhileMessagesCome() async throws {
        try await Stage.with { stage in
            let alice = try await stage.chat("alice", with: "bob", columns: 200, rows: 60)
            try await stage.run(
                ["send", "--lines", "alice", "--home", stage.home("bob")], input: lines("old", 150))
            try await alice.wait(forText: "bob old 150.")
            try await alice.press("PPage")
            try await alice.wait(for: "older messages") { !$0.contains { $0.contains("old 150.") } }
            try await alice.type("half a line")
            let rows = try await alice.wait(forLine: "bob> half a line")
            let bottom = try #require(rows[57].firstMatch(of: /bob old \d+\./)).output

            let flood = try stage.start(
                ["send", "--lines", "alice", "--home", stage.home("bob")], .text(lines("new", 300)))
            var isOver = false
            while !isOver {
                isOver = flood.status != nil
                for (columns, rows) in [(40, 10), (120, 30), (79, 24), (200, 60)] {
                    try await alice.resize(columns: columns, rows: rows)
                    try await alice.wait(for: "the same place in \(columns)x\(rows)") { shown in
                        shown.count == rows && shown[rows - 1] == "bob> half a line"
                            && shown[rows - 3].contains(bottom)
                    }
                }
            }
            #expect(flood.status == 0)
            try await alice.wait(forText: "300 new below")
            for (columns, rows) in [(40, 10), (200, 60)] {
                try await alice.resize(columns: columns, rows: rows)
                try await alice.wait(for: "the status in \(columns)x\(rows)") {
                    $0.count == rows && $0[rows - 2].contains("300 new below")
                        && $0[rows - 3].contains(bottom)
                }
                try await alice.waitUntilFresh()
            }
            try await alice.press("M->")
            try await alice.wait(for: "the end") {
                $0.contains { $0.contains("bob new 300.") } && !$0.contains { $0.contains("below") }
            }
            try await alice.waitUntilFresh()
            #expect(try await alice.rows().last == "bob> half a line")
        }
    }

    /// Where there is little to show, rows are empty that were not in another size.
    @Test func nothingIsLeftOfAnotherSize() async throws {
        try await Stage.with { stage in
            let alice = try await stage.chat("alice", with: "bob", columns: 100, rows: 30)
            try await alice.type("half a line")
            try await alice.wait(forLine: "bob> half a line")
            let first = try await alice.rows()
            for (columns, rows) in [(40, 10), (12, 4), (300, 2), (30, 40), (100, 30)] {
                try await alice.resize(columns: columns, rows: rows)
                let shown = try await alice.wait(for: "the line in \(columns)x\(rows)") {
                    $0.count == rows && ($0.last ?? "").hasSuffix("line")
                }
                #expect(shown.count { $0.contains("bob> ha") } <= 1)
                #expect(shown.count { $0.contains("hello") } <= 1)
            }
            try await waitUntil("the first screen") { try await alice.rows() == first }
            try await alice.waitUntilFresh()
        }
    }
}
