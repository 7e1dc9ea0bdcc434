import Terminal
import Wire

/// Where the chat's lines come from and go to: a terminal with line editing, or pipes.
protocol ChatInterface: Sendable {
    var lines: AsyncStream<LineEvent> { get }
    func show(_ text: String)
    func prompt(_ text: String)
    func stop()
    func apply(_ settings: Settings) async
    /// How wide a row is that is shown whole; nil where nobody knows.
    var columns: Int? { get }
    /// Puts a text onto the clipboard, exactly.
    func copy(_ text: String) -> CopyResult
    /// Where conversations are shown by themselves, so that they need not be told in lines; nil in the line modes.
    var board: ScreenBoard? { get }
}

extension ChatInterface {
    /// Lines have nothing to set.
    func apply(_: Settings) async {}

    func copy(_: String) -> CopyResult { .impossible }

    var board: ScreenBoard? { nil }
    var columns: Int? { nil }
}

enum CopyResult: Equatable {
    case copied
    /// Longer than terminals take.
    case tooLong
    /// There is no clipboard that one could reach.
    case impossible
}

/// The user's terminal, edited by readline; what is shown appears above the line being typed.
struct TerminalInterface: ChatInterface {
    private let editor: LineEditor

    init(completions: @escaping @Sendable (_ word: String, _ line: String) -> [String]) throws {
        editor = LineEditor(prompt: "", longest: WireLimits.text, completion: completions)
        try editor.start()
    }

    var lines: AsyncStream<LineEvent> { editor.events }

    /// Broken here, between words, and not by the terminal: what goes on in a next row begins indented, where no name stands.
    func show(_ text: String) {
        let columns = editor.columns
        let rows = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            let indent = HangingIndent.columns(of: String($0), usual: 4, width: columns)
            return VisibleText.block(String($0), indent: indent, columns: columns).description
        }
        editor.print(above: rows.joined(separator: "\n"))
    }

    var columns: Int? { editor.columns }
    func prompt(_ text: String) { editor.setPrompt(text) }
    func stop() { editor.stop() }
}

/// Lines of standard input to standard output: for pipes, dumb terminals and screen readers.
struct PlainInterface: ChatInterface {
    private let reader = LineReader()

    var lines: AsyncStream<LineEvent> { reader.events }
    func show(_ text: String) { try? Output.line(text) }
    func prompt(_: String) {}
    func stop() { reader.stop() }
}
