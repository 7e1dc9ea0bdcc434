import Testing

@testable import p2pchat

/// The one table: what is read, what is said of mistakes, help and completion.
@Suite struct ChatCommandTests {
    @Test(arguments: [
        ("/to", ChatAction.to(nil)), ("/to bob", .to("bob")), ("/to  bob  ", .to("bob")),
        ("/verify", .verify(nil)), ("/verify 05842 31077", .verify("05842 31077")),
        ("/edit 2 at nine,  not at ten", .edit(2, "at nine,  not at ten")), ("/cancel 3", .cancel(3)),
        ("/history", .history(20)), ("/history 500", .history(500)),
        ("/search \"a b\" c", .search("\"a b\" c")),
        ("/delete", .delete(isSure: false)), ("/delete yes", .delete(isSure: true)),
        ("/send ~/a file.tar", .sendFile("~/a file.tar")), ("/get", .get(nil, nil)), ("/get 2", .get(2, nil)),
        ("/get 2 a folder", .get(2, "a folder")), ("/get a folder", .get(nil, "a folder")),
        ("/get 2nd folder", .get(nil, "2nd folder")), ("/refuse", .refuse(nil)), ("/stop 1", .stop(1)),
        ("/accept", .contact(.accept, nil)), ("/mute bob", .contact(.mute, "bob")),
        ("/discoverable no", .discoverable(false)), ("/receipts yes", .set("read-receipts", "yes")),
        ("/set", .set(nil, nil)), ("/set bell", .set("bell", nil)),
        ("/set notify-command say \"$(cat)\"", .set("notify-command", "say \"$(cat)\"")),
        ("/help", .help(nil)), ("/help /get", .help("/get")), ("/quit", .quit),
    ])
    func commands(line: String, action: ChatAction) {
        #expect(ChatCommandTable.parse(line) == .action(action))
    }

    @Test(arguments: [
        ("/who now", "usage: /who"), ("/edit", "usage: /edit N TEXT"), ("/edit 1", "usage: /edit N TEXT"),
        ("/edit x y", "N is a number from 1; usage: /edit N TEXT"),
        ("/cancel 0", "N is a number from 1; usage: /cancel N"),
        ("/stop 99999999999999999999", "N is a number from 1; usage: /stop N"),
        ("/history 501", "COUNT is a number from 1 to 500; usage: /history [COUNT]"),
        ("/history 20 30", "usage: /history [COUNT]"), ("/search", "usage: /search WORDS"),
        ("/discoverable maybe", "it takes yes or no; usage: /discoverable yes|no"),
        ("/delete no", "it takes yes; usage: /delete [yes]"), ("/help a b", "usage: /help [COMMAND]"),
    ])
    func mistakes(line: String, advice: String) {
        #expect(ChatCommandTable.parse(line) == .mistake(advice))
    }

    /// What looks like a command is never sent.
    @Test(arguments: [
        ("/verfy", "did you mean /verify?"), ("/qu", "did you mean /queue or /quit?"),
        ("/", "/help lists the commands"), ("/xyzzy-plugh", "/help lists the commands"),
        ("/usr/bin/env", "/help lists the commands"),
    ])
    func misspelt(line: String, advice: String) {
        guard case .mistake(let text) = ChatCommandTable.parse(line) else {
            Issue.record("\(line) is taken")
            return
        }
        #expect(text.contains(advice))
        #expect(ChatCommandTable.parse("/" + line) == .text(line))
    }

    @Test func longNonsenseIsAnsweredShortly() {
        guard case .mistake(let text) = ChatCommandTable.parse("/" + String(repeating: "x", count: 60_000))
        else {
            Issue.record("it is taken")
            return
        }
        #expect(text.count < 200)
    }

