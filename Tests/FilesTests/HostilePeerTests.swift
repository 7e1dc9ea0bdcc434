import Identity
import TestSupport
import Testing
import Wire

@testable import Files

/// Senders that lie. Each ends one transfer, with a word to both sides; an honest one beside it is not disturbed.
@Suite struct HostileSenderTests {
    enum Lie: CaseIterable {
        case wrongByte, otherLength, shortLast, duplicate, skipped, chunkBeforeSpan, unasked
        case otherSpan, alteredSpan, secondSpan, longerPath
    }

    @Test(arguments: Lie.allCases)
    func aLieEndsThatTransferOnly(lie: Lie) async throws {
        let (alice, bob) = (try await Side(), try await Side())
        let peer = try await Peer(of: bob, offering: bytes(64 * 600 - 7))
        try await bob.engine.accept(peer.key, into: bob.folder.path)
        await peer.connect()
        #expect(try await peer.fetch() == 0..<256)
        #expect(try await peer.fetch() == 256..<512)
        let id = peer.key.id
        var fault = FileFault.notAsked
        switch lie {
        case .chunkBeforeSpan: try await peer.send(0..<1)
        case .otherSpan: try await peer.sendSpan(1)
        case .alteredSpan, .longerPath:
            let span = try peer.span(0)
            var leaves = span.leaves
            if lie == .alteredSpan { leaves[40] ^= 1 }
            let path = lie == .longerPath ? span.path + span.path : span.path
            try await peer.say(.span(try FileSpan(id: id, first: 0, leaves: leaves, path: path)))
            fault = .mismatch
        default:
            try await peer.sendSpan(0)
            try await peer.send(0..<20)
            var data = try peer.chunk(20).data
            switch lie {
            case .wrongByte:
                data[63] ^= 1
                try await peer.say(.chunk(try FileChunk(id: id, index: 20, data: data)))
                fault = .mismatch
            case .otherLength: try await peer.say(.chunk(try FileChunk(id: id, index: 20, data: data + [0])))
            case .shortLast: try await peer.say(.chunk(try FileChunk(id: id, index: 20, data: [1])))
            case .duplicate: try await peer.send(19..<20)
            case .skipped: try await peer.send(21..<22)
            case .secondSpan: try await peer.sendSpan(0)
            default: try await peer.send(512..<513)
            }
        }
        try await waitUntil("the end") { await bob.state(peer.key) == .failed(fault) }
        #expect(try await peer.end() == .mismatch)
        // What still comes is dropped, and the link stays.
        #expect(try await peer.say(.chunk(try peer.chunk(21))))
        try await waitUntil("quiet") { await bob.engine.activeCount == 0 }
        #expect(try bob.folder.names().isEmpty)
        #expect(await bob.status(peer.key)?.transfer.chunksDone == 0)

        let keys = try await offer(try alice.write(bytes(100_000)), from: alice, to: bob)
        try await bob.engine.accept(keys.in, into: bob.folder.path)
        let meeting = await Meeting(alice, bob)
        try await waitUntil("the honest file") { await bob.state(keys.in) == .complete }
        await meeting.cut()
        await alice.close()
        await bob.close()
    }

