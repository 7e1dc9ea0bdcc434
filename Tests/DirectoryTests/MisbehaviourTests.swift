import Directory
import Identity
import Testing
import Wire

/// A directory that lies: nothing of it gets past the client, and the link ends.
@Suite struct MisbehaviourTests {
    let directory: IdentityKeys
    let me: IdentityKeys
    let alice: IdentityKeys
    let handle: Handle

    init() throws {
        directory = try IdentityKeys.generate()
        me = try IdentityKeys.generate()
        alice = try IdentityKeys.generate()
        handle = try Handle("alice")
    }

    /// Runs `ask` against a directory that answers with what `lie` makes of each request.
    func deceive<Value: Sendable>(
        _ lie: @escaping @Sendable (DirectoryRequest) throws -> [DirectoryEnvelope],
        _ ask: @Sendable (DirectoryClient) async throws -> Value
    ) async throws -> Value {
        let (near, far) = try InMemoryLink.pair(
            from: me.publicIdentity, at: Endpoint("192.0.2.7:1"), to: directory.publicIdentity)
        let client = DirectoryClient(
            link: near, identity: me, sleep: { _ in try await Task.sleep(for: .seconds(3_600)) },
            now: { ManualTime.start })
        let running = Task { await client.run() }
        let lying = Task {
            while let bytes = try await far.receive() {
                guard case .request(let request) = try DirectoryEnvelope(decoding: bytes) else { return }
                for envelope in try lie(request) { try await far.send(envelope.encoded()) }
            }
        }
        defer {
            running.cancel()
            lying.cancel()
        }
        return try await ask(client)
    }

    /// Expects that the client calls this answer misbehaviour, and that the link is over then.
    func expectMisbehaviour<Value: Sendable>(
        _ body: DirectoryResponse.Body, _ comment: Comment? = nil,
        location: SourceLocation = #_sourceLocation,
        _ ask: @escaping @Sendable (DirectoryClient) async throws -> Value
    ) async throws {
        try await deceive({ [.response(.init(id: $0.id, body: body))] }) { client in
            for _ in 0..<2 {
                await #expect(comment, sourceLocation: location) {
                    _ = try await ask(client)
                } throws: { error in
                    if case .misbehaves = error as? DirectoryError { true } else { false }
                }
            }
        }
    }

    func record(
        _ keys: IdentityKeys, for directory: IdentityKeys? = nil, addresses: [String] = ["192.0.2.9:1"],
        discoverable: Bool = true
    ) throws -> SignedRecord {
        try PresenceRecord.make(
            PresenceFields(
                identity: keys.publicIdentity, directory: (directory ?? self.directory).publicIdentity,
                addresses: addresses.map { try NetworkAddress(Endpoint($0)) }, discoverable: discoverable,
                sequence: 1, lifetime: 60),
            by: keys
        ).signed
    }

    func claim(_ name: String = "alice", by keys: IdentityKeys) throws -> LogEntry {
        try LogEntry.make(
            .claim(recovery: .none), label: Label(Handle(name)), after: nil,
            time: 1,
            by: keys)
    }

    @Test func honestAnswersPass() async throws {
        let served = ServedPresence(record: try record(alice), named: nil)
        let found = try await deceive({ [.response(.init(id: $0.id, body: .lookedUp(served)))] }) { client in
            _ = try await client.lookup(.address(Endpoint("192.0.2.9:1")))
            return try await client.lookup(.identity(alice.publicIdentity))
        }
        #expect(found?.identity == alice.publicIdentity)
    }

    @Test func falsePresencesAreNoticed() async throws {
        let (alice, handle) = (alice, handle)
        let good = try record(alice)
        let other = try record(me)
        var altered = good.bytes
        altered[altered.count - 1] ^= 1
        let lies: [(Comment, ServedPresence)] = [
            (
                "signature of another",
                .init(record: try .init(bytes: good.bytes, signature: other.signature), named: nil)
            ),
            ("altered", .init(record: try .init(bytes: altered, signature: good.signature), named: nil)),
            ("no record", .init(record: try .init(bytes: [1, 2], signature: good.signature), named: nil)),
            ("of somebody else", .init(record: other, named: nil)),
            ("for another directory", .init(record: try record(alice, for: me), named: nil)),
            ("hidden", .init(record: try record(alice, discoverable: false), named: nil)),
            ("handle without claim", .init(record: good, named: (handle, [1]))),
            ("another's claim", .init(record: good, named: (handle, try claim(by: me).bytes))),
            (
                "claim of another handle",
                .init(record: good, named: (handle, try claim("bob", by: alice).bytes))
            ),
        ]
        for (comment, served) in lies {
            try await expectMisbehaviour(.lookedUp(served), comment) {
                try await $0.lookup(.identity(alice.publicIdentity))
            }
            if comment != "of somebody else" {
                try await expectMisbehaviour(.listed([served], more: false), comment) { try await $0.list() }
            }
        }
    }

    @Test func answersToOtherQuestionsAreNoticed() async throws {
        let (handle, alice) = (handle, alice)
        let served = ServedPresence(
            record: try record(alice), named: (try Handle("bob"), try claim("bob", by: alice).bytes))
        try await expectMisbehaviour(.lookedUp(served)) { try await $0.lookup(.handle(handle)) }
        try await expectMisbehaviour(.lookedUp(served)) {
            try await $0.lookup(.address(Endpoint("192.0.2.9:2")))
        }
        try await expectMisbehaviour(.confirmed(claim: claim("bob", by: alice).bytes)) {
            try await $0.confirm(handle, identity: alice.publicIdentity)
        }
        try await expectMisbehaviour(.newest(entry: claim("bob", by: alice).bytes)) {
            try await $0.claim(handle, recoveryHash: nil)
        }
        try await expectMisbehaviour(.newest(entry: [1])) { try await $0.holder(of: handle) }
        try await expectMisbehaviour(.watching) { try await $0.list() }
        try await expectMisbehaviour(.appended()) { try await $0.lookup(.handle(handle)) }
        try await expectMisbehaviour(.unregistered) { try await $0.watch() }
        try await expectMisbehaviour(.watching) { try await $0.unregister() }
        try await expectMisbehaviour(.watching) {
            try await $0.publish(addresses: [], discoverable: true, handle: nil)
        }
    }

    @Test func listsOutOfOrderAreNoticed() async throws {
        let sorted = [me, alice].sorted { $0.publicIdentity < $1.publicIdentity }
        let page = try sorted.map { ServedPresence(record: try record($0), named: nil) }
        try await expectMisbehaviour(.listed(page.reversed(), more: false)) { try await $0.list() }
        // The same page again and again.
        try await expectMisbehaviour(.listed(page, more: true)) { try await $0.list() }
    }

    @Test func contradictoryPublicationsAreNoticed() async throws {
        let address = try NetworkAddress(Endpoint("192.0.2.7:4000"))
        let reached = DialledAddress(address: address, reachability: .reachable)
        let lies: [DirectoryResponse.Publication] = [
            .init(inForce: true, lifetime: 60, addresses: []),
            .init(inForce: true, lifetime: 60, addresses: [reached, reached]),
            .init(inForce: true, lifetime: 60, addresses: [.init(address: address, reachability: .refused)]),
            .init(inForce: false, lifetime: 0, addresses: [reached]),
        ]
        for lie in lies {
            try await expectMisbehaviour(.published(lie)) {
                try await $0.publish(addresses: [address.endpoint], discoverable: true, handle: nil)
            }
        }
    }

    @Test func whatNoDirectorySendsIsNoticed() async throws {
        let lies: [DirectoryEnvelope] = [
            .request(.init(id: 1, body: .observe)), .response(.init(id: 99, body: .watching)),
            .event(.came(ServedPresence(record: try record(alice, for: me), named: nil))),
        ]
        for lie in lies {
            _ = try await deceive({ _ in [lie] }) { client in
                await #expect {
                    _ = try await client.list()
                } throws: { error in
                    if case .misbehaves = error as? DirectoryError { true } else { false }
                }
            }
        }
    }
}

