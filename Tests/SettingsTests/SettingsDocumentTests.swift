import Testing

@testable import p2pchat

/// What a settings file says, what is wrong with it, and how it is changed.
@Suite struct SettingsDocumentTests {
    private func settings(_ change: (inout Settings) -> Void) -> Settings {
        var settings = Settings()
        change(&settings)
        return settings
    }

    private func entry(_ name: String) throws -> SettingEntry { try #require(SettingTable.entry(name)) }

    @Test func nothingMeansTheDefaults() {
        for text in ["", "\n\n", "# bell = false\n"] {
            let document = SettingsDocument(text)
            #expect(document.settings == Settings())
            #expect(document.problems.isEmpty)
        }
    }

    @Test func everySettingIsRead() {
        let document = SettingsDocument(
            """
            # mine
            time-format = "12h-seconds"
            colours = 'light'   # at the window
            bell = false
            title = false
            notify-command = "notify-send \\"$P2PCHAT_FROM\\""
            read-receipts = false
            mouse = true
            "clipboard" = true
            """)
        #expect(document.problems.isEmpty)
        #expect(
            document.settings
                == settings {
                    $0.timeFormat = .hours12WithSeconds
                    $0.colours = .light
                    ($0.bell, $0.title, $0.readReceipts, $0.mouse, $0.clipboard) = (
                        false, false, false, true, true
                    )
                    $0.notifyCommand = "notify-send \"$P2PCHAT_FROM\""
                })
    }