    @Test func namesAreEachOnce() {
        let names = ChatCommandTable.entries.map(\.name)
        #expect(Set(names).count == names.count)
        for entry in ChatCommandTable.entries {
            // What is required stands before what is not, or one would not know which is meant.
            let optional = entry.parameters.drop { !$0.isOptional }
            #expect(optional.filter { !$0.isOptional }.isEmpty, "\(entry.name)")
            #expect(!entry.help.hasSuffix("."))
            guard let example = entry.example else { continue }
            guard case .action = ChatCommandTable.parse("/\(entry.name) \(example)") else {
                Issue.record("the example of \(entry.name) is not taken")
                continue
            }
        }
    }

    // MARK: Help

    @Test func helpShowsWhatIsPossibleNow() {
        let nothing = ChatHelp.lines(ChatSituation())
        #expect(nothing.contains { $0.hasPrefix("  /to [PEER]") })
        #expect(!nothing.contains { $0.hasPrefix("  /verify") || $0.hasPrefix("  /queue") })
        #expect(nothing.contains("  not now, nothing waits: /queue /edit /cancel"))
        #expect(nothing.contains { $0.hasPrefix("  not now, no peer is chosen: /verify ") })
        let all = ChatHelp.lines(
            ChatSituation(
                hasPeer: true, hasWaiting: true, hasRequest: true, hasUnread: true, hasFiles: true,
                hasOffer: true))
        for entry in ChatCommandTable.entries {
            #expect(all.contains { $0.hasPrefix("  " + entry.usage + " ") && $0.hasSuffix(entry.help) })
        }
        #expect(!all.contains { $0.contains("not now") })
    }

    @Test func helpOfOne() throws {
        for name in ["get", "/get"] {
            let lines = try #require(ChatHelp.lines(of: name, ChatSituation()))
            #expect(
                lines.first == "  /get [N] [DIR]   take number N of /files; alone: the one that is offered")
            #expect(lines.contains("  for example: /get 1 ~/Downloads"))
            #expect(lines.last == "  not now: no file is offered")
        }
        #expect(ChatHelp.lines(of: "nosuch", ChatSituation()) == nil)
    }

    @Test func listsGoOnBelowTheirLastColumn() {
        func indent(_ line: String, _ width: Int?) -> Int {
            HangingIndent.columns(of: line, usual: 2, width: width)
        }
        #expect(indent("  /to [PEER]   talk with another peer", 60) == 15)
        #expect(indent("  bell      yes   ring for what comes", 60) == 18)
        #expect(indent("  bell      yes   ring for what comes", 30) == 2)
        #expect(indent("  bell      yes   ring for what comes", nil) == 2)
        #expect(indent("* bob is   online", 60) == 2)
        #expect(indent("  only words", 60) == 2)
        #expect(indent("", 60) == 2)
    }

    // MARK: Completion

    private func completed(_ line: String, isChoosing: Bool = false) -> [String] {
        let word = line.split(separator: " ", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        return ChatCompletion.candidates(
            word, line, names: ["bob", "bobby", "carol"], isChoosing: isChoosing)
    }

    @Test func completion() {
        #expect(completed("/qu") == ["/queue", "/quit"])
        #expect(completed("/to b") == ["bob", "bobby"])
        #expect(completed("/to ") == ["bob", "bobby", "carol"])
        #expect(completed("/mute c") == ["carol"])
        #expect(completed("/receipts ") == ["yes", "no"])
        #expect(completed("/set ti") == ["time-format", "title"])
        #expect(completed("/set time-format 12") == ["12h", "12h-seconds"])
        #expect(completed("/set mouse ") == ["yes", "no"])
        #expect(completed("/set notify-command ") == ["nothing"])
        #expect(completed("/set nosuch ") == [])
        #expect(completed("/help ver") == ["verify"])
        #expect(completed("/delete ") == ["yes"])
        #expect(completed("/who ") == [])
        #expect(completed("/nosuch ") == [])
        #expect(completed("/edit 1 b") == [])
        #expect(completed("b") == [])
        #expect(completed("b", isChoosing: true) == ["bob", "bobby"])
        #expect(completed("hello b", isChoosing: true) == [])
    }
}
