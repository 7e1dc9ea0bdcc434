import Chat
import Directory
import Files
import Identity
import Store
import Terminal
import Testing
import Wire

@testable import p2pchat

/// Panels as values, and what of them stands on screens of many sizes.
@Suite struct PanelTests {
    private let bob: PublicIdentity
    private let carol: PublicIdentity

    init() throws {
        bob = try #require(People.bob)
        carol = try #require(People.carol)
    }

    private func model(_ panel: Panel?, messages count: Int64 = 50) -> ScreenModel {
        var flow = Flow()
        flow.willRead()
        flow.open(bob, called: "bob", (1...count).map { message($0, "line \($0)", to: bob) })
        var model = ScreenModel()
        model.own = "alice"
        model.conversations = [item(bob, "bob")]
        model.selected = bob
        model.flow = flow.items
        model.panel = panel
        return model
    }

    private func lines(_ model: ScreenModel, _ columns: Int, _ rows: Int) -> [String] {
        text(ScreenView.frame(model, typed("half a line"), ScreenSize(columns: columns, rows: rows)))
    }

    private func people(_ count: Int) throws -> Panel {
        Panel(
            .people(
                try (0..<count).map { index in
                    PersonItem(
                        entry: PeerEntry(
                            identity: try #require(People.number(index)), handle: nil,
                            addresses: [try Endpoint(host: "127.0.0.1", port: 4000)]),
                        name: "person \(index + 1)", trust: .unverified, standing: nil)
                }))
    }

    private func request(_ peer: PublicIdentity, _ text: String) -> RequestItem {
        RequestItem(peer: peer, name: "carol", when: "2023-11-14 22:13", text: text)
    }

    // MARK: What is chosen

    /// The list changes under the one who chooses: the same one stays chosen.
    @Test func whoIsChosenStaysSo() throws {
        var panel = Panel(.requests([request(bob, "a"), request(carol, "b")]))
        panel.move(by: 1, last: 0)
        panel.update(.requests([request(carol, "b")]))
        #expect(panel.deed(nil) == .read(carol))
        panel.update(.requests([request(bob, "a"), request(carol, "b")]))
        #expect(panel.deed("b") == .decide(.block, carol))
        panel.update(.requests([request(bob, "a")]))
        #expect(panel.deed("a") == .decide(.accept, bob))
        panel.update(.requests([]))
        #expect(panel.deed("a") == nil && panel.keys.isEmpty)
        panel.move(by: -1, last: 0)
        panel.move(by: 5, last: 0)
        #expect(panel.position == 0)
    }

    @Test func aKeyThatIsNotOfferedDoesNothing() {
        let panel = Panel(.requests([request(bob, "a")]))
        #expect(panel.deed("x") == nil)
        #expect(panel.letters == "adb")
        #expect(Panel(.people(nil)).deed(nil) == nil)
    }

    @Test func numbersAreThoseOfTheList() throws {
        var panel = Panel(.files([try file(7, .offered), try file(9, .complete)]))
        let isThere = [1, 9].map { panel.choose(number: $0) }
        #expect(isThere == [false, true])
        #expect(panel.position == 1)
        #expect(panel.keys.isEmpty)
        panel.choose(0)
        #expect(panel.deed(nil) == .take(try file(7, .offered).key))
        #expect(panel.deed("r") == .refuse(try file(7, .offered).key))
        #expect(panel.deed("s") == nil)
    }

    // MARK: What is seen

    @Test func peopleAreChosenFromAList() throws {
        var panel = try people(3)
        panel.move(by: 1, last: 0)
        let shown = lines(model(panel), 100, 24).map { String($0.drop { $0 != "│" }.dropFirst()) }
        #expect(shown[17].hasPrefix("── who is discoverable (3) ──"))
        #expect(shown[18].hasPrefix("   1 person 1 "))
        #expect(shown[19].hasPrefix(">  2 person 2 "))
        #expect(shown[19].hasSuffix("127.0.0.1:4000"))
        #expect(shown[21] == "↑↓ · Enter talk · Alt-v details · Esc close")
        // The messages go on above it, the newest last, and what is typed stays.
        #expect(shown[16].hasSuffix("bob line 50"))
        #expect(lines(model(panel), 100, 24).last == "bob> half a line")
    }

