import Chat
import Store
import Terminal
import Wire

/// The user's settings: what is wrong with them, what changes, and `/set`.
extension LineChat {
    /// Before anything is shown.
    func beginWithSettings() async {
        let document = settings.document
        await apply(document.settings)
        complain(of: document)
    }

    /// Goes on until cancelled.
    func watchSettings() async {
        while let document = await settings.change() {
            await apply(document.settings)
            if document.problems.isEmpty {
                interface.show("* the settings were read again")
            } else {
                complain(of: document)
            }
        }
    }

    private func complain(of document: SettingsDocument) {
        for line in SettingText.complaints(of: document, settings.file) { interface.show("! " + line) }
    }

    private func apply(_ settings: Settings) async {
        if let sendsRead = settings.readReceipts {
            do {
                try await node.setSendsRead(sendsRead)
            } catch {
                fail(error)
            }
        }
        await interface.apply(settings)
    }

    // MARK: Notifications

    /// Goes on until cancelled.
    func runNotifications() async {
        let interface = interface
        await notifier.run { interface.show("! \($0)") }
    }

    /// Of what comes from somebody with whom one does not talk now, or while the window is not looked at; not from a muted one.
    func notify(of event: ChatEvent) async {
        guard case .message(let message) = event, let command = settings.settings.notifyCommand,
            !message.peer.isMuted
        else { return }
        let isLookedAt = await interface.board?.isLookedAt ?? true
        guard message.peer.identity != peer?.identity || !isLookedAt else { return }
        let text =
            switch message.content {
            case .text(let text): text
            case .file: EventLine.content(message.content)
            }
        notifier.notify(Notifier.Notice(command: command, from: message.peer.name, text: text))
    }

    // MARK: /set

    func set(_ name: String?, _ value: String?) async {
        guard let name else { return show(SettingText.list(await inForce())) }
        guard let entry = SettingTable.entry(name) else {
            let near = Suggestion.text(for: name, among: SettingTable.entries.map(\.name))
            let advice = near.map { "did you mean \($0)?" } ?? "/set lists them"
            return interface.show("! there is no setting \(VisibleText(name)); \(advice)")
        }
        guard let value else { return show(SettingText.explanation(entry, await inForce())) }
        do {
            try settings.set(entry, to: value)
            await apply(settings.settings)
            let now =
                entry.value(settings.settings).map { VisibleText($0).description } ?? SettingEntry.nothing
            interface.show("* \(entry.name) is \(now)")
        } catch {
            fail(error)
        }
    }

    /// With what holds where the file says nothing.
    private func inForce() async -> Settings {
        var settings = settings.settings
        settings.readReceipts = settings.readReceipts ?? node.sendsRead
        return settings
    }
}

/// Settings for people.
enum SettingText {
    /// What is wrong in the file, and which it is.
    static func complaints(of document: SettingsDocument, _ file: SettingsFile) -> [String] {
        let complaints = document.problems.map { problem in
            let place = problem.line.map { ", line \($0)" } ?? ""
            return "\(SettingsFile.name)\(place): \(problem.message)"
        }
        return complaints.isEmpty ? [] : complaints + ["  (\(VisibleText(file.path)))"]
    }

    /// Every setting with its value and meaning.
    static func list(_ settings: Settings) -> [String] {
        let entries = SettingTable.entries
        let width = (entries.map(\.name.count).max() ?? 0) + 2
        return entries.map { entry in
            let value = value(entry, settings)
            return "  " + fit(entry.name, width) + value
                + String(repeating: " ", count: max(2, 14 - value.count))
                + entry.help
        } + ["  /set NAME explains one, /set NAME VALUE changes it"]
    }

    static func explanation(_ entry: SettingEntry, _ settings: Settings) -> [String] {
        var lines = ["  \(entry.name): \(entry.help)", "  it is \(value(entry, settings))"]
        switch entry.kind {
        case .yesNo: lines.append("  /set \(entry.name) yes or no")
        case .words(let words):
            lines += words.map {
                "  /set \(fit("\(entry.name) \($0.word)", entry.name.count + 14)) \($0.meaning)"
            }
        case .text(let name): lines.append("  /set \(entry.name) \(name), or \(SettingEntry.nothing)")
        }
        if !entry.details.isEmpty { lines.append("  " + entry.details) }
        return lines
    }

    private static func value(_ entry: SettingEntry, _ settings: Settings) -> String {
        entry.value(settings).map { VisibleText($0).description } ?? SettingEntry.nothing
    }
}
