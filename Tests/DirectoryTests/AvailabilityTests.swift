import Directory
import DirectoryServer
import Identity
import Testing
import Wire

/// Who is found, by whom, and that nobody can tell the hidden from the absent.
@Suite struct AvailabilityTests {
    @Test func discoverablePeerIsFoundInEveryWay() async throws {
        let world = try await World()
        let (_, alice) = try await world.join("alice", at: ["192.0.2.7:4000", "192.0.2.7:4001"])
        let bob = try world.connect(IdentityKeys.generate())
        let entry = PeerEntry(
            identity: alice.publicIdentity, handle: try Handle("alice"),
            addresses: [try Endpoint("192.0.2.7:4000"), try Endpoint("192.0.2.7:4001")])
        #expect(try await bob.client.lookup(.handle(Handle("alice"))) == entry)
        #expect(try await bob.client.lookup(.identity(alice.publicIdentity)) == entry)
        #expect(try await bob.client.lookup(.address(Endpoint("192.0.2.7:4001"))) == entry)
        #expect(try await bob.client.list() == [entry])
        #expect(try await bob.client.lookup(.address(Endpoint("192.0.2.7:4002"))) == nil)
    }

    /// The same request, asked about somebody hidden, about somebody who left, and about nobody.
    @Test func hiddenOfflineAndUnknownAreTheSameBytes() async throws {
        let world = try await World()
        let (hidden, carol) = try await world.join("carol", at: ["192.0.2.7:4000"], discoverable: false)
        let (gone, dave) = try await world.join("dave", at: ["192.0.2.7:4001"])
        try await gone.client.unregister()
        let stranger = try world.raw(IdentityKeys.generate())
        let nobody = try IdentityKeys.generate().publicIdentity
        let questions: [(String, [LookupQuery])] = [
            ("handle", try ["carol", "dave", "nobody"].map { .handle(try Handle($0)) }),
            ("identity", [carol.publicIdentity, dave.publicIdentity, nobody].map { .identity($0) }),
            (
                "address",
                try ["192.0.2.7:4000", "192.0.2.7:4001", "192.0.2.7:4002"].map {
                    .address(try NetworkAddress(Endpoint($0)))
                }
            ),
        ]
        let expected = try DirectoryEnvelope.response(.init(id: 5, body: .lookedUp(nil))).encoded()
        for (name, queries) in questions {
            for query in queries {
                #expect(try await stranger.ask(.lookup(query), id: 5) == expected, "\(name)")
            }
        }
        #expect(try await stranger.answer(.list(after: nil)) == .listed([], more: false))
        // Oneself is told what strangers are told.
        #expect(try await hidden.client.lookup(.identity(carol.publicIdentity)) == nil)
    }

    @Test func hidingAndShowingTakesEffectAtOnce() async throws {
        let world = try await World()
        let (connection, alice) = try await world.join("alice")
        let bob = try world.connect(IdentityKeys.generate())
        let endpoint = try Endpoint("192.0.2.7:4000")
        for discoverable in [false, true, false] {
            _ = try await connection.client.publish(
                addresses: [endpoint], discoverable: discoverable, handle: Handle("alice"))
            #expect(try await (bob.client.lookup(.identity(alice.publicIdentity)) != nil) == discoverable)
            #expect(try await (bob.client.lookup(.handle(Handle("alice"))) != nil) == discoverable)
            #expect(try await (bob.client.lookup(.address(endpoint)) != nil) == discoverable)
            #expect(try await bob.client.list().isEmpty != discoverable)
        }
    }