    /// Each mistake is named with its line, has no effect, and does not keep the rest from counting.
    @Test(arguments: [
        ("bel = false", "there is no setting bel; did you mean bell?"),
        ("something-else = 1", "there is no setting something-else"),
        ("bell = \"yes\"", "write bell = true or bell = false"),
        ("bell = 1", "write bell = true or bell = false"),
        ("bell = yes", "write bell = true or bell = false"),
        ("bell = false true", "write bell = true or bell = false"),
        ("bell = \"", "write bell = true or bell = false"),
        ("bell =", "write bell = true or bell = false"),
        ("bell", "write NAME = VALUE"),
        ("bell: false", "write NAME = VALUE"),
        ("= false", "there is no name before ="),
        ("\"bell = false", "its name has no closing quote"),
        ("bell = false\u{7}", "a control character"),
        ("bell = false\r\r", "a control character"),
        ("time-format = \"25h\"", "time-format takes 24h, 24h-seconds, 12h, 12h-seconds, not 25h"),
        ("time-format = 24", "write time-format = \"24h\" or *"),
        ("time-format = 12h", "write time-format = \"24h\" or *"),
        ("time-format = \"12h\" \"24h\"", "write time-format = \"24h\" or *"),
        ("time-format = \"12\\h\"", "write time-format = \"24h\" or *"),
        ("time-format = \"\\uD800\"", "write time-format = \"24h\" or *"),
        ("colours = \"\\u001b[31m\"", "colours takes auto, dark, light, none, not ␛[31m"),
        ("colours.dark = 1", "there is no setting colours.dark"),
        ("notify-command = \"a\\nb\"", "notify-command takes one line without control characters"),
        ("notify-command = ['a']", "write notify-command = \"COMMAND\""),
        ("notify-command = '''a'''", "write notify-command = \"COMMAND\""),
        ("notify-command = \"\"\"\nbell = false\n\"\"\"", "write notify-command = \"COMMAND\""),
        ("mouse = false", "mouse stands here a second time"),
        ("[bell]\nbell = false", "settings stand before the first [; what follows is not read"),
    ])
    func mistakes(line: String, message: String) throws {
        // A table would take in what follows.
        let rest = line.hasPrefix("[") ? "" : "clipboard = true\n"
        let document = SettingsDocument("mouse = true\n\n\(line)\n\(rest)")
        #expect(
            document.settings
                == settings {
                    $0.mouse = true
                    $0.clipboard = !rest.isEmpty
                })
        let problem = try #require(document.problems.first)
        #expect(document.problems.count == 1)
        #expect(problem.line == 3)
        if message.hasSuffix("*") {
            #expect(problem.message.hasPrefix(message.dropLast()))
        } else {
            #expect(problem.message == message)
        }
    }

    @Test func severalMistakesComeInTheirOrder() {
        let document = SettingsDocument("x = 1\nbell = no\ntitle = 3\nmouse = true\n= 4\n")
        #expect(document.problems.map(\.line) == [1, 2, 3, 5])
        #expect(SettingsDocument("bell = no\nbell = false").problems.map(\.line) == [1])
        #expect(document.settings == settings { $0.mouse = true })
    }

    /// What is no TOML at all: an end, and no effect.
    @Test func nonsense() {
        let texts = [
            String(repeating: "<xml>\n", count: 5000), "\u{0}", "bell = \u{0}false", "[[[", "bell = [[[",
            String(repeating: "[", count: 60_000), "a = " + String(repeating: "[", count: 60_000),
            "\"\"\"\n'''\n\"\"\"", "\u{FEFF}bell = maybe", "=", "a\r\rb", "[[a]]\n[a]\n", "bell = \"\"\"",
            "\"",
            "'", "bell = \"\\", "bell = \"\\u00", "bell = \"\\UFFFFFFFF\"",
        ]
        for text in texts {
            let document = SettingsDocument(text)
            #expect(!document.problems.isEmpty && document.problems.count <= 21)
            #expect(document.settings == Settings())
            #expect(document.text == text)
        }
        #expect(SettingsDocument("\u{FEFF}bell = false").settings.bell == false)
    }

    // MARK: Changing

    @Test(arguments: [
        ("", "bell = false\n"),
        ("bell = true\n", "bell = false\n"),
        ("bell = true", "bell = false"),
        ("# mine\n  bell=true # loud\n\nmouse = true\n", "# mine\n  bell = false # loud\n\nmouse = true\n"),
        ("mouse = true", "mouse = true\nbell = false\n"),
        ("mouse = true\n\n[later]\nbell = 1\n", "mouse = true\n\nbell = false\n[later]\nbell = 1\n"),
        ("bell = yes\nmouse = true\n", "bell = false\nmouse = true\n"),
        ("bell = \"yes\" # ?\n", "bell = false # ?\n"),
        ("\"bell\" = true\r\nmouse = true\r\n", "bell = false\r\nmouse = true\r\n"),
        ("mouse = true\r\n", "mouse = true\r\nbell = false\r\n"),
        ("x = \"\"\"\nbell = true\n\"\"\"\n", "x = \"\"\"\nbell = true\n\"\"\"\nbell = false\n"),
        ("bell = maybe\nbell = true\n", "bell = maybe\nbell = false\n"),
    ])
    func oneSettingChangesAndNothingElse(before: String, after: String) throws {
        let document = SettingsDocument(before)
        let changed = try document.setting(entry("bell"), to: "no")
        #expect(changed.text == after)
        #expect(changed.settings.bell == false)
        var expected = document.settings
        expected.bell = false
        #expect(changed.settings == expected)
    }

    @Test func textIsWrittenSoThatItComesBack() throws {
        let before = "notify-command = \"\"\"\none # two\"\"\" # old\nmouse = true\n"
        for value in ["say \"$(cat)\"", "a\\b # 'c' \"d\"", "ünï ☎", "tab\there", ""] {
            let changed = try SettingsDocument(before).setting(entry("notify-command"), to: value)
            #expect(changed.settings.notifyCommand == (value.isEmpty ? nil : value))
            #expect(changed.settings.mouse)
            #expect(changed.text.hasSuffix("\nmouse = true\n"))
        }
    }

    @Test func aCommandIsTakenAway() throws {
        let document = SettingsDocument("notify-command = 'beep' # loud")
        #expect(document.settings.notifyCommand == "beep")
        let changed = try document.setting(entry("notify-command"), to: "nothing")
        #expect(changed.settings.notifyCommand == nil)
        #expect(changed.text == "notify-command = \"nothing\" # loud")
    }

    @Test func whatIsNoValueIsRefused() throws {
        let document = SettingsDocument("bell = true\n")
        #expect(throws: CommandError.self) { try document.setting(entry("bell"), to: "maybe") }
        #expect(throws: CommandError.self) { try document.setting(entry("time-format"), to: "") }
        #expect(throws: CommandError.self) { try document.setting(entry("notify-command"), to: "a\u{1B}b") }
        let long = String(repeating: "x", count: SettingEntry.longestText + 1)
        #expect(throws: CommandError.self) { try document.setting(entry("notify-command"), to: long) }
    }

    @Test func everyChoiceOfEverySettingGoesThereAndBack() throws {
        for entry in SettingTable.entries {
            for choice in entry.choices {
                let changed = try SettingsDocument().setting(entry, to: choice)
                #expect(changed.problems.isEmpty)
                #expect(entry.value(changed.settings) == choice)
            }
        }
    }
}
