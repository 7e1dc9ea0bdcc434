import Directory
import DirectoryServer
import Foundation
import Identity
import TestSupport
import Testing
import Wire

/// Presences for single contacts, which strangers and the directory cannot tell from noise.
@Suite struct SealedPresenceTests {
    let carol: IdentityKeys
    let bob: IdentityKeys
    let today = SealedPresence.day(ManualTime.start)

    init() throws {
        carol = try IdentityKeys.generate()
        bob = try IdentityKeys.generate()
    }

    private func record(
        at directory: PublicIdentity, sequence: UInt64 = 1, port: UInt16 = 4000
    ) throws -> PresenceRecord {
        try PresenceRecord.make(
            PresenceFields(
                identity: carol.publicIdentity, directory: directory,
                addresses: [NetworkAddress(Endpoint("192.0.2.7:\(port)"))], discoverable: false,
                sequence: sequence, lifetime: 7_200), by: carol)
    }

    // MARK: The box

    @Test func onlyTheContactOpensItAndOnlyAsMeant() throws {
        let (directory, other) = (try IdentityKeys.generate().publicIdentity, try IdentityKeys.generate())
        let record = try record(at: directory)
        let sealed = try SealedPresence.seal(record, for: bob.publicIdentity, day: today, by: carol)
        #expect(sealed.tag.count == 32 && sealed.blob.count == 1_064)
        let identity = carol.publicIdentity
        #expect(SealedPresence.open(sealed.blob, of: identity, at: directory, by: bob) == record)
        #expect(SealedPresence.open(sealed.blob, of: identity, at: directory, by: other) == nil)
        #expect(SealedPresence.open(sealed.blob, of: bob.publicIdentity, at: directory, by: bob) == nil)
        #expect(SealedPresence.open(sealed.blob, of: identity, at: other.publicIdentity, by: bob) == nil)
        for index in stride(from: 0, to: sealed.blob.count, by: 37) {
            var altered = sealed.blob
            altered[index] ^= 1
            #expect(SealedPresence.open(altered, of: identity, at: directory, by: bob) == nil)
        }
        for count in [0, 1, 39, 40, 1_063] {
            let cut = Array(sealed.blob.prefix(count))
            #expect(SealedPresence.open(cut, of: identity, at: directory, by: bob) == nil)
        }
        // A record of somebody else, well sealed by carol.
        let foreign = try PresenceRecord.make(
            PresenceFields(
                identity: other.publicIdentity, directory: directory, addresses: [], discoverable: false,
                sequence: 1, lifetime: 1), by: other)
        let lie = try SealedPresence.seal(foreign, for: bob.publicIdentity, day: today, by: carol)
        #expect(SealedPresence.open(lie.blob, of: identity, at: directory, by: bob) == nil)
    }

