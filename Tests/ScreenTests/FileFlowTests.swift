import Chat
import Files
import FoundationEssentials
import Identity
import Store
import Terminal
import Testing
import Wire

@testable import p2pchat

/// Files and hits among the messages.
@Suite struct FileFlowTests {
    private let bob: PublicIdentity

    init() throws { bob = try #require(People.bob) }

    private func model(_ file: FileItem?, bottom: FlowAnchor? = nil) throws -> ScreenModel {
        let known = try PanelTests.file(1, .offered, from: bob)
        let offer = try FileOffer(name: "song.ogg", size: 1024, root: [UInt8](repeating: 7, count: 32))
        let offered = StoredMessage(
            row: 3, peer: bob, id: known.key.id, direction: .incoming, sentAt: start, storedAt: start,
            content: .file(offer), state: .delivered)
        var flow = Flow()
        flow.willRead()
        let before = [message(1, "one", to: bob), message(2, "two", to: bob)]
        flow.open(
            bob, called: "bob", before + [offered] + (4...30).map { message($0, "line \($0)", to: bob) })
        var model = ScreenModel()
        model.conversations = [item(bob, "bob")]
        model.selected = bob
        model.flow = flow.items
        model.bottom = bottom
        if let file { model.files[file.key] = file }
        return model
    }

    private func lines(_ model: ScreenModel) -> [String] {
        text(ScreenView.frame(model, typed(), ScreenSize(columns: 60, rows: 12)))
    }

    /// Whatever becomes of a file, everything around it stays where it is.
    @Test(arguments: [
        TransferState.offered, .accepted, .complete, .declined, .cancelledByPeer, .failed(.notWritable),
    ])
    func aFileTakesOneRowMore(state: TransferState) throws {
        let file = try PanelTests.file(1, state, from: bob, rate: state == .accepted ? 512 : nil)
        let shown = lines(try model(file, bottom: FlowAnchor(place: 10, number: 0, line: 0)))
        #expect(shown[9].hasSuffix("bob line 5"))
        #expect(shown[8].hasSuffix("bob line 4"))
        #expect(shown[6].hasSuffix("bob offers the file song.ogg, 1.00 KiB"))
        #expect(shown[5].hasSuffix("bob two"))
        switch state {
        case .offered: #expect(shown[7] == "      /get 1 takes it, /refuse 1 does not")
        case .accepted: #expect(shown[7] == "      [█████████░░░░░░░░░] 50 %, 512 bytes/s, 9 s left")
        case .complete: #expect(shown[7] == "      is here: /tmp/song.ogg")
        case .cancelledByPeer: #expect(shown[7] == "      bob stopped it")
        case .failed: #expect(shown[7] == "      failed: the folder does not take files")
        default: #expect(shown[7] == "      declined")
        }
    }

    /// One that is not known any more is a message like others.
    @Test func anOldFileIsOnlyNamed() throws {
        let shown = lines(try model(nil, bottom: FlowAnchor(place: 8, number: 0, line: 0)))
        #expect(shown[8].hasSuffix("bob offers the file song.ogg, 1.00 KiB"))
    }

    @Test func aFileThatWaitsSaysForWhat() throws {
        let link = try PanelTests.file(1, .accepted, from: bob, wait: .link)
        #expect(
            text(Frame.Row(link.row(columns: 60))) == "[██████████░░░░░░░░░░] 50 %, waits until bob is there")
        let answer = try PanelTests.file(1, .offered, from: bob, direction: .outgoing, wait: .answer)
        #expect(text(Frame.Row(answer.row(columns: 60))) == "waits for bob's answer; /stop 1 takes it back")
        // What has no room is left out, a whole word at a time.
        #expect(text(Frame.Row(link.row(columns: 20))) == "[███░░░] 50 %")
    }

    @Test func aHitIsMarkedWithoutColour() throws {
        var model = try model(nil, bottom: FlowAnchor(place: 12, number: 0, line: 0))
        model.search = SearchMark(words: "line", row: 5, number: 2, count: 27, isComplete: false)
        let shown = lines(model)
        #expect(shown[8].hasSuffix("bob » line 5"))
        #expect(shown[9].hasSuffix("bob line 6"))
        #expect(shown[10].hasPrefix(" “line” 2 of 27+: F3 older, Shift-F3 newer, Esc back"))
    }

    @Test(arguments: [
        ("needle", "a needle", "a needle"),
        (
            "Needle",
            String(repeating: "x ", count: 200) + "the nEEdle" + String(repeating: " y", count: 200),
            "the nEEdle"
        ),
        ("gone", String(repeating: "x", count: 500), "xxx"),
        ("two", "one\ntwo", "one two"),
        ("é", String(repeating: "ab ", count: 200) + "É", "É"),
    ])
    func whatWasFoundIsShownWhereItIs(words: String, all: String, part: String) {
        let shown = FoundText.around(words, in: all)
        #expect(shown.contains(part))
        #expect(shown.count <= 162)
    }
}
