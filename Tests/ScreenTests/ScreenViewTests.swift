import Chat
import FoundationEssentials
import Identity
import Store
import Terminal
import Testing

@testable import p2pchat

/// What stands where, for models and sizes.
@Suite struct ScreenViewTests {
    private func model() throws -> ScreenModel {
        let (bob, carol) = (try #require(People.bob), try #require(People.carol))
        var flow = Flow()
        flow.willRead()
        flow.open(
            bob, called: "bob",
            [
                message(1, "hello", to: bob), message(2, "hi bob", to: bob, from: .outgoing, state: .read),
                message(3, "tomorrow", to: bob, at: 86_400),
                message(4, "waits", to: bob, from: .outgoing, at: 86_400, state: .queued),
            ])
        flow.append(notice: "* bob said goodbye")
        var model = ScreenModel()
        model.own = "alice"
        model.directory = DirectoryLine(isOnline: true, words: ["through 127.0.0.1:4000", "can be called"])
        model.conversations = [
            item(bob, "bob", trust: .verified, isOnline: true, last: "12:00"),
            item(carol, "carol", standing: .request, unread: 3),
        ]
        model.selected = bob
        model.isConnected = true
        model.flow = flow.items
        return model
    }

    @Test func wide() throws {
        let frame = ScreenView.frame(try model(), typed("and you?"), ScreenSize(columns: 100, rows: 12))
        let lines = text(frame)
        #expect(lines.count == 12)
        #expect(lines[0].hasPrefix(" 1 ● bob+"))
        #expect(lines[1].hasPrefix(" 2 ○ carol?"))
        #expect(lines[1].contains("(3)"))
        let middle = lines.map { $0.split(separator: "│", maxSplits: 1).last.map(String.init) ?? "" }
        let clock = EventLine.clock(start)
        #expect(middle[3].hasPrefix("── \(EventLine.day(start)) ─"))
        #expect(middle[4] == "\(clock) bob hello")
        #expect(middle[5] == "\(clock) you ✓✓ hi bob")
        #expect(middle[6].hasPrefix("── \(EventLine.day(start + 86_400)) ─"))
        #expect(middle[7] == "\(clock) bob tomorrow")
        #expect(middle[8] == "\(clock) you … waits")
        #expect(middle[9] == "* bob said goodbye")
        #expect(
            lines[10]
                == " bob: verified, connected · 1 request · alice online · through 127.0.0.1:4000 · can be called"
        )
        #expect(lines[11] == "bob> and you?")
        #expect(frame.cursor == Frame.Position(row: 11, column: 13))
    }

    @Test func timesAreWrittenAsTheUserLikes() throws {
        var model = try model()
        for format in TimeFormat.allCases {
            model.settings.timeFormat = format
            let lines = text(ScreenView.frame(model, typed(), ScreenSize(columns: 100, rows: 12)))
            #expect(lines.contains { $0.contains("│\(EventLine.clock(start, format)) bob hello") })
        }
        let midnight = Date(
            timeIntervalSince1970: 1_700_000_000 - 1_700_000_000.truncatingRemainder(dividingBy: 86_400))
        // In whatever zone the test runs, hours are those of the other form.
        for hour in 0..<24 {
            let date = midnight + Double(hour) * 3600
            let parts = EventLine.clock(date, .hours24WithSeconds).split(separator: ":").compactMap {
                Int($0)
            }
            #expect(parts.count == 3)
            let twelve = parts[0] % 12 == 0 ? 12 : parts[0] % 12
            let half = parts[0] < 12 ? "am" : "pm"
            let minutes = parts[1] < 10 ? "0\(parts[1])" : "\(parts[1])"
            #expect(EventLine.clock(date, .hours12) == "\(twelve):\(minutes) \(half)")
            #expect(EventLine.clock(date, .hours12WithSeconds) == "\(twelve):\(minutes):00 \(half)")
        }
    }

