import Identity
import TestSupport
import Testing
import Wire

@testable import Files

@Suite struct TransferTests {
    @Test(arguments: [0, 1, 63, 64, 65, 64 * 256, 64 * 256 + 1, 64 * 700 + 5], [true, false])
    func aFileArrives(size: Int, inParts: Bool) async throws {
        let (alice, bob) = (try await Side(), try await Side(limits: inParts ? .smallInParts : .small))
        let content = bytes(size)
        let keys = try await offer(try alice.write(content), from: alice, to: bob)
        let meeting = await Meeting(alice, bob)
        try await bob.engine.accept(keys.in, into: bob.folder.path)
        try await waitUntil("the end on both sides") {
            await (bob.state(keys.in), alice.state(keys.out)) == (.complete, .complete)
        }
        let status = await bob.status(keys.in)
        #expect(status?.transfer.path == bob.folder.path + "/a file.bin")
        #expect(try contents(status?.transfer.path) == content)
        #expect(try bob.folder.names() == ["a file.bin"])
        await meeting.cut()
        await alice.close()
        await bob.close()
    }

    /// A small file is not held up by large ones, and more than four wait for their turn.
    @Test func severalAtOnce() async throws {
        let (alice, bob) = (try await Side(), try await Side())
        var keys: [(out: TransferKey, in: TransferKey)] = []
        let sizes = [64 * 6000, 64 * 6000, 64 * 6000, 10, 64 * 3000, 64 * 300, 1, 0]
        for (number, size) in sizes.enumerated() {
            let path = try alice.write(bytes(size, seed: UInt64(number)), "file \(number)")
            keys.append(try await offer(path, from: alice, to: bob))
            try await bob.engine.accept(keys[number].in, into: bob.folder.path)
        }
        let meeting = await Meeting(alice, bob)
        var ended: [TransferKey] = []
        for await event in bob.engine.events {
            if case .completed(let transfer) = event { ended.append(transfer.key) }
            #expect(await bob.engine.activeCount <= 4)
            if ended.count == sizes.count { break }
        }
        #expect(ended.first == keys[3].in)
        let last = try #require(ended.firstIndex(of: keys[2].in))
        #expect(ended[..<last].contains(keys[6].in) && ended[..<last].contains(keys[7].in))
        for (number, size) in sizes.enumerated() {
            #expect(try contents(bob.folder.path + "/file \(number)") == bytes(size, seed: UInt64(number)))
        }
        await meeting.cut()
        await alice.close()
        await bob.close()
    }

