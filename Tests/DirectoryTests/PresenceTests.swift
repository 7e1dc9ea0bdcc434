import Directory
import DirectoryServer
import Foundation
import Identity
import TestSupport
import Testing
import Wire

/// How a presence begins, goes on and ends.
@Suite struct PresenceTests {
    func record(
        _ keys: IdentityKeys, for world: World, addresses: [String] = [], sequence: UInt64 = 1,
        lifetime: UInt32 = 100
    ) throws -> PresenceRecord {
        try PresenceRecord.make(
            PresenceFields(
                identity: keys.publicIdentity, directory: world.keys.publicIdentity,
                addresses: addresses.map { try NetworkAddress(Endpoint($0)) }, discoverable: true,
                sequence: sequence, lifetime: lifetime),
            by: keys)
    }

    @Test func operatorSeesWhoComesAndGoes() async throws {
        let world = try await World()
        let (connection, keys) = try await world.join("alice")
        let endpoint = try Endpoint("192.0.2.7:4000")
        _ = try await connection.client.publish(
            addresses: [endpoint], discoverable: true, handle: Handle("alice"))
        _ = try await connection.client.publish(addresses: [], discoverable: false, handle: nil)
        try await connection.client.unregister()
        try await connection.client.unregister()
        func registration(_ handle: Handle?, _ discoverable: Bool, _ addresses: [Endpoint]) -> Registration {
            Registration(
                handle: handle, identity: keys.publicIdentity, discoverable: discoverable,
                addresses: addresses)
        }
        #expect(
            world.operatorLog.all == [
                .registered(registration(try Handle("alice"), true, [endpoint])),
                .changed(registration(nil, false, [])),
                .left(registration(nil, false, []), .unregistered),
            ])
    }

    @Test func endsAfterItsLifetime() async throws {
        let world = try await World()
        let keys = try IdentityKeys.generate()
        let raw = try world.raw(keys)
        let answer = try await raw.answer(.publish(record(keys, for: world).signed, handle: nil))
        #expect(answer == .published(.init(inForce: true, lifetime: 100, addresses: [])))
        let bob = try world.connect(IdentityKeys.generate())
        world.time.advance(.seconds(99))
        #expect(try await bob.client.lookup(.identity(keys.publicIdentity)) != nil)
        world.time.advance(.seconds(1))
        // Even before anybody swept.
        #expect(try await bob.client.lookup(.identity(keys.publicIdentity)) == nil)
        #expect(try await bob.client.list() == [])
        await world.service.sweep()
        guard case .left(_, .expired)? = world.operatorLog.all.last else {
            Issue.record("\(world.operatorLog.all)")
            return
        }
        #expect(await world.service.presenceCount == 0)
    }

    @Test func lifetimeIsTheDirectorysRunningClock() async throws {
        let world = try await World()
        let (_, keys) = try await world.join()
        world.time.setWallClock(by: 1e6)
        let bob = try world.connect(IdentityKeys.generate())
        #expect(try await bob.client.lookup(.identity(keys.publicIdentity)) != nil)
    }

    @Test func endsWithItsLinkAfterTheGrace() async throws {
        let world = try await World()
        let (connection, keys) = try await world.join()
        await connection.cut()
        let bob = try world.connect(IdentityKeys.generate())
        world.time.advance(.seconds(4))
        await world.service.sweep()
        #expect(try await bob.client.lookup(.identity(keys.publicIdentity)) != nil)
        world.time.advance(.seconds(1))
        #expect(try await bob.client.lookup(.identity(keys.publicIdentity)) == nil)
        await world.service.sweep()
        guard case .left(_, .linkEnded)? = world.operatorLog.all.last else {
            Issue.record("\(world.operatorLog.all)")
            return
        }
    }

    @Test func comingBackWithinTheGraceIsNoNews() async throws {
        let world = try await World()
        let bob = try world.connect(IdentityKeys.generate())
        var events = try await bob.client.watch().makeAsyncIterator()
        let (connection, keys) = try await world.join("alice")
        guard case .came = await events.next() else {
            Issue.record("did not come")
            return
        }
        await connection.cut()
        world.time.advance(.seconds(4))
        // The dial-back of the new link outlasts the grace of the old one.
        world.network.hold()
        let back = try world.connect(keys)
        let publishing = Task {
            try await back.client.publish(
                addresses: [Endpoint("192.0.2.7:4000")], discoverable: true, handle: Handle("alice"))
        }
        await world.network.untilHeld()
        world.time.advance(.seconds(10))
        await world.service.sweep()
        world.network.release()
        _ = try await publishing.value
        #expect(world.operatorLog.all.count == 1)
        try await back.client.unregister()
        #expect(await events.next() == .left(keys.publicIdentity))
    }

    @Test func newerLinkTakesOver() async throws {
        let world = try await World()
        let (older, keys) = try await world.join("alice")
        let newer = try world.connect(keys)
        // Merely being there takes nothing over.
        #expect(try await newer.client.lookup(.identity(keys.publicIdentity)) != nil)
        _ = try await newer.client.publish(addresses: [], discoverable: true, handle: nil)
        #expect(await older.running.value == .superseded)
        await older.served.value
        world.time.advance(.seconds(60))
        await world.service.sweep()
        #expect(try await newer.client.lookup(.identity(keys.publicIdentity))?.addresses == [])
        #expect(await world.service.presenceCount == 1)
    }

    @Test func recordsOfOthersOrForOthersAreRefused() async throws {
        let world = try await World()
        let elsewhere = try await World()
        let (keys, other) = (try IdentityKeys.generate(), try IdentityKeys.generate())
        let raw = try world.raw(keys)
        let good = try record(keys, for: world).signed
        let refused: [SignedRecord] = [
            try record(other, for: world).signed,
            try record(keys, for: elsewhere).signed,
            try SignedRecord(bytes: good.bytes, signature: record(other, for: world).signed.signature),
            try SignedRecord(bytes: good.bytes.dropLast() + [99], signature: good.signature),
            try SignedRecord(bytes: [1, 2, 3], signature: good.signature),
        ]
        for signed in refused {
            #expect(try await raw.answer(.publish(signed, handle: nil)) == .failure(.invalid))
        }
        #expect(await world.service.presenceCount == 0)
    }

    @Test func sequenceHasToRise() async throws {
        let world = try await World()
        let keys = try IdentityKeys.generate()
        let raw = try world.raw(keys)
        func publish(_ sequence: UInt64) async throws -> DirectoryResponse.Body {
            try await raw.answer(.publish(record(keys, for: world, sequence: sequence).signed, handle: nil))
        }
        let taken = DirectoryResponse.Body.published(.init(inForce: true, lifetime: 100, addresses: []))
        #expect(try await publish(7) == taken)
        #expect(try await publish(7) == .failure(.outOfSequence(newest: 7)))
        #expect(try await publish(6) == .failure(.outOfSequence(newest: 7)))
        #expect(try await publish(8) == taken)
    }

    @Test func clientWhoseClockWasSetBackStillPublishes() async throws {
        let world = try await World()
        let (connection, keys) = try await world.join()
        await connection.cut()
        world.time.setWallClock(by: -86_400)
        let again = try world.connect(keys)
        let result = try await again.client.publish(addresses: [], discoverable: true, handle: nil)
        #expect(result.lifetime == .seconds(7_200) && !result.isCallable)
    }

    @Test func withdrawingWinsOverAPublicationUnderWay() async throws {
        let world = try await World()
        let keys = try IdentityKeys.generate()
        let raw = try world.raw(keys)
        world.network.hold()
        let signed = try record(keys, for: world, addresses: ["192.0.2.7:4000"]).signed
        try await raw.link.send(
            DirectoryEnvelope.request(.init(id: 1, body: .publish(signed, handle: nil))).encoded())
        await world.network.untilHeld()
        // Answered while the dial-back is under way.
        #expect(
            try await DirectoryEnvelope(decoding: raw.ask(.unregister, id: 2))
                == .response(.init(id: 2, body: .unregistered)))
        world.network.release()
        let answer = try await raw.link.receive().map { try DirectoryEnvelope(decoding: $0) }
        #expect(answer == .response(.init(id: 1, body: .failure(.unavailable))))
        #expect(await world.service.presenceCount == 0)
    }

    /// From another link of the same identity, too.
    @Test func withdrawingOverAnotherLinkCounts() async throws {
        let world = try await World()
        let keys = try IdentityKeys.generate()
        let first = try world.connect(keys)
        world.network.hold()
        let publishing = Task {
            try await first.client.publish(
                addresses: [Endpoint("192.0.2.7:4000")], discoverable: true, handle: nil)
        }
        await world.network.untilHeld()
        let second = try world.connect(keys)
        try await second.client.unregister()
        world.network.release()
        await #expect(throws: DirectoryError.refused(.unavailable)) { _ = try await publishing.value }
        #expect(await world.service.presenceCount == 0)
    }

    @Test func presencesAreBounded() async throws {
        var options = ServiceOptions()
        options.limits.presences = 1
        let world = try await World(options: options)
        let (first, _) = try await world.join()
        await #expect(throws: DirectoryError.refused(.full)) { try await world.join() }
        // Whoever is there may renew.
        _ = try await first.client.publish(addresses: [], discoverable: true, handle: nil)
        try await first.client.unregister()
        try await world.join()
    }

    /// Runs a service with its store in a file, and looks into every file for the addresses, as text and as the
    /// bytes of a record.
    @Test func noAddressIsEverWrittenToDisk() async throws {
        let folder = try TemporaryFolder()
        let store = try SQLiteClaimStore(path: folder.path + "/directory.sqlite")
        let world = try await World(store: store)
        let (connection, _) = try await world.join("alice", at: ["192.0.2.7:4000", "192.0.2.7:48879"])
        try await connection.client.release(Handle("alice"))
        try await connection.client.claim(Handle("alice"), recoveryHash: nil)
        await connection.cut()
        var found = 0
        for name in try folder.names() {
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + name)))
            found += bytes.count
            for secret in [Array("192.0.2.7".utf8), [192, 0, 2, 7], Array("4000".utf8), Array("48879".utf8)] {
                #expect(!bytes.contains(secret), "\(name)")
            }
        }
        #expect(found > 4_096)
    }
}

extension [UInt8] {
    func contains(_ part: [UInt8]) -> Bool {
        guard let first = part.first, count >= part.count else { return false }
        return indices.dropLast(part.count - 1).contains {
            self[$0] == first && self[$0..<$0 + part.count].elementsEqual(part)
        }
    }
}
