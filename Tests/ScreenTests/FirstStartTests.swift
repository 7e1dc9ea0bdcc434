import Identity
import Store
import Terminal
import Testing

@testable import p2pchat

/// The path of a first start, without a terminal, a disk or a directory.
@Suite struct FirstStartTests {
    private let alice: PublicIdentity
    private let reference: DirectoryReference
    private let invite: Invite

    init() throws {
        alice = try #require(People.alice)
        reference = DirectoryReference(
            endpoint: try Endpoint("192.0.2.1:7600"), identity: try #require(People.carol))
        invite = Invite(
            identity: try #require(People.bob), directory: reference, address: try Endpoint("192.0.2.2:4000"))
    }

    private func start(_ peer: String? = nil) -> FirstStart { FirstStart(homePath: "/h", peer: peer) }

    /// Of somebody who has an identity and no directory.
    private func withIdentity(_ peer: String? = nil) -> FirstStart {
        FirstStart(homePath: "/h", identity: alice, peer: peer)
    }

    private func withDirectory() -> FirstStart {
        var start = withIdentity()
        #expect(start.take(.line(reference.description)) == .reach(reference))
        #expect(start.finish(.done) == nil)
        #expect(start.step == .handle)
        return start
    }

    @Test func newIdentityDirectoryHandleAndAddress() throws {
        var start = start()
        #expect(start.take(.line("")) == nil)
        #expect(start.step == .passphrase)
        #expect(start.take(.secret(.given)) == nil)
        #expect(start.step == .passphraseAgain)
        #expect(start.take(.secret(.given)) == .make)
        #expect(start.finish(.made(["lusab", "babad"])) == nil)
        #expect(start.step == .words(["lusab", "babad"]))
        // Nothing is written before the words are noted.
        #expect(start.identity == nil)
        #expect(start.take(.line("")) == nil)
        #expect(start.take(.line("yes")) == .keep(sealed: true))
        #expect(start.finish(.kept(alice)) == nil)
        #expect(start.step == .directory)
        #expect(start.take(.line(" directory \(reference) ")) == .reach(reference))
        #expect(start.finish(.done) == nil)
        let handle = try Handle("alice")
        #expect(start.take(.line("alice")) == .check(handle, reference))
        #expect(start.finish(.free(isOwn: false)) == nil)
        #expect(start.step == .claim(handle))
        var wanted = HomeSettings(directory: reference, handle: handle)
        #expect(start.take(.line("")) == .claim(handle, wanted))
        #expect(start.finish(.done) == nil)
        #expect(start.step == .discoverable)
        #expect(start.take(.line("y")) == nil)
        let address = try Endpoint("0.0.0.0:4000")
        #expect(start.take(.line("4000")) == .listen(address))
        wanted.isDiscoverable = true
        wanted.listen = address
        #expect(start.finish(.done) == .save(wanted))
        #expect(start.finish(.done) == nil)
        #expect(start.end == .done)
    }

    @Test func enterAloneGoesThroughWithoutADirectory() throws {
        var start = withIdentity()
        #expect(start.take(.line("")) == nil)
        #expect(start.step == .address)
        let wanted = HomeSettings(goesWithoutDirectory: true)
        #expect(start.take(.line("")) == .save(wanted))
        #expect(start.finish(.done) == nil)
        #expect(start.end == .done)
    }

    @Test func aWrongAnswerStaysAndSaysWhy() {
        var start = start()
        #expect(start.take(.line("perhaps")) == nil)
        #expect(start.step == .identity)
        #expect(start.remark?.isProblem == true)
        // What was said goes with the next answer.
        #expect(start.take(.line("r")) == nil)
        #expect(start.remark == nil)
        #expect(start.take(.line("")) == nil)
        #expect(start.remark?.isProblem == true)
        #expect(start.take(.line("nosuch")) == .look(atBackup: "nosuch"))
        #expect(start.finish(.failed("cannot read nosuch")) == nil)
        #expect(start.step == .backup)
        #expect(start.remark?.text == "cannot read nosuch")
    }

    @Test func passphrasesThatDifferOrAreMissing() {
        var start = start()
        _ = start.take(.line("n"))
        #expect(start.take(.secret(.tooLong)) == nil)
        #expect(start.step == .passphrase)
        _ = start.take(.secret(.given))
        #expect(start.take(.secret(.differs)) == nil)
        #expect(start.step == .passphrase)
        #expect(start.remark?.isProblem == true)
        #expect(start.take(.secret(.empty)) == nil)
        #expect(start.step == .noPassphrase)
        // Enter alone never means none.
        #expect(start.take(.line("")) == nil)
        #expect(start.step == .passphrase)
        _ = start.take(.secret(.empty))
        #expect(start.take(.line("y")) == .make)
        _ = start.finish(.made([]))
        #expect(start.take(.line("y")) == .keep(sealed: false))
    }

    /// One who went without a passphrase, back, and chose one, has it.
    @Test func backToAPassphrase() {
        var start = start()
        _ = start.take(.line("n"))
        _ = start.take(.secret(.empty))
        _ = start.take(.line("y"))
        _ = start.finish(.made([]))
        #expect(start.take(.back) == nil)
        #expect(start.step == .passphrase)
        _ = start.take(.secret(.given))
        #expect(start.take(.secret(.given)) == .make)
        _ = start.finish(.made([]))
        #expect(start.take(.line("y")) == .keep(sealed: true))
    }

    @Test func backAtEachStep() throws {
        var start = start()
        #expect(start.take(.back) == nil)
        #expect(start.step == .identity)
        _ = start.take(.line("r"))
        _ = start.take(.line("file"))
        _ = start.finish(.done)
        #expect(start.step == .backupPassphrase(file: "file"))
        _ = start.take(.back)
        #expect(start.step == .backup)
        _ = start.take(.line("back"))
        #expect(start.step == .identity)
        _ = start.take(.line(""))
        _ = start.take(.secret(.given))
        _ = start.take(.back)
        #expect(start.step == .passphrase)
        _ = start.take(.back)
        #expect(start.step == .identity)

        start = withDirectory()
        #expect(start.take(.line("alice")) != nil)
        _ = start.finish(.free(isOwn: false))
        _ = start.take(.back)
        #expect(start.step == .handle)
        _ = start.take(.line(""))
        #expect(start.step == .discoverable)
        _ = start.take(.line(""))
        #expect(start.step == .address)
        for step in [FirstStart.Step.discoverable, .handle, .directory, .directory] {
            _ = start.take(.line("/back"))
            #expect(start.step == step)
        }
        // What was chosen is what Enter takes now.
        #expect(start.take(.line("")) == .reach(reference))
    }

    @Test func restoringTakesTheBackupsSettings() throws {
        var start = start()
        _ = start.take(.line("restore"))
        _ = start.take(.line("file"))
        _ = start.finish(.done)
        #expect(start.take(.secret(.given)) == .restore("file"))
        #expect(start.finish(.failed("wrong passphrase")) == nil)
        #expect(start.step == .backupPassphrase(file: "file"))
        #expect(start.take(.secret(.given)) == .restore("file"))
        let settings = HomeSettings(directory: reference, handle: try Handle("alice"))
        #expect(start.finish(.restored(alice, settings, ["from Monday"])) == nil)
        #expect(start.step == .restored(["from Monday"]))
        #expect(start.take(.line("")) == .save(settings))

        // One without a directory goes on to that.
        start = self.start()
        _ = start.take(.line("r"))
        _ = start.take(.line("file"))
        _ = start.finish(.done)
        _ = start.take(.secret(.given))
        _ = start.finish(.restored(alice, HomeSettings(), []))
        #expect(start.take(.line("")) == nil)
        #expect(start.step == .directory)
    }

    @Test func anInviteBringsItsDirectoryAlong() {
        // Pasted, broken and quoted as it may be.
        var start = withIdentity()
        let text = invite.description
        #expect(start.take(.line("'\(text.prefix(60))\n  \(text.dropFirst(60))'")) == .reach(reference))
        #expect(start.peer == text)

        // Named on the command line.
        start = withIdentity(text)
        #expect(start.take(.line("")) == .reach(reference))
        #expect(start.peer == text)
        start = withIdentity(text)
        #expect(start.take(.line("none")) == nil)
        #expect(start.step == .address)
        #expect(start.peer == text)
    }

    @Test func anInviteWithoutADirectoryIsKeptForTheEnd() throws {
        var start = withIdentity()
        let alone = Invite(identity: invite.identity, address: invite.address)
        #expect(start.take(.line(alone.description)) == nil)
        #expect(start.step == .directory)
        #expect(start.remark?.isProblem == false)
        #expect(start.take(.line("")) == nil)
        #expect(start.step == .address)
        #expect(start.peer == alone.description)
    }

    @Test func whatCannotBeReadIsRefusedAtOnce() {
        for text in ["nonsense", "192.0.2.1:7600", "192.0.2.1:7600#p2p1", "p2pchat:hello", "127.0.0.1:0#x"] {
            var start = withIdentity()
            #expect(start.take(.line(text)) == nil)
            #expect(start.step == .directory)
            #expect(start.remark?.isProblem == true)
        }
        var start = withDirectory()
        for text in ["ab", "Alice", "p2p1x", "ä"] {
            #expect(start.take(.line(text)) == nil)
            #expect(start.step == .handle)
            #expect(start.remark?.isProblem == true)
        }
        _ = start.take(.line(""))
        #expect(start.take(.line("maybe")) == nil)
        #expect(start.step == .discoverable)
        _ = start.take(.line("n"))
        for text in ["70000", "nowhere", "::1:4"] {
            #expect(start.take(.line(text)) == nil)
            #expect(start.step == .address)
            #expect(start.remark?.isProblem == true)
        }
    }

    @Test func aHandleOfAnotherDirectoryIsDropped() throws {
        var start = withDirectory()
        _ = start.take(.line("alice"))
        _ = start.finish(.free(isOwn: true))
        #expect(start.settings.handle?.text == "alice")
        _ = start.take(.back)
        _ = start.take(.back)
        let other = DirectoryReference(endpoint: reference.endpoint, identity: alice)
        _ = start.take(.line(other.description))
        _ = start.finish(.done)
        #expect(start.settings.directory == other)
        #expect(start.settings.handle == nil)
    }

    @Test func leavingAndGivingUpWhileSomethingIsDone() throws {
        // Asking can be given up.
        var start = withIdentity()
        _ = start.take(.line(reference.description))
        #expect(start.take(.back) == nil)
        #expect(start.deed == nil)
        #expect(start.step == .directory)
        // Its outcome comes too late.
        #expect(start.finish(.done) == nil)
        #expect(start.step == .directory)
        _ = start.take(.line(reference.description))
        _ = start.take(.leave)
        #expect(start.end == .left)

        // What cannot be taken back is seen through.
        start = withDirectory()
        _ = start.take(.line("alice"))
        _ = start.finish(.free(isOwn: false))
        _ = start.take(.line("y"))
        #expect(start.take(.back) == nil)
        #expect(start.take(.leave) == nil)
        #expect(start.end == nil)
        #expect(start.finish(.done) == nil)
        #expect(start.end == .left)
        #expect(start.settings.handle?.text == "alice")
        #expect(start.farewell.contains { $0.contains("alice is claimed") })
    }

    @Test func everyQuestionFitsASmallScreen() throws {
        let words = [String](repeating: "lusab", count: 9)
        var starts = [start()]
        func add(_ change: (inout FirstStart) -> Void) {
            guard var last = starts.last else { return }
            change(&last)
            starts.append(last)
        }
        add { _ = $0.take(.line("")) }
        add { _ = $0.take(.secret(.given)) }
        add { _ = $0.take(.secret(.given)) }
        add { _ = $0.finish(.made(words)) }
        add { _ = $0.take(.line("")) }
        add { _ = $0.take(.line("y")) }
        add { _ = $0.finish(.kept(alice)) }
        add { _ = $0.take(.line(reference.description)) }
        add { _ = $0.finish(.done) }
        add { _ = $0.take(.line("alice")) }
        add { _ = $0.finish(.free(isOwn: false)) }
        add { _ = $0.take(.line("y")) }
        add { _ = $0.finish(.done) }
        add { _ = $0.take(.line("y")) }
        for start in starts {
            for (columns, rows) in [(80, 24), (40, 20)] {
                let frame = FirstView.frame(start, typed(), .init(columns: columns, rows: rows))
                let shown = text(frame)
                #expect(frame.rows.count == rows)
                let heading = String(start.question.heading.prefix(20))
                #expect(shown.contains { $0.contains(heading) }, "\(shown)")
                #expect(frame.rows.allSatisfy { $0.spans.reduce(0) { $0 + $1.width } <= columns })
                for number in 1...words.count where start.question.words.count == words.count {
                    #expect(shown.contains { $0.contains("\(number) lusab") })
                }
            }
        }
    }
}
