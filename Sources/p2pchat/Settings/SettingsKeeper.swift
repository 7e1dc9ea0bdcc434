import Synchronization

/// The settings in force: read at the start, and again when the file has changed; changed by the user, they are in the file first.
final class SettingsKeeper: Sendable {
    let file: SettingsFile
    private let state: Mutex<State>

    private struct State {
        var document: SettingsDocument
        /// Of the file when it was read; nil makes the next look read it.
        var stamp: SettingsFile.Stamp?
    }

    init(_ file: SettingsFile) {
        self.file = file
        let stamp = file.stamp
        state = Mutex(State(document: file.read(), stamp: stamp))
    }

    var document: SettingsDocument { state.withLock { $0.document } }
    var settings: Settings { document.settings }

    /// Writes it into the file, and has it in force. Nothing is changed when that fails.
    func set(_ entry: SettingEntry, to value: String) throws {
        let changed = try file.set(entry, to: value)
        state.withLock { $0 = State(document: changed, stamp: nil) }
    }

    /// Looks whether the file has changed.
    ///
    /// - Returns: What it says now; nil when that is what it said before.
    func refresh() -> SettingsDocument? {
        state.withLock { state in
            let stamp = file.stamp
            if let stamp, stamp == state.stamp { return nil }
            let document = file.read()
            defer { state = State(document: document, stamp: stamp) }
            return document == state.document ? nil : document
        }
    }

    /// Looks at the file every few seconds until it says something else: that costs one `stat`, and works on every file system.
    ///
    /// - Returns: Nil when the task is cancelled.
    func change() async -> SettingsDocument? {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            if let document = refresh() { return document }
        }
        return nil
    }

    private static let interval: Duration = .seconds(2)
}