    @Test func chunksThatNobodyWantedCutTheLink() async throws {
        let bob = try await Side()
        let peer = try await Peer(of: bob)
        await peer.connect()
        let chunk = try FileChunk(id: .make(), index: 0, data: [1])
        #expect(try await !peer.say(.chunk(chunk)))
        let span = try peer.span(0)
        #expect(
            try await !peer.say(.span(try FileSpan(id: .make(), first: 0, leaves: span.leaves, path: []))))
        // Of one that was offered, and is not accepted, they are only dropped.
        #expect(try await peer.say(.chunk(try peer.chunk(0))))
        #expect(await bob.state(peer.key) == .offered)
        await bob.close()
    }

    @Test func aSizeThatNoDiskHas() async throws {
        let bob = try await Side()
        for size in [Int64.max, 1 << 60] {
            let peer = try IdentityKeys.generate().publicIdentity
            let offer = try FileOffer(name: "large", size: size, root: [UInt8](repeating: 1, count: 32))
            let id = MessageID.make()
            try await bob.engine.offered(offer, id: id, by: peer)
            let key = TransferKey(peer: peer, id: id, direction: .incoming)
            do {
                try await bob.engine.accept(key, into: bob.folder.path)
                Issue.record("accepted")
            } catch let error as FileError {
                guard case .noSpace(_, size, _) = error else {
                    Issue.record("\(error)")
                    continue
                }
            }
            #expect(await bob.state(key) == .offered)
        }
        #expect(try bob.folder.names().isEmpty)
        await bob.close()
    }

    /// A size that is a lie: more or fewer bytes than the tree has.
    @Test(arguments: [-1, 1, 64, -64]) func aLyingSize(by difference: Int) async throws {
        let bob = try await Side()
        let peer = try await Peer(of: bob, offering: bytes(64 * 10))
        let id = MessageID.make()
        let lie = try FileOffer(name: "lie", size: peer.offer.size + Int64(difference), root: peer.offer.root)
        try await bob.engine.offered(lie, id: id, by: peer.identity)
        let key = TransferKey(peer: peer.identity, id: id, direction: .incoming)
        try await bob.engine.accept(key, into: bob.folder.path)
        await peer.connect()
        guard case .fetch = try await peer.hear() else { throw Peer.Unexpected() }
        let span = try peer.span(0)
        try await peer.say(.span(try FileSpan(id: id, first: 0, leaves: span.leaves, path: span.path)))
        try await waitUntil("the end") { await bob.state(key) == .failed(.mismatch) }
        await bob.close()
    }

    @Test func tenThousandOffersAndNoMore() async throws {
        let bob = try await Side()
        let peer = try await Peer(of: bob)
        await peer.connect()
        let offer = try FileOffer(name: "n", size: 1, root: [UInt8](repeating: 1, count: 32))
        for _ in 1..<10_000 { try await bob.engine.offered(offer, id: .make(), by: peer.identity) }
        #expect(await bob.engine.list().count == 10_000)
        let id = MessageID.make()
        try await bob.engine.offered(offer, id: id, by: peer.identity)
        #expect(await bob.engine.list().count == 10_000)
        #expect(try await peer.hear() == .end(FileEnd(id: id, reason: .declined)))
        // Nobody else is shut out, and a place that is free is taken.
        _ = try await Peer(of: bob)
        try await bob.engine.decline(peer.key)
        try await bob.engine.offered(offer, id: id, by: peer.identity)
        #expect(await bob.engine.list().count == 10_002)
        await bob.close()
    }

    @Test func aPeerThatSaysNothingIsGivenUp() async throws {
        let time = ManualClock()
        let bob = try await Side(now: { time.now })
        let peer = try await Peer(of: bob, offering: bytes(640))
        try await bob.engine.accept(peer.key, into: bob.folder.path)
        await peer.connect()
        _ = try await peer.fetch()
        time.advance(by: .seconds(899))
        await bob.engine.endSilent()
        #expect(await bob.state(peer.key) == .accepted)
        time.advance(by: .seconds(2))
        await bob.engine.endSilent()
        #expect(await bob.state(peer.key) == .failed(.noAnswer))
        #expect(try await peer.end() == .failed)
        await bob.close()
    }

    /// Strange names end up in the folder, under a name that is free, and nowhere else.
    @Test(arguments: [
        "../../.ssh/authorized_keys", "/etc/passwd", "..", ".hidden", "taken", "a\u{0}b", "-rf",
    ])
    func namesStayInTheFolder(name: String) async throws {
        let bob = try await Side()
        let content = bytes(100)
        _ = try bob.write([9], "taken")
        let peer = try await Peer(of: bob, offering: content, name: name)
        try await bob.engine.accept(peer.key, into: bob.folder.path)
        await peer.connect()
        _ = try await peer.fetch()
        try await peer.sendSpan(0)
        try await peer.send(0..<2)
        #expect(try await peer.end() == .complete)
        let path = try #require(await bob.status(peer.key)?.transfer.path)
        let names = try bob.folder.names()
        #expect(names.count == 2)
        #expect(names.contains { bob.folder.path + "/" + $0 == path })
        #expect(try contents(path) == content)
        #expect(try contents(bob.folder.path + "/taken") == [9])
        await bob.close()
    }
}

/// Receivers that ask for what they should not.
@Suite struct HostileReceiverTests {
    private func serving() async throws -> (Side, Peer, MessageID) {
        let alice = try await Side()
        let peer = try await Peer(of: alice)
        let file = try await alice.engine.prepare(try alice.write(bytes(64 * 2000)))
        let id = MessageID.make()
        try await alice.engine.offer(file, id: id, to: peer.identity)
        await peer.connect()
        return (alice, peer, id)
    }

    @Test func whatWasNotOfferedToThisPeerIsGone() async throws {
        let (alice, peer, id) = try await serving()
        let stranger = try await Peer(of: alice)
        await stranger.connect()
        #expect(try await stranger.say(.fetch(try FileFetch(id: id, first: 0, count: 1))))
        #expect(try await stranger.hear() == .end(FileEnd(id: id, reason: .gone)))
        _ = peer
        await alice.close()
    }

    @Test func fetchesWithoutEndEndTheTransfer() async throws {
        let (alice, peer, id) = try await serving()
        let key = TransferKey(peer: peer.identity, id: id, direction: .outgoing)
        for _ in 0..<50 { try await peer.say(.fetch(try FileFetch(id: id, first: 0, count: 256))) }
        #expect(await alice.state(key) == .failed(.notAsked))
        await alice.close()
    }

    @Test func aFetchBehindTheEndEndsTheTransfer() async throws {
        let (alice, peer, id) = try await serving()
        let key = TransferKey(peer: peer.identity, id: id, direction: .outgoing)
        try await peer.say(.fetch(try FileFetch(id: id, first: 1999, count: 2)))
        #expect(await alice.state(key) == .failed(.notAsked))
        #expect(try await peer.hear() == .end(FileEnd(id: id, reason: .failed)))
        await alice.close()
    }

    @Test func aFloodThatIsNotReadCutsTheLink() async throws {
        let alice = try await Side()
        let peer = try IdentityKeys.generate().publicIdentity
        // A peer that takes nothing.
        await alice.engine.connected(peer, PipeChannel(pipe: Pipe(room: 0)))
        var sent = 0
        while sent < 5000,
            await alice.engine.handle(.fetch(try FileFetch(id: .make(), first: 0, count: 1)), from: peer)
        { sent += 1 }
        #expect((1000..<2200).contains(sent))
        await alice.engine.disconnected(peer)
    }

    @Test func anIdOfOnesOwnOfferIsNotTaken() async throws {
        let (alice, peer, id) = try await serving()
        try await alice.engine.offered(peer.offer, id: id, by: peer.identity)
        #expect(await alice.engine.list().count { $0.transfer.key.id == id } == 1)
        await alice.close()
    }
}
