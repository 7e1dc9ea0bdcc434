import Glibc
import Identity
import Synchronization
import TestSupport
import Testing
import Wire

@testable import Files

/// A disk whose calls fail when a test wants it.
private final class Faulty: Sendable {
    let code = Mutex<(write: Int32, sync: Int32, place: Int32, afterWrites: Int)>((0, 0, 0, 0))
    let free = Mutex<Int64>(.max)

    func set(write: Int32 = 0, sync: Int32 = 0, place: Int32 = 0, afterWrites: Int = 0) {
        code.withLock { $0 = (write, sync, place, afterWrites) }
    }

    var calls: DiskCalls {
        let real = DiskCalls()
        var calls = DiskCalls()
        calls.write = { (descriptor, bytes, offset) throws(DiskError) in
            let code = self.code.withLock { code in
                guard code.write != 0 else { return Int32(0) }
                code.afterWrites -= 1
                return code.afterWrites < 0 ? code.write : 0
            }
            if code != 0 { throw DiskError(code: code) }
            // As full disks do before they refuse: half of it.
            return try real.write(
                descriptor, UnsafeRawBufferPointer(rebasing: bytes[..<((bytes.count + 1) / 2)]), offset)
        }
        calls.sync = { (_) throws(DiskError) in
            let code = self.code.withLock { $0.sync }
            if code != 0 { throw DiskError(code: code) }
        }
        calls.place = { (old, new) throws(DiskError) in
            let code = self.code.withLock { $0.place }
            if code != 0 { throw DiskError(code: code) }
            try real.place(old, new)
        }
        calls.free = { (_) throws(DiskError) in self.free.withLock { $0 } }
        return calls
    }
}

@Suite struct DiskFaultTests {
    /// Fails in the middle, is told to both, and goes on from there when it is accepted again, on the same link.
    @Test(arguments: [
        (ENOSPC, FileFault.noSpace), (EDQUOT, .noSpace), (EIO, .inputOutput), (EROFS, .notWritable),
        (EFBIG, .tooLarge),
    ])
    func writingFails(code: Int32, fault: FileFault) async throws {
        let disk = Faulty()
        let (alice, bob) = (try await Side(), try await Side(calls: disk.calls))
        let content = bytes(64 * 800)
        let keys = try await offer(try alice.write(content), from: alice, to: bob)
        let other = try await offer(try alice.write(bytes(10), "other"), from: alice, to: bob)
        disk.set(write: code, afterWrites: 600)
        let meeting = await Meeting(alice, bob)
        try await bob.engine.accept(keys.in, into: bob.folder.path)
        try await waitUntil("the fault here") { await bob.state(keys.in) == .failed(fault) }
        try await waitUntil("the fault there") {
            await alice.state(keys.out) == .failed(fault.reason == .noSpace ? .noSpace : .peerFailed)
        }
        try await waitUntil("quiet") { await bob.engine.activeCount == 0 }
        #expect(await bob.status(keys.in)?.transfer.chunksDone ?? 0 > 50)
        #expect(try bob.folder.names().count == 1)
        disk.set()
        try await bob.engine.accept(keys.in, into: bob.folder.path)
        try await bob.engine.accept(other.in, into: bob.folder.path)
        for keys in [keys, other] {
            try await waitUntil("the end") {
                await (bob.state(keys.in), alice.state(keys.out)) == (.complete, .complete)
            }
        }
        #expect(try contents(bob.folder.path + "/a file.bin") == content)
        #expect(!meeting.isViolated)
        await meeting.cut()
        await alice.close()
        await bob.close()
    }

    @Test func syncingFails() async throws {
        let disk = Faulty()
        let (alice, bob) = (try await Side(), try await Side(calls: disk.calls))
        let content = bytes(64 * 800)
        let keys = try await offer(try alice.write(content), from: alice, to: bob)
        disk.set(sync: EIO)
        let meeting = await Meeting(alice, bob)
        try await bob.engine.accept(keys.in, into: bob.folder.path)
        try await waitUntil("the fault") { await bob.state(keys.in) == .failed(.inputOutput) }
        try await waitUntil("quiet") { await bob.engine.activeCount == 0 }
        // Nobody knows what is on the disk.
        #expect(await bob.status(keys.in)?.transfer.chunksDone == 0)
        disk.set()
        try await bob.engine.accept(keys.in, into: bob.folder.path)
        try await waitUntil("the end") { await bob.state(keys.in) == .complete }
        #expect(try contents(bob.folder.path + "/a file.bin") == content)
        await meeting.cut()
        await alice.close()
        await bob.close()
    }