    @Test func whoeverCannotBeCalledIsFoundWithoutAddresses() async throws {
        let world = try await World()
        let (_, alice) = try await world.join(nil, at: [])
        let bob = try world.connect(IdentityKeys.generate())
        #expect(
            try await bob.client.lookup(.identity(alice.publicIdentity))
                == PeerEntry(identity: alice.publicIdentity, handle: nil, addresses: []))
    }

    @Test func listComesPageByPageInOrder() async throws {
        var options = ServiceOptions()
        options.limits.publicationsPerAddress = Rate(1_000, per: .seconds(60))
        options.limits.dialBacksPerAddress = Rate(10_000, per: .seconds(60))
        let world = try await World(options: options)
        // Eight IPv6-sized records fill a page by bytes, many small ones by number.
        var expected: [PublicIdentity] = []
        for number in 0..<230 {
            let (_, keys) = try await world.join(
                nil, at: number.isMultiple(of: 2) ? [] : (1...8).map { "192.0.2.7:\(number * 8 + $0)" })
            expected.append(keys.publicIdentity)
        }
        try await world.join(nil, at: [], discoverable: false)
        expected.sort()
        let stranger = try world.connect(IdentityKeys.generate())
        #expect(try await stranger.client.list().map(\.identity) == expected)
        let raw = try world.raw(IdentityKeys.generate())
        guard case .listed(let page, let more) = try await raw.answer(.list(after: nil)) else {
            Issue.record("no list")
            return
        }
        #expect(page.count == 100 && more)
        #expect(
            try await raw.answer(.list(after: expected.last)) == .listed([], more: false))
    }

    @Test func largestEntriesStillFitIntoAPage() async throws {
        let world = try await World(options: Self.roomy)
        for number in 0..<120 {
            let keys = try IdentityKeys.generate()
            let connection = try world.connect(keys, at: "[2001:db8::1]:50000")
            let handle = try Handle("a23456789012345678901234567890" + format(number))
            try await connection.client.claim(handle, recoveryHash: nil)
            _ = try await connection.client.publish(
                addresses: (1...8).map { try Endpoint("[2001:db8::1]:\(40_000 + number * 8 + $0)") },
                discoverable: true, handle: handle)
        }
        let stranger = try world.connect(IdentityKeys.generate())
        #expect(try await stranger.client.list().count == 120)
    }

    /// Fields that nobody knows may make a record larger than this program makes any.
    @Test func recordsFilledUpToTheLimitStillFitIntoAPage() async throws {
        let world = try await World(options: Self.roomy)
        for _ in 0..<80 {
            let keys = try IdentityKeys.generate()
            let fields = try PresenceFields(
                identity: keys.publicIdentity, directory: world.keys.publicIdentity, addresses: [],
                discoverable: true, sequence: 1, lifetime: 100)
            var bytes = try fields.encoded()
            // Field 15, with a length of two bytes.
            let filling = WireLimits.record - bytes.count - 3
            bytes += [0x7a, UInt8(filling & 0x7f) | 0x80, UInt8(filling >> 7)]
            bytes += Array(repeating: 0, count: filling)
            let signed = try SignedRecord(
                bytes: bytes, signature: keys.sign(context: "presence", body: bytes))
            let answer = try await world.raw(keys).answer(.publish(signed, handle: nil))
            #expect(answer == .published(.init(inForce: true, lifetime: 100, addresses: [])))
        }
        let stranger = try world.connect(IdentityKeys.generate())
        #expect(try await stranger.client.list().count == 80)
    }

    private static var roomy: ServiceOptions {
        var options = ServiceOptions()
        let plenty = Rate(100_000, per: .seconds(60))
        options.limits.publicationsPerAddress = plenty
        options.limits.dialBacksPerAddress = plenty
        options.limits.claimsPerAddress = plenty
        options.limits.lookupsPerAddress = plenty
        return options
    }

    private func format(_ number: Int) -> String {
        let digits = String(number, radix: 36)
        return String(repeating: "0", count: 2 - digits.count) + digits
    }

    @Test func watchersSeeTheDiscoverableComeAndGo() async throws {
        let world = try await World()
        let bob = try world.connect(IdentityKeys.generate())
        var events = try await bob.client.watch().makeAsyncIterator()
        try await world.join("carol", discoverable: false)
        let (connection, alice) = try await world.join("alice")
        let entry = PeerEntry(
            identity: alice.publicIdentity, handle: try Handle("alice"),
            addresses: [try Endpoint("192.0.2.7:4000")])
        #expect(await events.next() == .came(entry))
        // Renewing is no news, hiding is.
        let again = try Endpoint("192.0.2.7:4000")
        _ = try await connection.client.publish(
            addresses: [again], discoverable: true, handle: Handle("alice"))
        _ = try await connection.client.publish(
            addresses: [again], discoverable: false, handle: Handle("alice"))
        #expect(await events.next() == .left(alice.publicIdentity))
        _ = try await connection.client.publish(addresses: [], discoverable: true, handle: nil)
        #expect(
            await events.next()
                == .came(PeerEntry(identity: alice.publicIdentity, handle: nil, addresses: [])))
        try await connection.client.unregister()
        #expect(await events.next() == .left(alice.publicIdentity))
    }

    @Test func watcherThatIsTooSlowIsTold() async throws {
        var options = ServiceOptions()
        options.limits.eventsPerWatcher = 0
        let world = try await World(options: options)
        let bob = try world.connect(IdentityKeys.generate())
        var events = try await bob.client.watch().makeAsyncIterator()
        try await world.join()
        #expect(await events.next() == .missed)
    }

    @Test func watchersAreBounded() async throws {
        var options = ServiceOptions()
        options.limits.watchers = 1
        let world = try await World(options: options)
        let first = try world.connect(IdentityKeys.generate())
        let second = try world.connect(IdentityKeys.generate())
        _ = try await first.client.watch()
        _ = try await first.client.watch()
        await #expect(throws: DirectoryError.refused(.full)) { _ = try await second.client.watch() }
        await first.cut()
        _ = try await second.client.watch()
    }
}
