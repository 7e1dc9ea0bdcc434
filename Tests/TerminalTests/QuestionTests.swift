import Foundation
import TestSupport
import Testing

/// A question takes the line, and gives it back.
@Suite struct QuestionTests {
    /// The question comes while something is being typed.
    private func asked(_ body: (TmuxScreen) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        try await withProbeScreen { screen in
            try await screen.enter("/asksoon \(folder.path)/word")
            try await screen.type("kept text")
            try await screen.press("Left", "Left", "Left", "Left")
            try await screen.wait(forLine: "> kept text")
            try Data().write(to: URL(filePath: folder.path + "/word"))
            try await screen.wait(forLine: "Sure?")
            try await body(screen)
            try await screen.wait(forLine: "> kept text")
            // Where it was left.
            try await screen.type("new ")
            try await screen.wait(forLine: "> kept new text")
            // An answer is no line to repeat.
            try await screen.press("Up")
            try await screen.wait(for: "the line before") { $0.last?.hasPrefix("> /asksoon") == true }
        }
    }

    @Test func anAnswerEndsIt() async throws {
        try await asked { screen in
            try await screen.type("yes")
            try await screen.wait(forLine: "Sure? yes")
            try await screen.press("Enter")
            try await screen.wait(forText: "event: answer(\"yes\")")
        }
    }

    @Test(arguments: ["Escape", "C-g", "C-c"])
    func aKeyCancelsIt(key: String) async throws {
        try await asked { screen in
            try await screen.type("half an answer")
            try await screen.wait(forLine: "Sure? half an answer")
            try await screen.press(key)
            try await screen.wait(forText: "event: cancelled")
        }
    }

    @Test func controlDCancelsItAndDoesNotEndTheProgram() async throws {
        try await asked { screen in
            try await screen.press("C-d")
            try await screen.wait(forText: "event: cancelled")
        }
    }

    @Test func theLineCanBeSet() async throws {
        try await withProbeScreen { screen in
            try await screen.enter("/set some 世界 text")
            try await screen.wait(forLine: "> some 世界 text")
            try await screen.press("Enter")
            try await screen.wait(forText: "event: line(\"some 世界 text\")")
        }
    }
}