    /// However many there are and however small the screen: the chosen one, the keys and some messages are seen.
    @Test(arguments: [(40, 10), (40, 24), (80, 12), (200, 60)])
    func theChosenOneIsInSight(columns: Int, rows: Int) throws {
        var panel = try people(100)
        for step in [0, 1, 7, 40, 200, -3, -50] {
            panel.move(by: step, last: 0)
            let shown = lines(model(panel), columns, rows)
            let chosen = "> " + (panel.position < 9 ? " " : "") + "\(panel.position + 1) person"
            #expect(shown.contains { $0.contains(chosen) }, "at \(panel.position)")
            #expect(shown.contains { $0.contains("Esc close") })
            #expect(shown.contains { $0.hasSuffix("bob line 50") })
            #expect(shown.count == rows)
            for line in shown { #expect(displayWidth(line) <= columns) }
        }
    }

    @Test(arguments: [(40, 10), (80, 24), (5, 3), (1, 1), (200, 60)])
    func anyPanelFitsAnyScreen(columns: Int, rows: Int) throws {
        let long = String(repeating: "漢字 ", count: 300)
        let hit = FoundMessage(
            row: 3, peer: bob, name: "bob", when: "2023-11-14 22:13", sender: "bob", text: long, before: long,
            after: nil)
        for content: Panel.Content in [
            .people(nil), .people([]), .requests([request(bob, long), request(carol, "short")]),
            .requests([]),
            .files([try file(1, .accepted, rate: 1e6), try file(2, .failed(.noSpace))]), .files([]),
            .details(details()), .found(FoundList(words: long, messages: [hit, hit], isComplete: false)),
            .found(FoundList(words: "x", messages: [], isComplete: true)),
        ] {
            var panel = Panel(content)
            panel.note = "! " + long
            let frame = ScreenView.frame(model(panel), typed(long), ScreenSize(columns: columns, rows: rows))
            #expect(frame.rows.count >= min(rows, 2))
            if columns > 4 { for line in text(frame) { #expect(displayWidth(line) <= columns) } }
        }
    }

    /// Nothing that a stranger says stands where a name or a key would.
    @Test func aRequestSaysWhatWasSaid() {
        let shown = lines(model(Panel(.requests([request(carol, "first line\n> 2 second")]))), 40, 24)
        let start = shown.firstIndex { $0.hasPrefix("── who asks to talk (1)") } ?? 0
        #expect(shown[start + 1] == ">  1 carol, 2023-11-14 22:13")
        #expect(shown[start + 2] == "     first line")
        #expect(shown[start + 3] == "     > 2 second")
        #expect(shown[start + 4] == "↑↓ · Enter read · Alt-a accept".replacing("↑↓ · ", with: ""))
        #expect(shown[start + 5].hasPrefix("Alt-d decline · Alt-b block"))
    }

    @Test func theScrollPositionStays() throws {
        var model = model(nil)
        model.bottom = FlowAnchor(place: 40, number: 0, line: 0)
        #expect(lines(model, 60, 24)[21].hasSuffix("bob line 20"))
        model.panel = try people(3)
        let shown = lines(model, 60, 24)
        #expect(shown.contains { $0.hasSuffix("bob line 20") })
        #expect(!shown.contains { $0.hasSuffix("bob line 21") })
        model.panel = nil
        #expect(lines(model, 60, 24)[21].hasSuffix("bob line 20"))
    }

    // MARK: One peer

    private func details(_ trust: Trust = .unverified, isEqual: Bool? = nil) -> PeerDetails {
        PeerDetails(
            peer: bob, name: "bob", handle: "bob", nickname: nil, trust: trust, standing: .accepted,
            isMuted: false, link: "connected, encrypted end to end", addresses: ["127.0.0.1:4000"],
            safetyNumber: SafetyNumber.between(carol, bob).grouped,
            code: (try? QRCode.halfBlocks(SafetyNumber.between(carol, bob).digits)) ?? [],
            ownFingerprint: carol.groupedFingerprint, isEqual: isEqual)
    }

    @Test func theCodeIsThereWhereItHasRoom() throws {
        let code = details().code
        #expect(code.count == 17)
        // Beside the words, below them where one scrolls to it, or not at all; never only a part that cannot be moved.
        for (columns, rows, isThere) in [(100, 24, true), (60, 50, true), (60, 24, true), (40, 10, false)] {
            var panel = Panel(.details(details()))
            panel.move(by: 100, last: PanelView.lastPosition(panel, columns: columns, height: rows - 2))
            let inked = lines(model(panel), columns, rows).filter { row in
                row.contains { "█▀▄".contains($0) }
            }
            #expect(inked.count == (isThere ? 17 : 0), "\(columns)x\(rows)")
        }
        #expect(
            lines(model(Panel(.details(details()))), 100, 24).contains {
                $0.contains("unverified: pinned on first use, safety")
            })
    }

    @Test func aPageIsScrolledToItsEnd() {
        var panel = Panel(.details(details()))
        let last = PanelView.lastPosition(panel, columns: 40, height: 8)
        #expect(last > 0)
        #expect(lines(model(panel), 40, 10).contains { $0.hasPrefix("unverified: pinned") })
        panel.move(by: 1_000, last: last)
        let shown = lines(model(panel), 40, 10)
        #expect(shown.contains { $0.contains("larger window") })
        #expect(!shown.contains { $0.hasPrefix("unverified: pinned") })
        panel.move(by: -1_000, last: last)
        #expect(panel.position == 0)
    }

    @Test func whatTheComparisonCameToStays() {
        var panel = Panel(.details(details(.verified, isEqual: true)))
        #expect(
            lines(model(panel), 60, 24).contains { $0.hasPrefix("The numbers are equal: bob is verified.") })
        panel.update(.details(details(.unverified, isEqual: false)))
        #expect(lines(model(panel), 60, 24).contains { $0.hasPrefix("! The numbers differ:") })
    }

    // MARK: Files

    private func file(
        _ number: Int, _ stage: TransferState, rate: Double? = nil, bytes: Int64 = 512
    ) throws -> FileItem {
        try Self.file(number, stage, from: bob, rate: rate, bytes: bytes)
    }

    static func file(
        _ number: Int, _ state: TransferState, from peer: PublicIdentity, rate: Double? = nil,
        bytes: Int64 = 512, direction: TransferKey.Direction = .incoming, wait: Messenger.FileWait? = nil
    ) throws -> FileItem {
        let offer = try FileOffer(name: "song.ogg", size: 1024, root: [UInt8](repeating: 7, count: 32))
        let id = try #require(MessageID("0190000\(number % 10)-0000-7000-8000-000000000000"))
        let key = TransferKey(peer: peer, id: id, direction: direction)
        let transfer = Transfer(key: key, offer: offer, path: "/tmp/song.ogg", state: state, chunksDone: 0)
        return FileItem(
            TransferStatus(
                transfer: transfer, bytesDone: bytes, rate: rate, secondsLeft: rate == nil ? nil : 9),
            number: number, peer: "bob", wait: wait)
    }

    @Test func aFileIsABarAndTheSameInNumbers() throws {
        let shown = lines(model(Panel(.files([try file(1, .accepted, rate: 2048)]))), 60, 24)
        #expect(shown.contains(">  1 song.ogg, 1.00 KiB, from bob"))
        #expect(
            shown.contains(
                "     [█████████░░░░░░░░░] 50 %, 2.00 KiB/s, 9 s left"), "\(shown)")
        #expect(shown.contains { $0.hasPrefix("Alt-s stop · Esc close") })
    }

