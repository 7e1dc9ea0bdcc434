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
    /// What was asked for in panels and waits for a peer or a disk: keys do not wait for it.
    private let deeds: AsyncStream<PanelDeed>
    private let deedsIn: AsyncStream<PanelDeed>.Continuation

    init(node: Node, names: KnownNames) throws {
        let state = ScreenState()
        let screen = FullScreen(longest: WireLimits.text, completion: names.completions) {
            state.frame($0, $1)
        }
        self.state = state
        self.screen = screen
        (lines, linesIn) = AsyncStream.makeStream()
        (notices, noticesIn) = AsyncStream.makeStream()
        (deeds, deedsIn) = AsyncStream.makeStream()
        let told = Mutex(Told())
        board = ScreenBoard(node: node, state: state) { rings in
            let model = state.model
            if rings, model.settings.bell { screen.bell() }
            let new = Told(model)
            let old = told.withLock { told in
                defer { told = new }
                return told
            }
            if old.title != new.title { screen.setTitle(new.title) }
            if old.mouse != new.mouse { screen.setMouse(new.mouse) }
            if old.listed != new.listed { names.set(listed: new.listed) }
            if old.hasList != new.hasList || old.letters != new.letters {
                screen.setKeys(list: new.hasList, letters: new.letters)
            }
            screen.redraw()
        }
        try screen.start()
    }

    /// What others are told beside what is drawn.
    private struct Told {
        /// How much is unread, for tmux and the like, which mark the window; nil leaves the title to others.
        var title: String?
        var mouse = false
        /// The keys of what is shown.
        var hasList = false
        var letters = ""
        /// Who is discoverable, as far as that was looked at: completed, too.
        var listed: [String] = []

        init() {}

        init(_ model: ScreenModel) {
            if model.settings.title {
                let unread = model.conversations.reduce(0) { $0 + ($1.isMuted ? 0 : $1.unread) }
                title = unread > 0 ? "(\(unread)) p2pchat" : "p2pchat"
            }
            mouse = model.settings.mouse
            hasList = model.panel != nil
            letters = model.panel?.letters ?? (model.search == nil ? "" : "np")
            listed = model.listed
        }
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

    func copy(_ text: String) -> CopyResult {
        screen.canCopy ? screen.copy(text) ? .copied : .tooLong : .impossible
    }

    /// Goes on until the screen ends.
    func run(_ chat: LineChat) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await text in notices { await board?.notice(text) }
            }
            group.addTask { await board?.run() }
            group.addTask {
                for await deed in deeds { await chat.perform(deed) }
            }
            for await event in screen.events { await take(event, chat) }
            linesIn.finish()
            group.cancelAll()
        }
    }

    private func take(_ event: ScreenEvent, _ chat: LineChat) async {
        switch event {
        case .line(let text): await take(line: text, chat)
        case .lineRefused(let bytes): linesIn.yield(.lineRefused(bytes: bytes))
        case .interrupt: linesIn.yield(.interrupt)
        case .endOfFile: linesIn.yield(.endOfFile)
        case .answer(let text):
            if let found = JumpView.matches(state.model.conversations, text).first {
                await chat.open(found.peer)
            }
        case .cancelled, .resized, .secret: break
        case .key(let key): await take(key, chat)
        }
    }

    /// A number alone chooses from the list that is shown.
    private func take(line text: String, _ chat: LineChat) async {
        guard let kind = state.model.panel?.kind, let number = Int(text.trimmed), let board,
            await board.choose(number: number)
        else {
            linesIn.yield(.line(text))
            return
        }
        // Of a file, or of a stranger, one may want this or that.
        if kind == .people || kind == .found { await act(nil, chat) }
    }

    private func take(_ key: ScreenKey, _ chat: LineChat) async {
        switch key {
        case .jump: screen.ask(JumpView.question)
        case .number(let number): await open(number - 1, chat)
        case .previous: await open(neighbour(-1), chat)
        case .next: await open(neighbour(1), chat)
        case .help: linesIn.yield(.line("/help"))
        case .redraw: break
        case .focus(let isLookedAt): await board?.looked(isLookedAt)
        case .escape: await escape(chat)
        case .enter: await act(nil, chat)
        case .letter(let letter) where state.model.panel != nil: await act(letter, chat)
        case .letter("n"), .findNext: await find(1, chat)
        case .letter, .findPrevious: await find(-1, chat)
        case .click(let row, let column): await click(state.layout.target(row: row, column: column), chat)
        case .pageUp, .pageDown, .top, .bottom, .wheelUp, .wheelDown, .up, .down: await board?.scroll(key)
        }
    }

    // MARK: Panels and searching

    private func act(_ letter: Character?, _ chat: LineChat) async {
        switch state.model.panel?.deed(letter) {
        case nil: break
        case .some(let deed) where deed.mayTakeLong: deedsIn.yield(deed)
        case .some(let deed): await chat.perform(deed)
        }
    }

    /// One step back: out of the panel, then out of the search.
    private func escape(_ chat: LineChat) async {
        let model = state.model
        if let panel = model.panel, panel.kind != .found {
            await board?.close()
        } else if model.panel != nil || model.search != nil, let place = await board?.leaveSearch() {
            await chat.show(place)
        }
    }

    private func find(_ step: Int, _ chat: LineChat) async {
        if let place = await board?.step(step) { await chat.show(place) }
    }

    /// The first click chooses, the second does what Enter does.
    private func click(_ target: ScreenLayout.Target?, _ chat: LineChat) async {
        switch target {
        case .conversation(let index): await open(index, chat)
        case .item(let index) where state.model.panel?.position == index: await act(nil, chat)
        case .item(let index): await board?.choose(index)
        case nil: break
        }
    }

    // MARK: Conversations

    private func open(_ index: Int?, _ chat: LineChat) async {
        let conversations = state.model.conversations
        guard let index, conversations.indices.contains(index) else { return }
        await chat.open(conversations[index].peer)
    }

    /// The one above or below in the list; round at its ends.
    private func neighbour(_ step: Int) -> Int? {
        let model = state.model
        let count = model.conversations.count
        guard count > 0 else { return nil }
        let now = model.conversations.firstIndex { $0.peer == model.selected }
        return now.map { ($0 + step + count) % count } ?? (step > 0 ? 0 : count - 1)
    }
}

extension ColourChoice {
    var palette: Palette {
        switch self {
        case .automatic: .automatic
        case .dark: .dark
        case .light: .light
        case .none: .none
        }
    }
}
