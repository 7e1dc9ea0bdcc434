// A program for the tests of Terminal to drive through tmux: the editor, the passphrase prompt, or a fault while
// the editor runs. Each thing that happens is said in one line that a test can wait for.
import Foundation
import Terminal

extension LineEvent {
    /// Completion ends a word with a space.
    var trimmed: LineEvent {
        if case .line(let text) = self, text.hasPrefix("/") {
            return .line(text.trimmingCharacters(in: .whitespaces))
        }
        return self
    }
}

func edit() async throws {
    let editor = LineEditor(prompt: "\u{1B}[1mprobe>\u{1B}[0m ") { word, line in
        line == word
            ? ["/help", "/hello", "/quit"].filter { $0.hasPrefix(word) }
            : ["alice", "bob"].filter { $0.hasPrefix(word) }
    }
    try editor.start()
    editor.print(above: "ready")
    events: for await event in editor.events {
        switch event.trimmed {
        case .interrupt: editor.print(above: "event: interrupt")
        case .lineRefused(let bytes): editor.print(above: "event: \(bytes) bytes refused")
        case .lineTooLong: editor.print(above: "event: too long")
        case .endOfFile:
            editor.print(above: "event: end of file")
            break events
        case .line("/quit"): break events
        case .line("/prompt"): editor.setPrompt("other> ")
        case .line("/columns"): editor.print(above: "columns: \(editor.columns ?? -1)")
        case .line("/fault at once"): abort()
        case .line("/fault"):
            // By then the terminal is set for the next line.
            await editor.drain()
            abort()
        case .line(let text) where text.hasPrefix("/flood "):
            // Begins when the test has typed something: the file is its word.
            let path = String(text.dropFirst(7))
            Task {
                while !FileManager.default.fileExists(atPath: path) {
                    try await Task.sleep(for: .milliseconds(5))
                }
                for number in 1...1000 { editor.print(above: "message \(number)") }
                await editor.drain()
                editor.print(above: "flood over")
            }
        case .line(let text):
            editor.print(above: "event: line [\(text.replacingOccurrences(of: "\n", with: "|"))]")
        }
    }
    editor.stop()
    print("stopped")
}

func askPassphrase() {
    do {
        let typed = try PassphrasePrompt.read(prompt: "Passphrase: ") { String(decoding: $0, as: UTF8.self) }
        print("typed \(typed.utf8.count) bytes: \(typed.reversed().map(String.init).joined())")
    } catch {
        print("failed: \(error)")
    }
}

switch CommandLine.arguments.dropFirst().first {
case "edit": try await edit()
case "passphrase": askPassphrase()
case "screen": try await ScreenProbe().run()
case "both":
    // One after the other in one process: each finds readline and the terminal as it needs them.
    try await ScreenProbe().run()
    try await edit()
    try await ScreenProbe().run()
default:
    print("usage: terminal-probe edit|passphrase|screen|both")
    exit(64)
}