    @Test(arguments: [
        (TransferState.offered, "/get 1 takes it, /refuse 1 does not", "Enter get · Alt-r refuse"),
        (.complete, "is here: /tmp/song.ogg", "Esc close"),
        (.declined, "declined", "Esc close"),
        (.failed(.noSpace), "failed: no space left on the receiver's disk", "Enter get"),
    ])
    func howAFileStands(state: TransferState, words: String, keys: String) throws {
        let shown = lines(model(Panel(.files([try file(1, state)]))), 60, 24)
        #expect(shown.contains("     " + words), "\(shown)")
        #expect(shown.contains { $0.hasPrefix(keys) })
    }

    // MARK: The mouse

    @Test func whatIsClicked() throws {
        let (_, layout) = ScreenView.draw(model(try people(3)), typed(), ScreenSize(columns: 100, rows: 24))
        #expect(layout.target(row: 0, column: 3) == .conversation(0))
        #expect(layout.target(row: 5, column: 40) == nil)
        #expect(layout.target(row: 17, column: 40) == nil)
        #expect(layout.target(row: 18, column: 40) == .item(0))
        #expect(layout.target(row: 20, column: 99) == .item(2))
        #expect(layout.target(row: 21, column: 40) == nil)
        #expect(layout.target(row: 23, column: 0) == nil)
    }
}