    /// Below 80 columns the list folds away, and the status line says who wrote.
    @Test func narrow() throws {
        let lines = text(ScreenView.frame(try model(), typed(), ScreenSize(columns: 40, rows: 8)))
        #expect(!lines.contains { $0.contains("│") })
        #expect(lines[6] == " bob: verified, connected · (3) carol")
        #expect(lines[7] == "bob>")
        for line in lines { #expect(displayWidth(line) <= 40) }
    }

    @Test(arguments: [
        ScreenSize(columns: 40, rows: 10), ScreenSize(columns: 1, rows: 1),
        ScreenSize(columns: 200, rows: 60),
        ScreenSize(columns: 80, rows: 2),
    ])
    func nothingIsWiderThanTheScreen(size: ScreenSize) throws {
        var model = try model()
        model.conversations[1] = item(
            try #require(People.carol), String(repeating: "漢", count: 32), unread: 12_345)
        model.transfers = ["a file.bin from bob 12 % of 1.0 GiB, 100 MiB/s, 9 s left"]
        let frame = ScreenView.frame(model, typed(String(repeating: "字", count: 90)), size)
        #expect(frame.rows.count >= min(size.rows, 2))
        if size.columns > 2 {
            for line in text(frame) { #expect(displayWidth(line) <= size.columns) }
        }
    }

    @Test func offlineComesFirst() throws {
        var model = try model()
        model.directory = DirectoryLine(isOnline: false, words: ["not registered: no answer"])
        let lines = text(ScreenView.frame(model, typed(), ScreenSize(columns: 60, rows: 6)))
        #expect(lines[4].hasPrefix(" not registered: no answer · bob: verified"))
        // A long reason does not hide with whom one talks, but where nothing of it would be left.
        model.directory.words = [
            "not registered: the directory is not reachable: 127.0.0.1:4000 refuses connections"
        ]
        let wide = text(ScreenView.frame(model, typed(), ScreenSize(columns: 80, rows: 6)))
        #expect(
            wide[4].hasPrefix(" not registered: the directory")
                && wide[4].hasSuffix("… · bob: verified, connected"))
        let narrow = text(ScreenView.frame(model, typed(), ScreenSize(columns: 40, rows: 6)))
        #expect(narrow[4] == " not registered: the directory is not r…")
    }

    /// Scrolled up: the line at the bottom stays there whatever comes and however wide it is.
    @Test func whoIsScrolledUpStaysThere() throws {
        let bob = try #require(People.bob)
        var flow = Flow()
        flow.willRead()
        flow.open(bob, called: "bob", (1...50).map { message($0, "line \($0)", to: bob) })
        var model = try model()
        model.flow = flow.items
        model.bottom = FlowAnchor(place: 40, number: 0, line: 0)
        for columns in [40, 80, 200] {
            let lines = text(ScreenView.frame(model, typed(), ScreenSize(columns: columns, rows: 12)))
            #expect(lines[9].hasSuffix("bob line 20"))
        }
        flow.append(message(51, "new", to: bob))
        model.flow = flow.items
        model.newBelow = 1
        let lines = text(ScreenView.frame(model, typed(), ScreenSize(columns: 60, rows: 12)))
        #expect(lines[9].hasSuffix("bob line 20"))
        #expect(lines[10].hasPrefix(" 1 new below"))
    }

    /// What the program says between two messages of one day does not make a new day.
    @Test func aDayIsNamedOnce() throws {
        let bob = try #require(People.bob)
        var flow = Flow()
        flow.willRead()
        flow.open(bob, called: "bob", [message(1, "one", to: bob)])
        flow.append(notice: "* between")
        flow.append(message(2, "two", to: bob))
        var model = try model()
        model.flow = flow.items
        let lines = text(ScreenView.frame(model, typed(), ScreenSize(columns: 60, rows: 12)))
        #expect(lines.count { $0.hasPrefix("──") } == 1)
        #expect(Array(lines[7...9].map { $0.suffix(7) }) == ["bob one", "between", "bob two"])
    }

    @Test func theInputGrows() throws {
        let frame = ScreenView.frame(
            try model(), typed("one\ntwo\nthree\nfour"), ScreenSize(columns: 60, rows: 12))
        let lines = text(frame)
        #expect(Array(lines[8...]) == ["bob> one", "two", "three", "four"])
        #expect(frame.cursor == Frame.Position(row: 11, column: 4))
        // Not more than a third of the screen: the part with the cursor.
        let much = (1...20).map(String.init).joined(separator: "\n")
        let part = ScreenView.frame(
            try model(), InputLine(text: much, cursor: 0, prompt: ""), ScreenSize(columns: 60, rows: 12))
        #expect(Array(text(part)[8...]) == ["bob> 1", "2", "3", "4"])
        #expect(part.cursor == Frame.Position(row: 8, column: 5))
    }

    @Test func jumpingOffersNames() throws {
        let lines = text(
            ScreenView.frame(
                try model(), typed("ro", question: JumpView.question), ScreenSize(columns: 60, rows: 8)))
        #expect(lines[5] == "> carol? (3)")
        #expect(lines[7] == "Go to: ro")
        let none = text(
            ScreenView.frame(
                try model(), typed("x", question: JumpView.question), ScreenSize(columns: 60, rows: 8)))
        #expect(none[5].contains("nobody"))
    }

    /// Every byte of a peer's text that could act on a terminal is shown, not sent.
    @Test func hostileText() throws {
        let bob = try #require(People.bob)
        var flow = Flow()
        flow.willRead()
        let bytes = String(decoding: (0...255).map { UInt8($0) }, as: UTF8.self)
        flow.open(bob, called: "bob", [message(1, bytes + "\u{1B}]0;title\u{07}\u{202E}x\u{9B}31m", to: bob)])
        var model = try model()
        model.flow = flow.items
        for row in ScreenView.frame(model, typed("\u{1B}[31m"), ScreenSize(columns: 80, rows: 24)).rows {
            for scalar in row.spans.flatMap(\.text.unicodeScalars) {
                #expect(
                    scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value) && scalar.value != 0x202E)
            }
        }
    }
}
