import Directory
import DirectoryServer
import Identity
import Testing
import Wire

/// Whom the service talks to, and how it meets bad manners.
@Suite struct ServiceTests {
    @Test func privateDirectoryLetsOnlyItsOwnIn() async throws {
        let (member, stranger) = (try IdentityKeys.generate(), try IdentityKeys.generate())
        let world = try await World(allow: [member.publicIdentity])
        try await world.join(keys: member)
        let outside = try world.connect(stranger)
        await outside.served.value
        await #expect(throws: DirectoryError.self) { _ = try await outside.client.list() }
        #expect(try await world.connect(member).client.list().count == 1)
    }

    @Test func lookupsAreLimitedByIdentityAndAddress() async throws {
        let world = try await World()
        let query = PeerQuery.handle(try Handle("nobody"))
        for _ in 0..<10 {
            let connection = try world.connect(IdentityKeys.generate())
            for _ in 0..<60 { #expect(try await connection.client.lookup(query) == nil) }
            await #expect(throws: DirectoryError.rateLimited(retryAfter: .seconds(2))) {
                _ = try await connection.client.lookup(query)
            }
        }
        let fresh = try world.connect(IdentityKeys.generate())
        await #expect(throws: DirectoryError.rateLimited(retryAfter: .seconds(1))) {
            _ = try await fresh.client.lookup(query)
        }
        let elsewhere = try world.connect(IdentityKeys.generate(), at: "192.0.2.8:50000")
        #expect(try await elsewhere.client.lookup(query) == nil)
        world.time.advance(.seconds(1))
        #expect(try await fresh.client.lookup(query) == nil)
    }

    @Test func everyWayToAskIsCounted() async throws {
        var options = ServiceOptions()
        options.limits.lookupsPerIdentity = Rate(1, per: .seconds(60))
        let world = try await World(options: options)
        let identity = try IdentityKeys.generate().publicIdentity
        let handle = try Handle("alice")
        let asked: [DirectoryRequest.Body] = [
            .lookup(.handle(handle)), .lookup(.identity(identity)), .list(after: nil), .watch,
            .confirm(handle, identity), .newest(label: Label(handle).bytes),
        ]
        for body in asked {
            let raw = try world.raw(IdentityKeys.generate())
            if case .failure = try await raw.answer(body) { Issue.record("\(body)") }
            #expect(try await raw.answer(body) == .failure(.rateLimited(retryAfter: 61)))
        }
    }

    @Test func linksFromOneAddressAreBounded() async throws {
        var options = ServiceOptions()
        options.limits.linksPerAddress = 2
        let world = try await World(options: options)
        let first = try world.connect(IdentityKeys.generate())
        let second = try world.connect(IdentityKeys.generate())
        _ = try await (first.client.list(), second.client.list())
        let third = try world.connect(IdentityKeys.generate())
        await third.served.value
        await #expect(throws: DirectoryError.self) { _ = try await third.client.list() }
        await first.cut()
        #expect(try await world.connect(IdentityKeys.generate()).client.list() == [])
        #expect(try await world.connect(IdentityKeys.generate(), at: "192.0.2.8:1").client.list() == [])
    }

    @Test func unknownRequestsAreAnsweredAndUnknownEnvelopesIgnored() async throws {
        let world = try await World()
        let raw = try world.raw(IdentityKeys.generate())
        // Field 15 of the envelope; then a request with nothing but its id, 9.
        try await raw.link.send([0x7a, 1, 0])
        try await raw.link.send([0x0a, 2, 8, 9])
        let answer = try await raw.link.receive()
        #expect(
            try answer == DirectoryEnvelope.response(.init(id: 9, body: .failure(.unsupported))).encoded())
    }

    @Test(
        arguments: [
            [0xff], [], [0x0a, 0], [0x0a, 2, 8, 0], [0x12, 2, 8, 1], [0x1a, 0], [0x0a, 4, 8, 1, 0x3a, 0],
        ] as [[UInt8]]) func malformedEnvelopesEndTheLink(bytes: [UInt8]) async throws
    {
        let world = try await World()
        let raw = try world.raw(IdentityKeys.generate())
        try await raw.link.send(bytes)
        await raw.served.value
        await #expect(throws: LinkCut.self) { _ = try await raw.link.receive() }
    }

    @Test func requestsAreAnsweredInTheirOrder() async throws {
        let world = try await World()
        let raw = try world.raw(IdentityKeys.generate())
        for id in 1...50 as ClosedRange<UInt64> {
            try await raw.link.send(DirectoryEnvelope.request(.init(id: id, body: .observe)).encoded())
        }
        for id in 1...50 as ClosedRange<UInt64> {
            let bytes = try #require(try await raw.link.receive())
            guard case .response(let response) = try DirectoryEnvelope(decoding: bytes) else {
                Issue.record("no response")
                return
            }
            #expect(response.id == id)
        }
    }

    @Test func stoppingClosesEveryLink() async throws {
        let world = try await World()
        let (connection, _) = try await world.join()
        await world.service.close()
        #expect(await connection.running.value == .notReachable("the directory closed the link"))
        await connection.served.value
    }
}