    /// Neither two days, nor the two directions, nor two contacts have a tag in common; both sides compute the same.
    @Test func tagsTellNothing() throws {
        let other = try IdentityKeys.generate()
        func tag(_ day: UInt64) throws -> [UInt8] {
            try SealedPresence.tag(of: carol.publicIdentity, for: bob, day: day)
        }
        let record = try record(at: other.publicIdentity)
        #expect(
            try SealedPresence.seal(record, for: bob.publicIdentity, day: today, by: carol).tag == tag(today))
        let tags = try [
            tag(today), tag(today + 1), SealedPresence.tag(of: bob.publicIdentity, for: carol, day: today),
            SealedPresence.tag(of: carol.publicIdentity, for: other, day: today),
        ]
        #expect(Set(tags).count == tags.count)
        #expect(SealedPresence.day(Date(timeIntervalSince1970: 86_399)) == 0)
        #expect(SealedPresence.day(Date(timeIntervalSince1970: 86_400)) == 1)
        #expect(SealedPresence.day(Date(timeIntervalSince1970: -1)) == 0)
    }

    // MARK: At the directory

    @Test func contactsFindWhatStrangersDoNot() async throws {
        let world = try await World()
        _ = try await world.join("carol", discoverable: false, keys: carol)
        let sealer = try world.connect(IdentityKeys.generate())
        let sealed = try SealedPresence.seal(
            record(at: world.keys.publicIdentity), for: bob.publicIdentity, day: today, by: carol)
        try await sealer.client.put([sealed, SealedPresence.decoy()], lifetime: 7_200)

        let finder = try world.connect(IdentityKeys.generate())
        let entry = PeerEntry(
            identity: carol.publicIdentity, handle: nil, addresses: [try Endpoint("192.0.2.7:4000")])
        #expect(try await finder.client.sealedPresence(of: carol.publicIdentity, for: bob) == entry)
        let stranger = try IdentityKeys.generate()
        #expect(try await finder.client.sealedPresence(of: carol.publicIdentity, for: stranger) == nil)
        #expect(try await finder.client.lookup(.identity(carol.publicIdentity)) == nil)
        // Yesterday's clock or tomorrow's finds it too; with one two days off there is no tag in common.
        for (seconds, isFound) in [(86_400.0, true), (-172_800, true), (-86_400, false)] {
            world.time.setWallClock(by: seconds)
            let found = try await finder.client.sealedPresence(of: carol.publicIdentity, for: bob)
            #expect((found != nil) == isFound)
        }
    }

    @Test func itEndsWithItsLifetimeItsLinkOrWhenTakenBack() async throws {
        let world = try await World()
        let reader = try world.raw(IdentityKeys.generate())
        let (one, two) = (try SealedPresence.decoy(), try SealedPresence.decoy())
        func lying() async throws -> [Bool] {
            guard case .sealedFetched(let blobs) = try await reader.answer(.fetchSealed([one.tag, two.tag]))
            else { throw LinkCut() }
            #expect(blobs[0].isEmpty || blobs[0] == one.blob)
            return blobs.map { !$0.isEmpty }
        }
        let first = try world.connect(IdentityKeys.generate())
        try await first.client.put([one], lifetime: 60)
        try await first.client.put([two], lifetime: 7_200)
        #expect(try await lying() == [true, true])
        world.time.advance(.seconds(60))
        #expect(try await lying() == [false, true])
        try await first.client.put([SealedBlob(tag: two.tag, blob: [])], lifetime: 1)
        #expect(try await lying() == [false, false])

        // A new link that renews it keeps it; the end of the old one does not matter then.
        try await first.client.put([one, two], lifetime: 7_200)
        let second = try world.connect(IdentityKeys.generate())
        try await second.client.put([one], lifetime: 7_200)
        await first.cut()
        world.time.advance(ServiceOptions().grace)
        await world.service.sweep()
        #expect(try await lying() == [true, false])
        await second.cut()
        world.time.advance(ServiceOptions().grace)
        #expect(try await lying() == [false, false])
    }

    @Test func whatALinkLeavesIsLimited() async throws {
        var options = ServiceOptions()
        options.limits.sealedPerLink = 4
        options.limits.sealed = 6
        options.limits.sealedPutsPerIdentity = Rate(3, per: .seconds(60))
        let world = try await World(options: options)
        func decoys(_ count: Int) throws -> [SealedBlob] {
            try (0..<count).map { _ in try SealedPresence.decoy() }
        }
        let one = try world.connect(IdentityKeys.generate())
        try await one.client.put(decoys(4), lifetime: 7_200)
        await #expect(throws: DirectoryError.refused(.full)) {
            try await one.client.put(decoys(1), lifetime: 7_200)
        }
        let two = try world.connect(IdentityKeys.generate())
        await #expect(throws: DirectoryError.refused(.full)) {
            try await two.client.put(decoys(3), lifetime: 7_200)
        }
        try await two.client.put(decoys(2), lifetime: 7_200)
        _ = try? await one.client.put(decoys(1), lifetime: 7_200)
        await #expect(throws: DirectoryError.self) { try await one.client.put(decoys(1), lifetime: 7_200) }
        await one.cut()
        world.time.advance(options.grace)
        await world.service.sweep()
        try await two.client.put(decoys(2), lifetime: 7_200)
    }

    // MARK: Keeping it there

    /// A keeper, its directory, and what is under the tags of its contacts.
    private final class Keeping: Sendable {
        let world: World
        let keys: IdentityKeys
        let contacts = Log<IdentityKeys>()
        let sleep = ManualSleep(ignoring: DirectoryClient.requestTimeout)
        let keeper: SealedPresenceKeeper
        let states: AsyncStream<DirectoryState>.Continuation
        let running: Task<Void, Never>
        let dialled = Log<PublicIdentity>()

        init(_ world: World, _ keys: IdentityKeys) throws {
            let (contacts, sleep, dialled) = (self.contacts, self.sleep, self.dialled)
            (self.world, self.keys) = (world, keys)
            let keeper = SealedPresenceKeeper(
                reference: DirectoryReference(
                    endpoint: try Endpoint("192.0.2.1:7000"), identity: world.keys.publicIdentity),
                identity: keys, contacts: { contacts.all.map(\.publicIdentity) },
                dial: { throwAway in
                    dialled.add(throwAway.publicIdentity)
                    return try world.link(throwAway).link
                },
                sleep: { try await sleep.sleep($0) }, now: { world.time.now })
            self.keeper = keeper
            let (stream, states) = AsyncStream<DirectoryState>.makeStream()
            self.states = states
            running = Task { await keeper.run(stream) }
        }

        func online(discoverable: Bool, port: UInt16 = 4000) throws {
            states.yield(
                .online(
                    PublishResult(
                        lifetime: .seconds(7_200), discoverable: discoverable, handle: nil,
                        addresses: [
                            AddressResult(
                                endpoint: try Endpoint("192.0.2.7:\(port)"), reachability: .reachable),
                            AddressResult(endpoint: try Endpoint("192.0.2.7:9"), reachability: .refused),
                        ])))
        }

        func found(by contact: IdentityKeys) async throws -> [Endpoint]? {
            let finder = try world.connect(IdentityKeys.generate())
            let entry = try await finder.client.sealedPresence(of: keys.publicIdentity, for: contact)
            await finder.cut()
            return entry?.addresses
        }
    }

    @Test func keeperLeavesWhatContactsFindAndTakesItBack() async throws {
        let world = try await World()
        let keeping = try Keeping(world, carol)
        keeping.contacts.add(bob)
        try keeping.online(discoverable: false)
        let expected = [try Endpoint("192.0.2.7:4000")]
        try await waitUntil("bob finds carol") { try await keeping.found(by: bob) == expected }
        // As many as if there were sixteen contacts, and none of it by carol's own identity.
        #expect(await world.service.sealedCount == 16)
        #expect(!keeping.dialled.all.contains(carol.publicIdentity))

        // A new contact, and another address.
        let dave = try IdentityKeys.generate()
        keeping.contacts.add(dave)
        try keeping.online(discoverable: false, port: 4001)
        let moved = [try Endpoint("192.0.2.7:4001")]
        for contact in [bob, dave] {
            try await waitUntil("the new address") { try await keeping.found(by: contact) == moved }
        }
        #expect(await world.service.sealedCount == 16)

        // Strangers find her now, so there is nothing to leave any more.
        try keeping.online(discoverable: true)
        try await waitUntil("nothing is left") { await world.service.sealedCount == 0 }
        try keeping.online(discoverable: false)
        try await waitUntil("it is left again") { await world.service.sealedCount == 16 }
        await keeping.keeper.stop()
        #expect(await world.service.sealedCount == 0)
        await keeping.running.value
    }

    /// Goodbye is said even when nobody asks the keeper to stop: its session is over.
    @Test func keeperEndsWithItsSession() async throws {
        let world = try await World()
        let keeping = try Keeping(world, carol)
        try keeping.online(discoverable: false)
        try await waitUntil("decoys are left") { await world.service.sealedCount == 16 }
        keeping.states.finish()
        await keeping.running.value
        #expect(await world.service.sealedCount == 0)
    }

    @Test func keeperRenewsAndFollowsTheDay() async throws {
        let world = try await World()
        let keeping = try Keeping(world, carol)
        keeping.contacts.add(bob)
        try keeping.online(discoverable: false)
        try await waitUntil("bob finds carol") { try await keeping.found(by: bob) != nil }
        // Over an hour in steps of the keeper's looks, and over a midnight.
        for _ in 0..<14 {
            world.time.advance(.seconds(3_600))
            try keeping.online(discoverable: false)
            try await waitUntil("it is renewed") {
                await world.service.sweep()
                return try await keeping.found(by: bob) != nil
            }
        }
        #expect(await world.service.sealedCount == 16)
        await keeping.keeper.stop()
    }
}
