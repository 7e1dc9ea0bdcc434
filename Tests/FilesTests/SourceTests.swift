import Glibc
import Identity
import TestSupport
import Testing
import Wire

@testable import Files

/// What becomes of an offer when the sender's file does not stay as it was.
@Suite struct SourceTests {
    @Test func onlyRegularFilesAreSent() async throws {
        let alice = try await Side()
        let folder = alice.folder.path
        mkfifo(folder + "/pipe", 0o600)
        for path in [folder, folder + "/pipe", "/dev/null"] {
            await #expect(throws: FileError.notRegular(path: path)) { try await alice.engine.prepare(path) }
        }
        await #expect(throws: FileError.inputOutput(doing: "read", path: folder + "/none", code: ENOENT)) {
            try await alice.engine.prepare(folder + "/none")
        }
        await #expect(throws: FileError.self) { try await alice.engine.prepare("") }
        // What a person names may be a link.
        symlink(try alice.write([1, 2]), folder + "/link")
        let file = try await alice.engine.prepare(folder + "/link")
        #expect((file.offer.name, file.offer.size) == ("link", 2))
        await alice.close()
    }

    enum Change: CaseIterable { case shorter, longer, sameSize, replaced, removed, touched, moved }

    /// After half of it was sent, or before, and with the sender started again in between, or not.
    @Test(arguments: Change.allCases, [0, 1, 2])
    func theFileChanges(change: Change, when: Int) async throws {
        var alice = try await Side()
        let bob = try await Side()
        let content = bytes(64 * 1000)
        let path = try alice.write(content)
        let keys = try await offer(path, from: alice, to: bob)
        try await bob.engine.accept(keys.in, into: bob.folder.path)
        if when == 1 {
            let meeting = await Meeting(alice, bob, room: 1)
            try await waitUntil("a part") { await bob.status(keys.in)?.bytesDone ?? 0 > 1000 }
            await meeting.cut()
        }
        switch change {
        case .shorter: truncate(path, 64 * 500)
        case .longer: try (content + [1]).write(to: path)
        case .sameSize: try bytes(64 * 1000, seed: 2).write(to: path)
        case .replaced:
            try bytes(64 * 1000, seed: 3).write(to: path + ".new")
            rename(path + ".new", path)
        case .removed: unlink(path)
        case .touched:
            var times = [timeval(tv_sec: 1, tv_usec: 0), timeval(tv_sec: 1, tv_usec: 0)]
            utimes(path, &times)
        case .moved:
            // A copy of the same bytes: another inode, and nothing wrong with it.
            try content.write(to: path + ".new")
            rename(path + ".new", path)
        }
        if when == 2 {
            await alice.close()
            alice = try await Side(alice)
        }
        let meeting = await Meeting(alice, bob)
        let sender = alice
        let end: TransferState =
            switch change {
            case .shorter, .longer, .sameSize, .replaced: .failed(.changed)
            case .removed: .failed(.gone)
            case .touched, .moved: .complete
            }
        try await waitUntil("the end") { await (bob.state(keys.in), sender.state(keys.out)) == (end, end) }
        #expect(exists(bob.folder.path + "/a file.bin") == (end == .complete))
        await meeting.cut()
        await alice.close()
        await bob.close()
    }

    /// A file that was changed without a trace: the receiver sees it.
    @Test func theReceiverSeesWhatTheSenderCannot() async throws {
        let (alice, bob) = (try await Side(), try await Side())
        let path = try alice.write(bytes(64 * 1000))
        let keys = try await offer(path, from: alice, to: bob)
        var status = stat()
        stat(path, &status)
        let descriptor = open(path, O_WRONLY)
        pwrite(descriptor, [7], 1, 64 * 700)
        var times = [status.st_atim, status.st_mtim]
        futimens(descriptor, &times)
        close(descriptor)
        try await bob.engine.accept(keys.in, into: bob.folder.path)
        let meeting = await Meeting(alice, bob)
        try await waitUntil("the end") {
            await (bob.state(keys.in), alice.state(keys.out)) == (.failed(.mismatch), .failed(.mismatch))
        }
        await meeting.cut()
        await alice.close()
        await bob.close()
    }
}