    @Test func theFolderIsGoneReadOnlyOrNoFolder() async throws {
        let (alice, bob) = (try await Side(), try await Side())
        let keys = try await offer(try alice.write(bytes(1000)), from: alice, to: bob)
        let folder = bob.folder.path + "/in"
        await #expect(throws: FileError.inputOutput(doing: "write", path: folder, code: ENOENT)) {
            try await bob.engine.accept(keys.in, into: folder)
        }
        try [UInt8]([1]).write(to: folder)
        await #expect(throws: FileError.notDirectory(path: folder)) {
            try await bob.engine.accept(keys.in, into: folder)
        }
        unlink(folder)
        #expect(await bob.state(keys.in) == .offered)
        mkdir(folder, 0o700)
        try await bob.engine.accept(keys.in, into: folder)
        rmdir(folder)
        let meeting = await Meeting(alice, bob)
        try await waitUntil("the fault") { await bob.state(keys.in) == .failed(.noFolder) }
        mkdir(folder, 0o700)
        try await bob.engine.accept(keys.in, into: folder)
        try await waitUntil("the end") { await bob.state(keys.in) == .complete }
        #expect(exists(folder + "/a file.bin"))
        await meeting.cut()
        await alice.close()
        await bob.close()
    }

    /// Somebody else's file in the place of the part file, or a link to one.
    @Test func aTrapInPlaceOfThePartFile() async throws {
        let bob = try await Side()
        let peer = try await Peer(of: bob, offering: bytes(100))
        let target = try bob.write([5], "precious")
        let part = PartPath(bob.folder.path + "/x", peer.key).part
        symlink(target, part)
        try await bob.engine.accept(peer.key, into: bob.folder.path)
        await peer.connect()
        try await waitUntil("the fault") { await bob.state(peer.key) == .failed(.notWritable) }
        unlink(part)
        link(target, part)
        try await bob.engine.accept(peer.key, into: bob.folder.path)
        try await waitUntil("the fault") { await bob.state(peer.key) == .failed(.notWritable) }
        #expect(try contents(target) == [5])
        await bob.close()
    }

    @Test func spaceIsLeftForTheHome() async throws {
        var limits = FileLimits.small
        limits.reserve = 1000
        let disk = Faulty()
        let (alice, bob) = (try await Side(), try await Side(limits: limits, calls: disk.calls))
        let keys = try await offer(try alice.write(bytes(64 * 800)), from: alice, to: bob)
        disk.free.withLock { $0 = 64 * 800 + 999 }
        await #expect(throws: FileError.noSpace(path: bob.folder.path, needs: 64 * 800, free: 64 * 800 - 1)) {
            try await bob.engine.accept(keys.in, into: bob.folder.path)
        }
        disk.free.withLock { $0 = 64 * 800 + 1000 }
        try await bob.engine.accept(keys.in, into: bob.folder.path)
        disk.set(write: ENOSPC, afterWrites: 0)
        let meeting = await Meeting(alice, bob)
        try await waitUntil("the fault") { await bob.state(keys.in) == .failed(.noSpace) }
        await meeting.cut()
        await alice.close()
        await bob.close()
    }

    /// A home that cannot be written: nothing gets a name that is not noted, and all of it is still there afterwards.
    @Test func theHomeCannotBeWritten() async throws {
        let (alice, bob) = (try await Side(), try await Side())
        let content = bytes(64 * 300)
        let keys = try await offer(try alice.write(content), from: alice, to: bob)
        bob.store.refuse(true)
        await #expect(throws: MemoryStore.Refused.self) {
            try await bob.engine.accept(keys.in, into: bob.folder.path)
        }
        #expect(await bob.state(keys.in) == .offered)
        bob.store.refuse(false)
        try await bob.engine.accept(keys.in, into: bob.folder.path)
        bob.store.refuse(true)
        let meeting = await Meeting(alice, bob)
        try await waitUntil("the fault") { await bob.state(keys.in) == .failed(.notNoted) }
        #expect(!exists(bob.folder.path + "/a file.bin"))
        bob.store.refuse(false)
        try await waitUntil("quiet") { await bob.engine.activeCount == 0 }
        try await bob.engine.accept(keys.in, into: bob.folder.path)
        try await waitUntil("the end") { await bob.state(keys.in) == .complete }
        #expect(try contents(bob.folder.path + "/a file.bin") == content)
        await meeting.cut()
        await alice.close()
        await bob.close()
    }
}
