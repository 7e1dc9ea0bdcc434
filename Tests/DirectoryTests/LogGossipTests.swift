import Directory
import DirectoryServer
import Foundation
import Identity
import Testing
import Transparency
import Wire

/// Two clients of one directory hold against each other what it told them.
@Suite struct LogGossipTests {
    let keys: IdentityKeys
    let signer: LogSigner
    /// What the directory shows the one, and what it shows the other: two logs under the same keys.
    let world: World
    let other: World

    init() async throws {
        keys = try IdentityKeys.generate()
        signer = try LogSigner(LogKeyFile.generate(), directory: keys)
        world = try await World(keys: keys, signer: signer)
        other = try await World(keys: keys, signer: signer)
    }

    func claim(_ count: Int, in world: World) async throws {
        for _ in 0..<count {
            let keys = try IdentityKeys.generate()
            let name = "x" + keys.publicIdentity.fingerprint.suffix(20)
            try await world.connect(keys).client.claim(Handle(name), recoveryHash: nil)
        }
    }

    func teller(at world: World, keeper: MemoryKeeper = MemoryKeeper()) async throws -> Teller {
        let teller = try Teller(at: world, keeper: keeper)
        try await teller.client.checkLog()
        return teller
    }

    /// The first tells, the second hears and compares.
    func tell(_ one: Teller, _ two: Teller) async throws {
        let told = try #require(await one.gossip.tell(two.identity))
        guard case .heard(let belief) = two.gossip.hear(told, from: one.identity) else {
            Issue.record("not heard"); return
        }
        await two.gossip.compare(belief, with: one.identity)
    }

    func evidence(_ teller: Teller) throws -> String {
        #expect(teller.keeper.evidence.count == 1)
        return try Evidence(bytes: #require(teller.keeper.evidence.first)).check()
    }

    @Test func twoStatesOfOneSizeAreNoticedByBoth() async throws {
        try await claim(3, in: world)
        try await claim(3, in: other)
        let (alice, bob) = (try await teller(at: world), try await teller(at: other))
        // Neither could notice it alone.
        try await alice.client.checkLog()
        try await bob.client.checkLog()
        try await tell(alice, bob)
        try await tell(bob, alice)
        for person in [alice, bob] {
            let what = try evidence(person)
            #expect(what == "signed two different states of its log for the one size of 3 entries")
            // Nothing is asked there any more; and whoever noticed goes on telling.
            await #expect(throws: DirectoryError.misbehaves("it " + what)) {
                try await person.client.checkLog()
            }
            #expect(await person.ended() == .misbehaves("it " + what))
        }
        alice.world.time.advance(.seconds(3_600))
        #expect(await alice.gossip.tell(bob.identity) != nil)
    }

    /// The one whom the directory shows the larger log gets it proved; the other one as soon as its log has grown beyond.
    @Test(arguments: [(2, 3), (3, 5), (4, 5), (5, 7)])
    func logsThatBeginOtherwiseAreNoticedByBoth(small: Int, large: Int) async throws {
        try await claim(small, in: world)
        try await claim(large, in: other)
        let (alice, bob) = (try await teller(at: world), try await teller(at: other))
        try await tell(alice, bob)
        #expect(try evidence(bob).contains("does not begin with the one of \(small) entries"))
        guard case .misbehaves = await bob.ended() else { Issue.record("another end"); return }

        try await tell(bob, alice)
        #expect(alice.keeper.evidence.isEmpty)
        #expect(alice.book.told == [.unresolved(bob.identity, size: UInt64(large))])
        #expect(alice.book.memory.peers.unresolved.first?.unresolved.wasAsked == true)
        // Said once, however often it is asked.
        await alice.gossip.compareUnresolved()
        #expect(alice.book.told.count == 1)
        try await claim(large - small + 1, in: world)
        await alice.gossip.compareUnresolved()
        #expect(try evidence(alice).contains("that does not begin with the one of \(large) entries"))
    }

    @Test func anHonestDirectorysClientsAgreeInSilence() async throws {
        try await claim(2, in: world)
        let alice = try await teller(at: world)
        try await claim(3, in: world)
        let bob = try await teller(at: world)
        try await tell(alice, bob)
        try await tell(bob, alice)
        for (person, peer, size) in [(bob, alice, 2), (alice, bob, 5)] {
            #expect(person.book.conviction == nil)
            #expect(person.book.told.isEmpty)
            #expect(person.book.memory.peers[peer.identity]?.agreed?.checkpoint.size == UInt64(size))
            #expect(person.book.memory.peers.unresolved.isEmpty)
            try await person.client.checkLog()
        }
        // A log without entries is the beginning of every one.
        let empty = try await World(keys: keys, signer: signer)
        let carol = try await teller(at: empty)
        try await tell(carol, bob)
        #expect(bob.book.memory.peers[carol.identity]?.agreed?.checkpoint.size == 0)
    }