/// Requests, their answers, and the lack of them.
@Suite struct ClientTests {
    @Test func silenceEndsTheLink() async throws {
        let (me, directory) = (try IdentityKeys.generate(), try IdentityKeys.generate())
        let (near, far) = try InMemoryLink.pair(
            from: me.publicIdentity, at: Endpoint("192.0.2.7:1"), to: directory.publicIdentity)
        let sleep = ManualSleep(ignoring: .zero)
        let client = DirectoryClient(link: near, identity: me, sleep: { try await sleep.sleep($0) })
        let running = Task { await client.run() }
        let watching = Task { try await client.watch() }
        let limit = try #require(await sleep.next())
        #expect(limit.duration == .seconds(10))
        sleep.wake(limit)
        await #expect(throws: DirectoryError.notReachable("the directory does not answer")) {
            _ = try await watching.value
        }
        guard case .notReachable = await running.value else {
            Issue.record("ended otherwise")
            return
        }
        // Cut, not closed; the request that was sent before is gone with it.
        await #expect(throws: LinkCut.self) { _ = try await far.receive() }
        await #expect(throws: DirectoryError.self) { _ = try await client.list() }
    }

    @Test func answersMayComeInAnyOrder() async throws {
        let (me, directory) = (try IdentityKeys.generate(), try IdentityKeys.generate())
        let (near, far) = try InMemoryLink.pair(
            from: me.publicIdentity, at: Endpoint("192.0.2.7:1"), to: directory.publicIdentity)
        let client = DirectoryClient(
            link: near, identity: me, sleep: { _ in try await Task.sleep(for: .seconds(3_600)) })
        let running = Task { await client.run() }
        async let ip = client.observe()
        async let none = client.lookup(.identity(me.publicIdentity))
        var answers: [DirectoryResponse] = []
        for _ in 0..<2 {
            let bytes = try #require(try await far.receive())
            guard case .request(let request) = try DirectoryEnvelope(decoding: bytes) else { continue }
            let body: DirectoryResponse.Body =
                switch request.body {
                case .observe: .observed(try #require(IPAddress("192.0.2.7")))
                default: .lookedUp(nil)
                }
            answers.append(.init(id: request.id, body: body))
        }
        for answer in answers.reversed() { try await far.send(DirectoryEnvelope.response(answer).encoded()) }
        #expect(try await ip.description == "192.0.2.7")
        #expect(try await none == nil)
        await client.close()
        #expect(await running.value == .closed)
        await #expect(throws: DirectoryError.closed) { _ = try await client.list() }
    }

    @Test func watchersEndWithTheLink() async throws {
        let world = try await World()
        let connection = try world.connect(IdentityKeys.generate())
        let events = try await connection.client.watch()
        await connection.cut()
        for await _ in events {}
        for await _ in await connection.client.addedLate() {}
    }
}

extension DirectoryClient {
    /// A receiver that comes after the end.
    fileprivate func addedLate() async -> AsyncStream<PresenceEvent> {
        (try? await watch()) ?? AsyncStream { $0.finish() }
    }
}
