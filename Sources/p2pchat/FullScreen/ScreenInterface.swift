import Chat
import Identity
import Synchronization
import Terminal
import Wire

/// The full screen as the chat's interface: lines come from it, and what the chat says goes to its board.
struct ScreenInterface: ChatInterface {
    let board: ScreenBoard?
    let lines: AsyncStream<LineEvent>
    private let linesIn: AsyncStream<LineEvent>.Continuation
    private let screen: FullScreen
    private let state: ScreenState
    private let notices: AsyncStream<String>
    private let noticesIn: AsyncStream<String>.Continuation

    init(node: Node, names: KnownNames) throws {
        let state = ScreenState()
        let screen = FullScreen(longest: WireLimits.text, completion: names.completions) {
            state.frame($0, $1)
        }
        self.state = state
        self.screen = screen
        (lines, linesIn) = AsyncStream.makeStream()
        (notices, noticesIn) = AsyncStream.makeStream()
        let title = Mutex<String?>(nil)
        board = ScreenBoard(node: node, state: state) { rings in
            let model = state.model
            if rings, model.settings.bell { screen.bell() }
            // How much is unread, for tmux and the like, which mark the window.
            let new = Self.title(model)
            let isNew = title.withLock { title in
                defer { title = new }
                return title != new
            }
            if isNew { screen.setTitle(new) }
            screen.redraw()
        }
        try screen.start()
    }

    /// Nil leaves the title to others.
    private static func title(_ model: ScreenModel) -> String? {
        guard model.settings.title else { return nil }
        let unread = model.conversations.reduce(0) { $0 + ($1.isMuted ? 0 : $1.unread) }
        return unread > 0 ? "(\(unread)) p2pchat" : "p2pchat"
    }

    /// In the order in which it was said.
    func show(_ text: String) { noticesIn.yield(text) }

    /// The screen shows by itself with whom one talks.
    func prompt(_: String) {}

    var columns: Int? { ScreenView.columnsForMessages(of: state.size) }

    func stop() { screen.stop() }

    func apply(_ settings: Settings) async {
        state.change { $0.settings = settings }
        screen.setPalette(settings.colours.palette)
        await board?.refresh()
    }

    /// Goes on until the screen ends.
    ///
    /// - Parameter open: Shows a conversation that was chosen with a key.
    func run(_ open: @escaping @Sendable (PublicIdentity) async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await text in notices { await board?.notice(text) }
            }
            group.addTask { await board?.run() }
            for await event in screen.events { await take(event, open) }
            linesIn.finish()
            group.cancelAll()
        }
    }

    private func take(_ event: ScreenEvent, _ open: (PublicIdentity) async -> Void) async {
        switch event {
        case .line(let text): linesIn.yield(.line(text))
        case .lineRefused(let bytes): linesIn.yield(.lineRefused(bytes: bytes))
        case .interrupt: linesIn.yield(.interrupt)
        case .endOfFile: linesIn.yield(.endOfFile)
        case .answer(let text):
            if let found = JumpView.matches(state.model.conversations, text).first { await open(found.peer) }
        case .cancelled, .resized: break
        case .key(.jump): screen.ask(JumpView.question)
        case .key(.number(let number)): if let peer = listed(number - 1) { await open(peer) }
        case .key(.previous): if let peer = neighbour(-1) { await open(peer) }
        case .key(.next): if let peer = neighbour(1) { await open(peer) }
        case .key(.help): linesIn.yield(.line("/help"))
        case .key(.redraw), .key(.escape), .key(.click): break
        case .key(.focus(let isLookedAt)): await board?.looked(isLookedAt)
        case .key(let key): await board?.scroll(key)
        }
    }

    private func listed(_ index: Int) -> PublicIdentity? {
        let conversations = state.model.conversations
        return conversations.indices.contains(index) ? conversations[index].peer : nil
    }

    /// The one above or below in the list; round at its ends.
    private func neighbour(_ step: Int) -> PublicIdentity? {
        let model = state.model
        let count = model.conversations.count
        guard count > 0 else { return nil }
        let now = model.conversations.firstIndex { $0.peer == model.selected }
        return listed(now.map { ($0 + step + count) % count } ?? (step > 0 ? 0 : count - 1))
    }
}

extension ColourChoice {
    fileprivate var palette: Palette {
        switch self {
        case .automatic: .automatic
        case .dark: .dark
        case .light: .light
        case .none: .none
        }
    }
}
