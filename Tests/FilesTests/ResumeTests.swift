import Glibc
import Identity
import TestSupport
import Testing
import Wire

@testable import Files

@Suite struct ResumeTests {
    /// Either side dies at any of its deeds: a write, a sync, half of a renaming, a line in the store, an envelope sent. They
    /// start again and meet until the file is there.
    @Test(arguments: 0..<120)
    func killedAnywhere(seed: Int) async throws {
        var numbers = Numbers(seed: UInt64(seed))
        let length = 64 * Int.random(in: 1...900, using: &numbers) - Int.random(in: 0...63, using: &numbers)
        let content = bytes(length, seed: UInt64(seed))
        var (alice, bob) = (try await Side(), try await Side())
        let keys = try await offer(try alice.write(content), from: alice, to: bob)
        try await bob.engine.accept(keys.in, into: bob.folder.path)
        await bob.kill()
        let isTaken = Bool.random(using: &numbers)
        if isTaken { _ = try bob.write([1, 2, 3]) }
        let whole = bob.folder.path + (isTaken ? "/a file (2).bin" : "/a file.bin")
        var lives = 0
        while lives < 100 {
            // Longer and longer ones, so that they get there; but the last steps are few, and short lives end among them.
            let longest = 60 + 80 * (lives / 2)
            if bob.life.isOver {
                bob = try await Side(bob, life: Life(deeds: Int.random(in: 0..<longest, using: &numbers)))
            }
            if alice.life.isOver {
                alice = try await Side(
                    alice, life: Life(deeds: Int.random(in: 0..<longest * 4, using: &numbers)))
            }
            let meeting = await Meeting(alice, bob)
            let (sender, receiver) = (alice, bob)
            try await waitUntil("death or success") {
                if sender.life.isOver || receiver.life.isOver { return true }
                return await (receiver.state(keys.in), sender.state(keys.out)) == (.complete, .complete)
            }
            await meeting.cut()
            // Under its name the file is whole, whenever one looks.
            if exists(whole) { #expect(try contents(whole) == content) }
            if !alice.life.isOver, !bob.life.isOver { break }
            for side in [alice, bob] where side.life.isOver { await side.kill() }
            if bob.life.isOver, Bool.random(using: &numbers) {
                let names = try bob.folder.names().filter { $0.hasPrefix(".") }
                for path in names.map({ bob.folder.path + "/" + $0 }) + [whole] {
                    bob.life.forgetUnsynced(path)
                }
                if exists(whole) { #expect(try contents(whole) == content) }
            }
            lives += 1
        }
        #expect(await bob.state(keys.in) == .complete)
        #expect(try contents(whole) == content)
        #expect(try bob.folder.names() == (isTaken ? ["a file (2).bin", "a file.bin"] : ["a file.bin"]))
        if isTaken { #expect(try contents(bob.folder.path + "/a file.bin") == [1, 2, 3]) }
        await alice.close()
        await bob.close()
    }

    /// What came before the link was cut does not come again, and nothing is read again for it.
    @Test func aCutLinkCostsOnlyWhatWasOnItsWay() async throws {
        let (alice, bob) = (try await Side(), try await Side())
        let content = bytes(64 * 3000)
        let keys = try await offer(try alice.write(content), from: alice, to: bob)
        try await bob.engine.accept(keys.in, into: bob.folder.path)
        var meeting = await Meeting(alice, bob)
        var before: Int64 = 0
        for part: Int64 in 1...3 {
            try await waitUntil("a part") { await bob.status(keys.in)?.bytesDone ?? 0 >= part * 40_000 }
            await meeting.cut()
            try await waitUntil("a pause") { await bob.engine.activeCount == 0 }
            let done = try #require(await bob.status(keys.in))
            #expect(done.bytesDone >= before)
            #expect(Int64(done.transfer.chunksDone) * 64 == done.bytesDone)
            before = done.bytesDone
            meeting = await Meeting(alice, bob)
        }
        try await waitUntil("the end") { await bob.state(keys.in) == .complete }
        #expect(try contents(bob.folder.path + "/a file.bin") == content)
        await meeting.cut()
        await alice.close()
        await bob.close()
    }

    /// What the receiver asks for first after a restart.
    @Test func itGoesOnAtTheFirstMissingChunk() async throws {
        let bob = try await Side()
        let content = bytes(64 * 600)
        let peer = try await Peer(of: bob, offering: content)
        try await bob.engine.accept(peer.key, into: bob.folder.path)
        await peer.connect()
        #expect(try await peer.fetch() == 0..<256)
        #expect(try await peer.fetch() == 256..<512)
        try await peer.sendSpan(0)
        try await peer.send(0..<77)
        try await waitUntil("77 chunks") { await bob.status(peer.key)?.bytesDone == 77 * 64 }
        await peer.disconnect()
        await bob.close()
        let again = try await Side(bob)
        #expect(await again.status(peer.key)?.transfer.chunksDone == 77)
        await peer.connect(again)
        #expect(try await peer.fetch() == 77..<256)
        #expect(try await peer.fetch() == 256..<512)
        try await peer.sendSpan(0)
        try await peer.send(77..<256)
        try await peer.sendSpan(1)
        try await peer.send(256..<512)
        #expect(try await peer.fetch() == 512..<600)
        try await peer.sendSpan(2)
        try await peer.send(512..<600)
        #expect(try await peer.end() == .complete)
        #expect(try contents(again.folder.path + "/offered.bin") == content)
        await again.close()
    }

    /// The peer has a new key: what came from the old one is not asked for again.
    @Test func itGoesOnWithThePeersNewKey() async throws {
        let bob = try await Side()
        let content = bytes(64 * 200)
        let peer = try await Peer(of: bob, offering: content)
        try await bob.engine.accept(peer.key, into: bob.folder.path)
        await peer.connect()
        _ = try await peer.fetch()
        try await peer.sendSpan(0)
        try await peer.send(0..<77)
        try await waitUntil("77 chunks") { await bob.status(peer.key)?.bytesDone == 77 * 64 }
        await bob.engine.release(peer.identity)
        let new = try IdentityKeys.generate().publicIdentity
        let key = TransferKey(peer: new, id: peer.key.id, direction: .incoming)
        let before = try #require(await bob.status(peer.key)).transfer
        try await bob.store.save(
            Transfer(
                key: key, offer: before.offer, path: before.path, state: before.state,
                chunksDone: before.chunksDone))
        try await bob.store.remove(peer.key)
        for _ in 0..<2 { try await bob.engine.moved(from: peer.identity, to: new) }
        #expect(await bob.engine.list().map(\.transfer.key) == [key])
        let pipe = Pipe(room: 1_000)
        await bob.engine.connected(new, PipeChannel(pipe: pipe))
        guard case .fetch(let fetch)? = try await within30Seconds({ await pipe.receive() }) else {
            Issue.record("nothing is fetched")
            return
        }
        #expect(fetch.first == 77 && fetch.id == key.id)
        #expect(try await bob.store.transfers().map(\.key) == [key])
        await bob.close()
    }

    /// The part file was removed meanwhile: from the beginning, and noted so.
    @Test func aMissingPartFile() async throws {
        let bob = try await Side()
        let peer = try await Peer(of: bob, offering: bytes(64 * 300))
        try await bob.engine.accept(peer.key, into: bob.folder.path)
        await peer.connect()
        _ = try await peer.fetch()
        try await peer.sendSpan(0)
        try await peer.send(0..<200)
        try await waitUntil("200 chunks") { await bob.status(peer.key)?.bytesDone == 200 * 64 }
        await peer.disconnect()
        await bob.close()
        for name in try bob.folder.names() { unlink(bob.folder.path + "/" + name) }
        let again = try await Side(bob)
        #expect(await again.status(peer.key)?.transfer.chunksDone == 200)
        await peer.connect(again)
        #expect(try await peer.fetch() == 0..<256)
        #expect(await again.status(peer.key)?.transfer.chunksDone == 0)
        await again.close()
    }

    /// A part file that is not what was written to it is not built upon.
    @Test func anAlteredPartFileIsNotTrusted() async throws {
        let bob = try await Side()
        let content = bytes(64 * 300)
        let peer = try await Peer(of: bob, offering: content)
        try await bob.engine.accept(peer.key, into: bob.folder.path)
        await peer.connect()
        _ = try await peer.fetch()
        try await peer.sendSpan(0)
        try await peer.send(0..<200)
        try await waitUntil("200 chunks") { await bob.status(peer.key)?.bytesDone == 200 * 64 }
        await peer.disconnect()
        await bob.close()
        let part = try #require(try bob.folder.names().first)
        #expect(part.hasPrefix(".") && part.contains("\(peer.key.id)"))
        var altered = try contents(bob.folder.path + "/" + part)
        altered[77] ^= 1
        try altered.write(to: bob.folder.path + "/" + part)
        let again = try await Side(bob)
        await peer.connect(again)
        #expect(try await peer.fetch() == 200..<256)
        try await peer.sendSpan(0)
        #expect(try await peer.end() == .failed)
        try await waitUntil("the fault") { await again.state(peer.key) == .failed(.partAltered) }
        // The sender says that it heard; then it begins anew.
        try await peer.say(.end(FileEnd(id: peer.key.id, reason: .failed)))
        try await again.engine.accept(peer.key, into: again.folder.path)
        #expect(try await peer.fetch() == 0..<256)
        #expect(try await peer.fetch() == 256..<300)
        try await peer.sendSpan(0)
        try await peer.send(0..<256)
        try await peer.sendSpan(1)
        try await peer.send(256..<300)
        #expect(try await peer.end() == .complete)
        #expect(try contents(again.folder.path + "/offered.bin") == content)
        await again.close()
    }
}
