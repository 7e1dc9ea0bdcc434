/// The manual page, made from what the program knows of itself: its commands, the chat's commands, the settings.
enum Manual {
    static func page(_ dump: HelpDump, version: String) -> String {
        let program = dump.command
        var page = Roff(title: program.commandName, section: 1, version: "\(program.commandName) \(version)")
        page.section("Name")
        page.paragraphs("\(program.commandName) - \(program.abstract ?? "")")
        page.section("Synopsis")
        page.paragraphs(
            program.shown.map { "  " + synopsis($0, in: program.commandName) }.joined(separator: "\n"))
        page.section("Description")
        page.paragraphs(program.discussion ?? "")
        page.section("Commands")
        for command in program.shown { add(command, in: program.commandName, to: &page) }
        addChat(to: &page)
        addSettings(to: &page)
        page.section("Files")
        page.item(
            "~/.local/share/p2pchat",
            ["The home, unless --home or P2PCHAT_HOME names another; see XDG_DATA_HOME."])
        page.item(
            "~/.config/p2pchat/settings.toml",
            [
                "The settings; see XDG_CONFIG_HOME. Those of a home that is named are in that home: settings.toml."
            ])
        page.section("Environment")
        page.item("P2PCHAT_HOME", ["The home."])
        page.item("NO_COLOR", ["Not empty: no colour, unless the setting colours names a background."])
        page.item("COLORFGBG", ["Set by some terminals: whether the background is light or dark."])
        return page.text
    }

    private static func synopsis(_ command: HelpDump.Command, in path: String) -> String {
        let words = [path, command.commandName] + (command.shown.isEmpty ? [] : ["<subcommand>"])
        return (words + arguments(of: command).filter { !$0.isOptional }.map(\.usage)).joined(separator: " ")
    }

    /// `--help` and `--version` are everywhere, and are said once.
    private static func arguments(of command: HelpDump.Command) -> [HelpDump.Argument] {
        command.shownArguments.filter { !["-h, --help", "--version", "--help, -h"].contains($0.heading) }
    }

    private static func add(_ command: HelpDump.Command, in path: String, to page: inout Roff) {
        let name = path + " " + command.commandName
        page.subsection(([name] + arguments(of: command).map(\.usage)).joined(separator: " "))
        page.paragraphs(command.abstract ?? "")
        if let discussion = command.discussion, !discussion.isEmpty { page.paragraphs("\n" + discussion) }
        for argument in arguments(of: command) {
            let standard = argument.defaultValue.map { "(default: \($0))" } ?? ""
            page.item(
                argument.heading,
                [[argument.abstract ?? "", standard].filter { !$0.isEmpty }.joined(separator: " ")])
        }
        for command in command.shown { add(command, in: name, to: &page) }
    }

    private static func addChat(to page: inout Roff) {
        page.section("Commands of the chat")
        page.paragraphs("Typed in p2pchat chat. A line that is to begin with a slash is typed with two.")
        for entry in ChatCommandTable.entries {
            // What a PEER is was said above.
            let parameters = entry.parameters.filter { $0.name != ChatParameter.peer.name }.compactMap {
                parameter in
                parameter.meaning.map { "\(parameter.name): \($0)" }
            }
            let example = entry.example.map { "For example: /\(entry.name) \($0)" } ?? ""
            page.item(entry.usage, [entry.help] + parameters + [entry.details ?? "", example])
        }
    }

    static func heading(_ entry: SettingEntry) -> String {
        "\(entry.name) = " + SettingsDocument.values(entry).joined(separator: " | ")
    }

    private static func addSettings(to page: inout Roff) {
        page.section("Settings")
        page.paragraphs(
            """
            In settings.toml, each on a line of its own; /set in the chat lists and changes them. A mistake in the file is named, and \
            the default is in use then.
            """)
        let defaults = Settings()
        for entry in SettingTable.entries {
            let words: [String] =
                if case .words(let words) = entry.kind { words.map { "\($0.word): \($0.meaning)" } } else {
                    []
                }
            let standard = entry.value(defaults).map { "Without it: \($0)." } ?? ""
            page.item(
                heading(entry), [entry.help] + words + [entry.details, standard])
        }
    }
}