    @Test func whatCannotBeAskedWaitsAndOutlivesTheProcess() async throws {
        try await claim(2, in: world)
        let alice = try await teller(at: world)
        try await claim(1, in: world)
        let bob = try await teller(at: world)
        alice.isConnected.withLock { $0 = false }
        try await tell(bob, alice)
        #expect(alice.book.memory.peers.unresolved.first?.unresolved.wasAsked == false)
        #expect(alice.book.told.isEmpty)

        let again = try Teller(at: world, keeper: MemoryKeeper(alice.keeper.state()))
        #expect(again.book.memory == alice.book.memory)
        await again.gossip.compareUnresolved()
        #expect(again.book.memory.peers[bob.identity]?.agreed?.checkpoint.size == 3)
        #expect(again.book.memory.peers.unresolved.isEmpty)
        let later = try LogBook(of: keys.publicIdentity, keeper: again.keeper)
        #expect(later.memory.peers == again.book.memory.peers)
        await again.gossip.keep(only: [])
        #expect(again.book.memory.peers[bob.identity] == nil)
    }

    @Test func nobodyIsToldOrHeardMoreThanHourly() async throws {
        try await claim(1, in: world)
        let (alice, bob) = (try await teller(at: world), try await teller(at: world))
        let told = try #require(await alice.gossip.tell(bob.identity))
        #expect(bob.hears(told, from: alice))
        #expect(await alice.gossip.tell(bob.identity) == nil)
        #expect(!bob.hears(told, from: alice))
        // Another peer has its own hour.
        #expect(await alice.gossip.tell(alice.identity) != nil)
        // Also for the next process.
        let again = try Teller(at: world, keeper: alice.keeper)
        world.time.advance(.seconds(3_599))
        #expect(await again.gossip.tell(bob.identity) == nil)
        world.time.advance(.seconds(1))
        #expect(await again.gossip.tell(bob.identity) == told)
        #expect(bob.hears(told, from: alice))
        #expect(!bob.hears(told, from: alice))
    }

    /// What the directory did not sign is refused, and changes nothing.
    @Test func garbageIsRefused() async throws {
        try await claim(1, in: world)
        let bob = try await teller(at: world)
        let good = try #require(await teller(at: world).gossip.tell(bob.identity))
        let stranger = try LogSigner(
            LogKeyFile.generate(), directory: IdentityKeys.generate())
        // Another number of entries under the same signature.
        let changed = good.checkpoint.map { $0 == UInt8(ascii: "1") ? UInt8(ascii: "2") : $0 }
        let garbage = [
            ([[UInt8](repeating: 1, count: 136)], good.checkpoint),
            (good.statements + good.statements, good.checkpoint),
            (stranger.statements.map(\.bytes), good.checkpoint),
            (good.statements, [1]), (good.statements, Array(good.checkpoint.dropLast())),
            (good.statements, changed),
        ]
        let before = bob.book.memory.view
        for (statements, checkpoint) in garbage {
            let peer = try IdentityKeys.generate().publicIdentity
            let told = BelievedLog(
                directory: good.directory, statements: statements, checkpoint: checkpoint)
            guard case .refused = bob.gossip.hear(told, from: peer) else {
                Issue.record("not refused: \(statements.count)"); continue
            }
            // And what comes next within the hour costs no signature.
            guard case .ignored = bob.gossip.hear(good, from: peer) else {
                Issue.record("looked at"); continue
            }
        }
        let elsewhere = BelievedLog(
            directory: bob.identity, statements: good.statements, checkpoint: good.checkpoint)
        guard case .ignored = bob.gossip.hear(elsewhere, from: bob.identity) else {
            Issue.record("another directory's"); return
        }
        #expect(bob.book.memory.view == before)
        #expect(bob.book.conviction == nil)
        #expect(bob.book.memory.peers.unresolved.isEmpty)
    }

    @Test func twoKeysOfOneNumberConvict() async throws {
        let second = try LogSigner(LogKeyFile.generate(), directory: keys)
        let elsewhere = try await World(keys: keys, signer: second)
        try await claim(1, in: world)
        try await claim(1, in: elsewhere)
        let (alice, bob) = (try await teller(at: world), try await teller(at: elsewhere))
        try await tell(alice, bob)
        #expect(try evidence(bob) == "signed two different keys of its log with the one number 0")
    }

    @Test func whatIsKeptOfPeersIsBounded() async throws {
        try await claim(1, in: world)
        let told = try #require(await teller(at: world).gossip.tell(keys.publicIdentity))
        // It has seen nothing of the log yet, so that everything waits.
        let bob = try Teller(at: world)
        var peers: [PublicIdentity] = []
        for index in 0..<1_001 {
            let peer = try IdentityKeys.generate().publicIdentity
            peers.append(peer)
            world.time.advance(.seconds(1))
            guard case .heard(let belief) = bob.gossip.hear(told, from: peer) else {
                Issue.record("not heard"); return
            }
            if index < 17 { await bob.gossip.compare(belief, with: peer) }
        }
        let known = bob.book.memory.peers
        #expect(known[peers[0]] == nil)
        #expect(peers.dropFirst().allSatisfy { known[$0] != nil })
        #expect(known.unresolved.count == 16)
    }
}