    @Test func declinedAndCancelled() async throws {
        let (alice, bob) = (try await Side(), try await Side())
        let path = try alice.write(bytes(64 * 2000))
        var keys: [(out: TransferKey, in: TransferKey)] = []
        for _ in 0..<4 { keys.append(try await offer(path, from: alice, to: bob)) }
        // Said while nobody is there, and heard when they meet.
        try await bob.engine.decline(keys[0].in)
        try await alice.engine.cancel(keys[1].out)
        for key in [keys[1].in, keys[2].in, keys[3].in] {
            try await bob.engine.accept(key, into: bob.folder.path)
        }
        let meeting = await Meeting(alice, bob, room: 1)
        try await waitUntil("parts") {
            let done = await (bob.status(keys[2].in)?.bytesDone ?? 0, bob.status(keys[3].in)?.bytesDone ?? 0)
            return done.0 > 1000 && done.1 > 1000
        }
        try await bob.engine.cancel(keys[2].in)
        try await alice.engine.cancel(keys[3].out)
        let ends: [(TransferState, TransferState)] = [
            (.declined, .declined), (.cancelled, .cancelledByPeer), (.cancelledByPeer, .cancelled),
            (.cancelled, .cancelledByPeer),
        ]
        for (keys, end) in zip(keys, ends) {
            try await waitUntil("an end") { await (alice.state(keys.out), bob.state(keys.in)) == end }
        }
        // Whoever of them cancels, what came is removed.
        try await waitUntil("quiet") { await bob.engine.activeCount == 0 }
        #expect(try bob.folder.names().isEmpty)
        try await bob.engine.cancel(keys[3].in)
        await #expect(throws: FileError.over(.cancelled)) { try await bob.engine.cancel(keys[3].in) }
        await #expect(throws: FileError.over(.declined)) {
            try await bob.engine.accept(keys[0].in, into: bob.folder.path)
        }
        #expect(!meeting.isViolated)
        await meeting.cut()
        await alice.close()
        await bob.close()
    }

    /// An end that was lost with its link is said again on the next one, also by another run of the program.
    @Test func aLostEndIsSaidAgain() async throws {
        let (alice, bob) = (try await Side(), try await Side())
        let peer = try await Peer(of: bob, offering: bytes(10))
        try await bob.engine.accept(peer.key, into: bob.folder.path)
        await peer.connect()
        _ = try await peer.fetch()
        try await peer.sendSpan(0)
        try await peer.send(0..<1)
        #expect(try await peer.end() == .complete)
        await peer.disconnect()
        await peer.connect()
        #expect(try await peer.end() == .complete)
        await peer.disconnect()
        await bob.close()
        let again = try await Side(bob)
        await peer.connect(again)
        #expect(try await peer.end() == .complete)
        await again.close()
        await alice.close()
    }

    @Test func progressIsCoalescedAndBounded() async throws {
        var limits = FileLimits.small
        limits.events = 3
        let bob = try await Side(limits: limits)
        let peer = try await Peer(of: bob, offering: bytes(64 * 100))
        try await bob.engine.accept(peer.key, into: bob.folder.path)
        await peer.connect()
        _ = try await peer.fetch()
        try await peer.sendSpan(0)
        for index in 0..<99 {
            try await peer.send(index..<index + 1)
            try await waitUntil("it is written") {
                await bob.status(peer.key)?.bytesDone == Int64(index + 1) * 64
            }
        }
        let seen = try await taken(bob.engine.events, 3)
        guard case .offered = seen[0], case .started = seen[1], case .progress(let status) = seen[2] else {
            Issue.record("\(seen)")
            return
        }
        #expect(status.bytesDone == 99 * 64)
        for _ in 0..<5 { _ = try await Peer(of: bob) }
        #expect(try await taken(bob.engine.events, 3).first == .missed)
        await bob.close()
        #expect(await bob.engine.events.next() == nil)
    }

    private func taken(_ events: FileEventQueue, _ count: Int) async throws -> [FileEvent] {
        var taken: [FileEvent] = []
        while taken.count < count, let event = await events.next() { taken.append(event) }
        return taken
    }

    @Test func rateAndTimeLeft() async throws {
        let time = ManualClock()
        var meter = RateMeter()
        #expect(meter.rate(at: time.now) == nil)
        for second in 0...20 {
            meter.note(Int64(second) * 1000, at: time.now)
            time.advance(by: .seconds(1))
        }
        let rate = try #require(meter.rate(at: time.now))
        #expect((800...1001).contains(rate))
        time.advance(by: .seconds(1000))
        #expect(meter.rate(at: time.now) ?? 0 < 10)
    }

    /// What one peer is asked for stays within two fetches, over all of its transfers.
    @Test func whatIsAskedForIsBounded() async throws {
        let bob = try await Side()
        let peer = try await Peer(of: bob, offering: bytes(64 * 2000))
        await peer.connect()
        var keys = [peer.key]
        for _ in 0..<5 {
            let id = MessageID.make()
            try await bob.engine.offered(peer.offer, id: id, by: peer.identity)
            keys.append(TransferKey(peer: peer.identity, id: id, direction: .incoming))
        }
        for key in keys { try await bob.engine.accept(key, into: bob.folder.path) }
        try await waitUntil("four") { await bob.engine.activeCount == 4 }
        guard case .fetch = try await peer.hear(), case .fetch = try await peer.hear() else {
            throw Peer.Unexpected()
        }
        try await waitUntil("all open") { try bob.folder.names().count == 4 }
        try await peer.say(.end(FileEnd(id: .make(), reason: .cancelled)))
        #expect(await peer.isSilent())
        await bob.close()
    }

    /// What is asked for at a time is a part of a span: a message on the same link stands behind all that was asked for.
    @Test func aSpanIsAskedForInParts() async throws {
        let bob = try await Side(limits: .smallInParts)
        let peer = try await Peer(of: bob, offering: bytes(64 * 300))
        try await bob.engine.accept(peer.key, into: bob.folder.path)
        await peer.connect()
        var asked = [try await peer.fetch(), try await peer.fetch()]
        for part in [0..<48, 48..<96, 96..<144, 144..<192, 192..<240, 240..<256, 256..<300] {
            #expect(await peer.isSilent())
            #expect(asked.removeFirst() == part)
            try await peer.sendSpan(part.lowerBound / 256)
            try await peer.send(part)
            if part.upperBound < 256 { asked.append(try await peer.fetch()) }
        }
        try await waitUntil("the end") { await bob.state(peer.key) == .complete }
        #expect(try contents(bob.folder.path + "/offered.bin") == peer.content)
        await bob.close()
    }

    @Test func statesAreStoredAsText() {
        let states: [TransferState] =
            [.offered, .accepted, .complete, .declined, .cancelled, .cancelledByPeer]
            + FileFault.allCases.map { .failed($0) }
        for state in states { #expect(TransferState(rawValue: state.rawValue) == state) }
        #expect(TransferState(rawValue: "failed:otherwise") == nil)
        #expect(TransferState(rawValue: "") == nil)
    }

    @Test func oldOnesThatAreOverAreForgotten() async throws {
        let bob = try await Side()
        let peer = try await Peer(of: bob)
        for _ in 0..<250 {
            let id = MessageID.make()
            try await bob.engine.offered(peer.offer, id: id, by: peer.identity)
            try await bob.engine.decline(TransferKey(peer: peer.identity, id: id, direction: .incoming))
        }
        try await waitUntil("200 and the one that is open") { try await bob.store.transfers().count == 201 }
        #expect(await bob.engine.list().count == 201)
        try await bob.engine.forget(peer.identity)
        #expect(try await bob.store.transfers().isEmpty)
        #expect(await bob.engine.list().isEmpty)
        await bob.close()
    }
}
