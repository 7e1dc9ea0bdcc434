import Dispatch
import Foundation
import Synchronization
import Terminal

/// The full screen, for the tests: what happened stands in rows from the top, the line being typed in the last one.
final class ScreenProbe: Sendable {
    private struct Shown {
        var log: [String] = []
        var samples: [[Span]] = []
        var count = 0
    }

    private let shown = Mutex(Shown())

    private func frame(_ line: InputLine, _ size: ScreenSize) -> Frame {
        let shown = shown.withLock { $0 }
        var rows = [Frame.Row([Span("screen \(size.columns)x\(size.rows), count \(shown.count)", .reverse)])]
        rows += shown.samples.map { Frame.Row($0) }
        rows += shown.log.suffix(max(0, size.rows - rows.count - 1)).map { Frame.Row([Span($0)]) }
        while rows.count < size.rows - 1 { rows.append(Frame.Row()) }
        let before = (line.question.map { $0 + " " } ?? "> ") + line.prompt
        let typed = String(line.text.unicodeScalars.prefix(line.cursor)).replacing("\n", with: "|")
        rows.append(Frame.Row([Span(before, .bold), Span(line.text.replacing("\n", with: "|"))]))
        return Frame(
            rows: rows,
            cursor: Frame.Position(row: size.rows - 1, column: displayWidth(before) + displayWidth(typed)))
    }

    /// Texts that take 4 columns each, and what must stand in the fifth.
    private static let samples = [
        "abcd", "世界", "e\u{301}a\u{308}\u{304}bc", "👩\u{200D}👩", "❤\u{FE0F}abc", "אבגד", "a\u{202E}bcd",
        "\u{1B}ca\u{7}b\u{9B}c", "👍🏽", "\u{301}abcd", "\u{378}abc", "🇩🇪ab",
        "z\u{200B}\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}abc",
    ]

    func run() async throws {
        let screen = FullScreen(
            completion: { word, line in
                line == word
                    ? ["/help", "/hello", "/quit"].filter { $0.hasPrefix(word) }
                    : ["alice", "albert", "bob"].filter { $0.hasPrefix(word) }
            },
            render: { [self] line, size in frame(line, size) })
        signal(SIGTERM, SIG_IGN)
        let termination = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
        termination.setEventHandler {
            screen.stop()
            print("terminated")
            exit(0)
        }
        termination.resume()
        do {
            try screen.start()
        } catch {
            return print("failed: \(error)")
        }
        for await event in screen.events {
            if event == .line("/quit") || event == .endOfFile { break }
            handle(event, on: screen)
        }
        screen.stop()
        print("stopped")
    }

    private func handle(_ event: ScreenEvent, on screen: FullScreen) {
        if event == .secret { screen.setTyping(.free) }
        guard case .line(let text) = event, text.hasPrefix("/") else {
            return say("event: \(event)".replacing("\\n", with: "|"), on: screen)
        }
        handle(text, on: screen)
    }

    /// A command.
    private func handle(_ text: String, on screen: FullScreen) {
        let words = text.split(separator: " ", maxSplits: 1).map(String.init)
        let rest = words.count > 1 ? words[1] : ""
        switch words[0] {
        case "/fault": abort()
        case "/exit": exit(3)
        case "/terminate": kill(getpid(), SIGTERM)
        case "/ask": screen.ask(rest)
        case "/asksoon":
            // When the test has typed something: the file is its word.
            Task {
                while !FileManager.default.fileExists(atPath: rest) {
                    try await Task.sleep(for: .milliseconds(5))
                }
                screen.ask("Sure?")
            }
        case "/set": screen.setLine(rest)
        case "/secret":
            screen.setTyping(
                .secret { [self] bytes in
                    guard let bytes else { return say("secret: too long", on: screen) }
                    let typed = String(decoding: bytes, as: UTF8.self)
                    say("secret: \(bytes.count) bytes, \(String(typed.reversed()))", on: screen)
                })
            say("a secret please", on: screen)
        case "/answer":
            screen.setTyping(.answer)
            say("an answer please", on: screen)
        case "/nothing":
            screen.setTyping(.nothing)
            say("nothing please", on: screen)
            Task {
                while !FileManager.default.fileExists(atPath: rest) {
                    try await Task.sleep(for: .milliseconds(5))
                }
                screen.setTyping(.free)
                say("free again", on: screen)
            }
        case "/title": screen.setTitle(rest.isEmpty ? nil : rest)
        case "/bell": screen.bell()
        case "/palette":
            let palettes: [String: Palette] = ["dark": .dark, "light": .light, "none": .none]
            screen.setPalette(palettes[rest] ?? .automatic)
        case "/mouse": screen.setMouse(rest == "on")
        case "/list": screen.setKeys(list: true, letters: rest)
        case "/nolist": screen.setKeys(list: false)
        case "/copy":
            // Longer than a terminal's line can be typed.
            let text = rest.hasPrefix("*") ? String(repeating: "x", count: Int(rest.dropFirst()) ?? 0) : rest
            say("copied: \(screen.canCopy && screen.copy(text))", on: screen)
        case "/samples":
            shown.withLock {
                $0.samples = Self.samples.map { [Span($0, .bold), Span("|next", Style(.one(of: 3)))] }
            }
            screen.redraw()
        case "/flood":
            Task {
                while true {
                    shown.withLock { $0.count += 1 }
                    screen.redraw()
                    try await Task.sleep(for: .microseconds(500))
                }
            }
        default: say("event: line(\"\(text)\")", on: screen)
        }
    }

    private func say(_ text: String, on screen: FullScreen) {
        shown.withLock { $0.log.append(text) }
        screen.redraw()
    }
}
