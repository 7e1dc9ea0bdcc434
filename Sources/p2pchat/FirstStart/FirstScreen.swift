import Glibc
import Sodium
import Synchronization
import Terminal

/// The questions of a first start on a full screen.
final class FirstScreen: FirstInterface {
    let answers: AsyncStream<TypedAnswer>
    private let answersIn: AsyncStream<TypedAnswer>.Continuation
    private let screen: FullScreen
    private let shared: Shared

    /// What the screen's thread looks at, and where it leaves what was typed.
    private final class Shared: Sendable {
        private let start: Mutex<FirstStart>
        let secret = Mutex<TypedBytes?>(nil)

        init(_ start: FirstStart) { self.start = Mutex(start) }
        var shown: FirstStart { start.withLock { $0 } }
        func show(_ new: FirstStart) { start.withLock { $0 = new } }
    }

    /// - Throws: `TerminalError`, `.noTerminal` where there is none that can show a full screen.
    init(_ first: FirstStart, _ palette: Palette) throws(TerminalError) {
        (answers, answersIn) = AsyncStream.makeStream()
        let shared = Shared(first)
        self.shared = shared
        screen = FullScreen { word, _ in
            shared.shown.question.namesFile ? TypedPath.completions(word) : []
        } render: { input, size in
            FirstView.frame(shared.shown, input, size)
        }
        screen.setPalette(palette)
        try screen.start()
    }

    /// Until the screen ends.
    func run() async {
        for await event in screen.events {
            switch event {
            case .line(let text): answersIn.yield(.line(text))
            case .secret: answersIn.yield(.secret(shared.secret.withLock { $0.take() }))
            case .key(.escape): answersIn.yield(.back)
            case .interrupt, .endOfFile: answersIn.yield(.leave)
            case .key, .answer, .cancelled, .resized, .lineRefused: break
            }
        }
        answersIn.finish()
    }

    func present(_ start: FirstStart) {
        shared.show(start)
        if start.deed != nil {
            screen.setTyping(.nothing)
        } else if start.question.isSecret {
            screen.setTyping(
                .secret { [shared] bytes in
                    shared.secret.withLock { $0 = bytes.flatMap { try? TypedBytes(copying: $0) } }
                })
        } else {
            screen.setTyping(.answer)
        }
        screen.redraw()
    }

    func stop() { screen.stop() }
}
