import Directory
import DirectoryServer
import Identity
import Testing
import Wire

/// What the directory dials, and what it must never dial.
@Suite struct DialBackTests {
    @Test func onlyReachedAddressesAreServed() async throws {
        let world = try await World()
        try world.network.set("192.0.2.7:4001", .refused)
        try world.network.set("192.0.2.7:4002", .timedOut)
        try world.network.set("192.0.2.7:4003", .wrongIdentity)
        let keys = try IdentityKeys.generate()
        let connection = try world.connect(keys)
        let endpoints = try (0...3).map { try Endpoint("192.0.2.7:400\($0)") }
        let result = try await connection.client.publish(
            addresses: endpoints, discoverable: true, handle: nil)
        #expect(result.addresses.map(\.reachability) == [.reachable, .refused, .timedOut, .wrongIdentity])
        #expect(result.addresses.map(\.endpoint) == endpoints && result.isCallable)
        #expect(Set(world.dialled.all) == Set(endpoints))
        let bob = try world.connect(IdentityKeys.generate())
        #expect(
            try await bob.client.lookup(.identity(keys.publicIdentity))?.addresses
                == [try Endpoint("192.0.2.7:4000")])
        for endpoint in endpoints.dropFirst() {
            #expect(try await bob.client.lookup(.address(endpoint)) == nil)
        }
    }

    @Test func nothingIsServedBeforeItWasReached() async throws {
        let world = try await World()
        world.network.hold()
        let keys = try IdentityKeys.generate()
        let connection = try world.connect(keys)
        let publishing = Task {
            try await connection.client.publish(
                addresses: [Endpoint("192.0.2.7:4000")], discoverable: true, handle: nil)
        }
        await world.network.untilHeld()
        let bob = try world.connect(IdentityKeys.generate())
        #expect(try await bob.client.lookup(.identity(keys.publicIdentity)) == nil)
        #expect(try await bob.client.list() == [])
        world.network.release()
        _ = try await publishing.value
        #expect(try await bob.client.list().count == 1)
    }

    @Test(arguments: ["192.0.2.8:4000", "198.51.100.1:25", "[2001:db8::7]:4000", "127.0.0.1:22"])
    func thirdPartiesAreNeverDialled(address: String) async throws {
        let world = try await World()
        let keys = try IdentityKeys.generate()
        let connection = try world.connect(keys)
        let result = try await connection.client.publish(
            addresses: [Endpoint(address)], discoverable: true, handle: nil)
        #expect(result.addresses.map(\.reachability) == [.otherAddress])
        #expect(world.dialled.all == [])
        let bob = try world.connect(IdentityKeys.generate())
        #expect(try await bob.client.lookup(.identity(keys.publicIdentity))?.addresses == [])
        #expect(try await bob.client.lookup(.address(Endpoint(address))) == nil)
    }

    /// As a client that does not ask first, but publishes what it likes.
    @Test func recordWithAThirdPartyIsNotInForce() async throws {
        let world = try await World()
        let keys = try IdentityKeys.generate()
        let raw = try world.raw(keys)
        let addresses = try ["192.0.2.7:4000", "192.0.2.8:4000"].map { try NetworkAddress(Endpoint($0)) }
        let record = try PresenceRecord.make(
            PresenceFields(
                identity: keys.publicIdentity, directory: world.keys.publicIdentity, addresses: addresses,
                discoverable: true, sequence: 1, lifetime: 100),
            by: keys)
        let answer = try await raw.answer(.publish(record.signed, handle: nil))
        #expect(
            answer
                == .published(
                    .init(
                        inForce: false, lifetime: 0,
                        addresses: [
                            .init(address: addresses[0], reachability: .reachable),
                            .init(address: addresses[1], reachability: .otherAddress),
                        ])))
        #expect(world.dialled.all == [addresses[0].endpoint])
        #expect(await world.service.presenceCount == 0)
    }

    @Test func operatorMayAllowAnyAddress() async throws {
        var options = ServiceOptions()
        options.allowAnyAddress = true
        let world = try await World(options: options)
        try world.network.set("198.51.100.2:4000", .timedOut)
        let connection = try world.connect(IdentityKeys.generate())
        let result = try await connection.client.publish(
            addresses: [Endpoint("198.51.100.1:4000"), Endpoint("198.51.100.2:4000")], discoverable: true,
            handle: nil)
        #expect(result.addresses.map(\.reachability) == [.reachable, .timedOut])
        #expect(world.dialled.all.count == 2)
    }

    @Test func mappedAddressIsTheSameAddress() async throws {
        let world = try await World()
        let connection = try world.connect(IdentityKeys.generate(), at: "[::ffff:192.0.2.7]:50000")
        let result = try await connection.client.publish(
            addresses: [Endpoint("192.0.2.7:4000")], discoverable: true, handle: nil)
        #expect(result.isCallable)
        #expect(try await connection.client.observe().description == "192.0.2.7")
    }

    @Test func knownAddressesAreNotDialledAgain() async throws {
        let world = try await World()
        try world.network.set("192.0.2.7:4001", .refused)
        let keys = try IdentityKeys.generate()
        let connection = try world.connect(keys)
        let endpoints = [try Endpoint("192.0.2.7:4000"), try Endpoint("192.0.2.7:4001")]
        for discoverable in [true, false, true] {
            _ = try await connection.client.publish(
                addresses: endpoints, discoverable: discoverable, handle: nil, dialBackAnew: false)
        }
        #expect(world.dialled.all.count == 2)
        // Asked for anew, what was not reached is dialled, what was is not.
        try world.network.set("192.0.2.7:4001", .reachable)
        let result = try await connection.client.publish(
            addresses: endpoints, discoverable: true, handle: nil)
        #expect(result.addresses.map(\.reachability) == [.reachable, .reachable])
        #expect(world.dialled.all.count == 3)
        // Another link has to prove itself anew.
        let other = try world.connect(keys)
        _ = try await other.client.publish(addresses: endpoints, discoverable: true, handle: nil)
        #expect(world.dialled.all.count == 5)
    }

    @Test func dialBacksAreLimited() async throws {
        var options = ServiceOptions()
        options.limits.dialBacksPerIdentity = Rate(3, per: .seconds(60))
        options.limits.dialBacksPerAddress = Rate(5, per: .seconds(60))
        let world = try await World(options: options)
        let first = try world.connect(IdentityKeys.generate())
        let endpoints = try (1...4).map { try Endpoint("192.0.2.7:400\($0)") }
        let result = try await first.client.publish(addresses: endpoints, discoverable: true, handle: nil)
        #expect(
            result.addresses.map(\.reachability) == [.reachable, .reachable, .reachable, .dialledTooOften])
        // Others at the same address share what is left of it.
        let second = try world.connect(IdentityKeys.generate())
        let others = try (5...8).map { try Endpoint("192.0.2.7:400\($0)") }
        let rest = try await second.client.publish(addresses: others, discoverable: true, handle: nil)
        #expect(
            rest.addresses.map(\.reachability)
                == [.reachable, .reachable, .dialledTooOften, .dialledTooOften])
        #expect(world.dialled.all.count == 5)
        world.time.advance(.seconds(60))
        #expect(
            try await first.client.publish(addresses: endpoints, discoverable: true, handle: nil)
                .addresses.allSatisfy { $0.reachability == .reachable })
    }

    @Test func namesAreNotResolved() async throws {
        let world = try await World()
        let connection = try world.connect(IdentityKeys.generate())
        await #expect(throws: DirectoryError.invalidRequest("host.example:1 is no ip address with a port")) {
            _ = try await connection.client.publish(
                addresses: [Endpoint("host.example:1")], discoverable: true, handle: nil)
        }
    }
}
