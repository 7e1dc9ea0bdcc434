import ArgumentParser
import Testing

@testable import p2pchat

/// The manual page has everything that the program has.
@Suite struct ManualTests {
    private func page() throws -> String {
        Manual.page(try HelpDump(P2PChat._dumpHelp()), version: "1.2.3")
    }

    @Test func everyCommandIsInIt() throws {
        let page = try page()
        let commands = P2PChat.configuration.subcommands.filter { $0.configuration.shouldDisplay }
        #expect(commands.count > 15)
        for command in commands {
            let name = Roff.escaped(command._commandName)
            #expect(page.contains(".SS p2pchat \(name)"), "\(name)")
        }
        #expect(!page.contains("p2pchat manual"))
        for entry in ChatCommandTable.entries {
            #expect(page.contains(".TP\n\\fB\(Roff.escaped(entry.usage))\\fR\n\(Roff.escaped(entry.help))\n"))
        }
        for entry in SettingTable.entries {
            #expect(page.contains("\\fB\(Roff.escaped(Manual.heading(entry)))\\fR\n"))
        }
        #expect(page.hasPrefix(".TH P2PCHAT 1 \"\" \"p2pchat 1.2.3\"\n"))
    }

    @Test func nothingOfTheTextActsOnTheFormatter() {
        var page = Roff(title: "x", section: 1, version: "1")
        page.paragraphs(".SH no\n'\\fBno\\fR\n\n  .indented\n  \\more\nbehind")
        #expect(
            page.text.split(separator: "\n").dropFirst() == [
                "\\&.SH no", "\\(aq\\efBno\\efR", ".PP", ".PP", ".nf", ".RS 4", "\\&.indented", "\\emore",
                ".RE",
                ".fi", ".PP", "behind",
            ])
        page.item("-x", [".one", "", "two\nlines"])
        #expect(page.text.hasSuffix(".TP\n\\fB\\-x\\fR\n\\&.one\n.br\ntwo lines\n"))
    }
}
