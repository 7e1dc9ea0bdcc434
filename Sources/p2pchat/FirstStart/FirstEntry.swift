import Identity
import Store
import Terminal

/// Opening a home to chat with it, by way of a first start where something is missing.
struct FirstEntry {
    let options: HomeOptions
    /// Whom the user wants to talk with.
    let peer: String?
    /// Whether the terminal may be taken as a whole.
    let isScreen: Bool

    struct Opened: Sendable {
        let home: OpenHome
        let peer: String?
    }

    /// - Returns: nil when the user left; what to say was said.
    /// - Throws: `noIdentity` when the user left and there is none.
    func run() async throws -> Opened? {
        let home = options.folder
        guard KeyFile.exists(directory: home.path) else {
            HomeOptions.warnIfMemoryCannotBeLocked()
            return try await walk(FirstStart(homePath: home.path, peer: peer), FirstDeeds(home: home))
        }
        let open = try await options.open()
        let store = try HomeStore(path: home.databasePath, keys: open.keys)
        let settings = try store.settings()
        try store.close()
        guard settings.directory == nil, !settings.goesWithoutDirectory else {
            return Opened(home: open, peer: peer)
        }
        let start = FirstStart(
            homePath: home.path, identity: open.keys.publicIdentity, settings: settings, peer: peer)
        return try await walk(start, FirstDeeds(home: home, open: open))
    }

    private func walk(_ first: FirstStart, _ deeds: FirstDeeds) async throws -> Opened? {
        let end = try await lead(first, deeds)
        if end.end == .done, let open = await deeds.openHome { return Opened(home: open, peer: end.peer) }
        guard end.identity != nil else { throw options.folder.noIdentity }
        for line in end.farewell { Output.note(line) }
        return nil
    }

    private func lead(_ first: FirstStart, _ deeds: FirstDeeds) async throws -> FirstStart {
        guard isScreen, let screen = try screen(first) else {
            return await FirstGuide(interface: FirstLines(), deeds: deeds).run(first)
        }
        // A signal ends the screen, and that the path.
        let ended = EndOfPath(first)
        let service = OnlineService {
            async let events: Void = screen.run()
            await ended.set(FirstGuide(interface: screen, deeds: deeds).run(first))
            await events
        } stop: {
            screen.stop()
        }
        try await service.runUntilSignal()
        return await ended.start
    }

    /// Nil for a terminal that can only show lines.
    private func screen(_ first: FirstStart) throws -> FirstScreen? {
        do {
            return try FirstScreen(first, options.folder.settingsFile.read().settings.colours.palette)
        } catch .noTerminal {
            return nil
        }
    }

    private actor EndOfPath {
        private(set) var start: FirstStart
        init(_ start: FirstStart) { self.start = start }
        func set(_ start: FirstStart) { self.start = start }
    }
}
