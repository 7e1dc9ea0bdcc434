import Directory
import DirectoryServer
import Foundation
import Identity
import Lies
import Synchronization
import Testing
import Transparency
import Wire

/// Witnesses: what they cosign, who waits for them, and what a policy refuses.
@Suite struct WitnessTests {
    let witnesses: [IdentityKeys]
    let alice: IdentityKeys

    init() throws {
        witnesses = [try IdentityKeys.generate(), try IdentityKeys.generate()]
        alice = try IdentityKeys.generate()
    }

    /// Of both witnesses, or of one of them.
    func policy(_ least: String = "all") throws -> WitnessPolicy {
        let lines = try witnesses.enumerated().map { number, keys in
            "witness w\(number + 1) \(try WitnessSigner(keys).key.text)\n"
        }
        return try WitnessPolicy(text: lines.joined() + "group g \(least) w1 w2\nquorum g\n")
    }

    func witnessing(
        _ least: String = "all",
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            _ in try await Task.sleep(for: .seconds(3_600))
        }
    ) throws -> DirectoryLog.Witnessing {
        DirectoryLog.Witnessing(policy: try policy(least), sleep: sleep)
    }

    /// A witness at work: its link, what it cosigned, and how it ended.
    func start(
        _ keys: IdentityKeys, at world: World, keeper: any LogKeeper = MemoryKeeper(),
        book given: LogBook? = nil,
        lie: Lie? = nil
    ) throws -> (
        cosigned: AsyncStream<LogWitness.Cosigned>, end: Task<(any Error)?, Never>, book: LogBook
    ) {
        let (near, far) = try InMemoryLink.pair(
            from: keys.publicIdentity, at: Endpoint("192.0.2.9:1"), to: world.keys.publicIdentity)
        let (time, service) = (world.time, world.service)
        let book = try given ?? LogBook(of: world.keys.publicIdentity, keeper: keeper)
        let client = DirectoryClient(
            link: near, identity: keys, log: book,
            sleep: { _ in try await Task.sleep(for: .seconds(3_600)) }, now: { time.now })
        Task { await client.run() }
        let served: any EnvelopeLink = lie.map { lie in LyingLink(far) { lie } } ?? far
        Task { await service.serve(served) }
        let (cosigned, report) = AsyncStream<LogWitness.Cosigned>.makeStream()
        let signer = try WitnessSigner(keys)
        let end = Task<(any Error)?, Never> {
            let witness = LogWitness(
                client: client, signer: signer, sleep: { _ in try await Task.sleep(for: .seconds(3_600)) },
                report: { report.yield($0) })
            defer { report.finish() }
            do {
                try await witness.run()
                return nil
            } catch {
                return error
            }
        }
        return (cosigned, end, book)
    }

    /// A client of a home whose policy asks for cosignatures.
    func client(
        _ keys: IdentityKeys, of world: World, _ policy: WitnessPolicy
    ) async throws -> (client: DirectoryClient, book: LogBook) {
        let book = LogBook(of: world.keys.publicIdentity)
        try await book.set(policy: policy)
        let (link, _) = try world.link(keys)
        let time = world.time
        let client = DirectoryClient(
            link: link, identity: keys, log: book,
            sleep: { _ in try await Task.sleep(for: .seconds(3_600)) }, now: { time.now })
        Task { await client.run() }
        return (client, book)
    }

    func names(_ book: LogBook, at world: World) throws -> [String] {
        let newest = try #require(book.view?.newest)
        let time = UInt64(world.time.now.timeIntervalSince1970)
        return LogView.witnesses(of: try policy(), under: newest, at: time).map(\.name)
    }

    // MARK: Cosigning

    @Test(.timeLimit(.minutes(5))) func whatIsShownIsCosigned() async throws {
        let world = try await World(witnessing: witnessing())
        var cosigned: [AsyncStream<LogWitness.Cosigned>.Iterator] = []
        for keys in witnesses {
            var iterator = try start(keys, at: world).cosigned.makeAsyncIterator()
            #expect(await iterator.next()?.size == 0)
            cosigned.append(iterator)
        }
        let (client, book) = try await client(alice, of: world, policy())
        // Each answer has the checkpoint after the entry, and the policy is content with it at once.
        for name in ["alice", "alice2", "alice3"] { try await client.claim(Handle(name), recoveryHash: nil) }
        #expect(try names(book, at: world) == ["w1", "w2"])
        #expect(book.view?.newest?.checkpoint.size == 3)
        for index in cosigned.indices {
            #expect(await cosigned[index].next()?.size == 1)
            #expect(await cosigned[index].next()?.size == 2)
            #expect(await cosigned[index].next()?.size == 3)
        }
        #expect(world.operatorLog.all == [.witnessCame("w1"), .witnessCame("w2")])
    }

    /// What came into the log while it was audited is audited before it is cosigned.
    @Test(.timeLimit(.minutes(5))) func aCheckpointThatCameDuringTheAuditIsAuditedFirst() async throws {
        let world = try await World(witnessing: witnessing("any"))
        var other = try start(witnesses[1], at: world).cosigned.makeAsyncIterator()
        #expect(await other.next()?.size == 0)
        let book = LogBook(of: world.keys.publicIdentity)
        // The witness' book learns of the second entry by this client, which shares it, while the first one is read.
        let (link, _) = try world.link(alice)
        let time = world.time
        let client = DirectoryClient(
            link: link, identity: alice, log: book,
            sleep: { _ in try await Task.sleep(for: .seconds(3_600)) }, now: { time.now })
        Task { await client.run() }
        try await client.claim(Handle("alice"), recoveryHash: nil)
        let hasGrown = Mutex(false)
        let audited = Mutex<[UInt64]>([])
        let witness = try start(witnesses[0], at: world, book: book) { request, answer in
            if case .log(.entries) = request,
                hasGrown.withLock({ grown in
                    defer { grown = true }
                    return !grown
                })
            {
                try await client.claim(Handle("alice2"), recoveryHash: nil)
            }
            if case .cosign = request { audited.withLock { $0.append(book.memory.replica?.checked ?? 0) } }
            return answer
        }
        var cosigned = witness.cosigned.makeAsyncIterator()
        #expect(await cosigned.next()?.size == 2)
        #expect(audited.withLock { $0.first } == 2)
    }

    @Test(.timeLimit(.minutes(5))) func lookUpsWaitForWhatIsNotCosigned() async throws {
        let world = try await World(witnessing: witnessing("any"))
        let witness = try world.raw(witnesses[0])
        #expect(try await witness.response(.witness) == .witnessing)
        let entry = try claim("alice")
        async let receipt = world.log.append(entry)
        // The bell of the start, and that of the entry.
        var size: UInt64 = 0
        var note: [UInt8] = []
        while size == 0 {
            guard case .checkpoint(let bytes, _) = try await witness.response(.log(.checkpoint(from: 0)))
            else {
                throw LinkCut()
            }
            note = bytes
            size = try #require(Checkpoint(text: SignedNote(bytes: note).text)).size
        }
        // The witness sees it, others wait.
        async let answer = world.log.newest(entry.entry.label)
        while await world.log.lookingCount == 0 { await Task.yield() }
        let checkpoint = try #require(Checkpoint(text: SignedNote(bytes: note).text))
        let line = try WitnessSigner(witnesses[0]).cosign(checkpoint, at: 1_800_000_000).line
        #expect(try await witness.response(.cosign(line: line)) == .cosigned)
        #expect(String(decoding: try await receipt.evidence.checkpoint, as: UTF8.self).contains(line))
        let looked = try await answer
        #expect(looked.entry == entry.entry)
        #expect(String(decoding: looked.evidence.checkpoint, as: UTF8.self).contains(line))
    }

    @Test(.timeLimit(.minutes(5))) func aWitnessThatHangsIsWaitedForOnce() async throws {
        let sleep = ManualSleep(ignoring: .seconds(3_600))
        let world = try await World(witnessing: witnessing("any", sleep: { try await sleep.sleep($0) }))
        // Nobody is there: nothing is waited for.
        _ = try await world.log.append(claim("first"))
        let witness = try world.raw(witnesses[0])
        #expect(try await witness.response(.witness) == .witnessing)
        let second = try claim("second")
        async let receipt = world.log.append(second)
        let sleeper = try #require(await sleep.next())
        #expect(sleeper.duration == .seconds(2))
        sleep.wake(sleeper)
        #expect(try await receipt.position == 1)
        // Until it cosigns again, nobody waits for it.
        let third = try await world.log.append(claim("third"))
        #expect(third.position == 2)
        let note = try SignedNote(bytes: third.evidence.checkpoint)
        let line = try WitnessSigner(witnesses[0]).cosign(
            #require(Checkpoint(text: note.text)), at: 1_800_000_000
        ).line
        #expect(try await witness.response(.cosign(line: line)) == .cosigned)
        let fourth = try claim("fourth")
        async let last = world.log.append(fourth)
        sleep.wake(try #require(await sleep.next()))
        #expect(try await last.position == 3)
    }

    /// A link that ends while it is waited for is not waited for any more.
    @Test(.timeLimit(.minutes(5))) func aWitnessThatLeavesHoldsNobodyUp() async throws {
        let sleep = ManualSleep(ignoring: .seconds(3_600))
        let world = try await World(witnessing: witnessing("any", sleep: { try await sleep.sleep($0) }))
        let witness = try world.raw(witnesses[0])
        #expect(try await witness.response(.witness) == .witnessing)
        let entry = try claim("alice")
        async let receipt = world.log.append(entry)
        _ = try #require(await sleep.next())
        witness.link.cut()
        #expect(try await receipt.position == 0)
        await witness.served.value
        #expect(world.operatorLog.all == [.witnessCame("w1"), .witnessLeft("w1")])
    }

    @Test func othersAreNoWitnesses() async throws {
        let world = try await World(witnessing: witnessing("any"))
        let stranger = try world.raw(alice)
        #expect(try await stranger.response(.witness) == .failure(.notAWitness))
        let none = try await World()
        #expect(try await none.raw(witnesses[0]).response(.witness) == .failure(.notAWitness))

        let (note, _) = try await world.log.checkpoint(from: 0)
        let checkpoint = try #require(Checkpoint(text: SignedNote(bytes: note).text))
        func line(_ keys: IdentityKeys, _ checkpoint: Checkpoint) throws -> String {
            try WitnessSigner(keys).cosign(checkpoint, at: 1_800_000_000).line
        }
        let good = try line(witnesses[0], checkpoint)
        #expect(try await stranger.response(.cosign(line: good)) == .failure(.notAWitness))
        let witness = try world.raw(witnesses[0])
        // Not before it said that it is one.
        #expect(try await witness.response(.cosign(line: good)) == .failure(.notAWitness))
        #expect(try await witness.response(.witness) == .witnessing)
        // Another witness' line, one of nobody, no line at all.
        for bad in [try line(witnesses[1], checkpoint), try line(alice, checkpoint), "x", good + good] {
            #expect(try await witness.response(.cosign(line: bad)) == .failure(.notAWitness))
        }
        let other = Checkpoint(
            origin: checkpoint.origin, size: 1, root: .emptyMap, mapRoot: checkpoint.mapRoot)
        #expect(
            try await witness.response(.cosign(line: line(witnesses[0], other)))
                == .failure(.outOfSequence(newest: 0)))
        #expect(try await world.log.checkpoint(from: 0).checkpoint == note)
        #expect(try await witness.response(.cosign(line: good)) == .cosigned)
        #expect(try await world.log.checkpoint(from: 0).checkpoint != note)
        // An older one does not take its place.
        let older = try WitnessSigner(witnesses[0]).cosign(checkpoint, at: 1).line
        #expect(try await witness.response(.cosign(line: older)) == .cosigned)
        let now = String(decoding: try await world.log.checkpoint(from: 0).checkpoint, as: UTF8.self)
        #expect(now.contains(good) && !now.contains(older))
    }

    @Test(.timeLimit(.minutes(5))) func cosignaturesOutliveARestart() async throws {
        let (store, lastSigned) = (MemoryClaimStore(), MemoryLastSigned())
        let keys = try IdentityKeys.generate()
        let signer = try LogSigner(LogKeyFile.generate(), directory: keys)
        let before = try await World(
            store: store, keys: keys, signer: signer, lastSigned: lastSigned, witnessing: witnessing("any"))
        var cosigned = try start(witnesses[0], at: before).cosigned.makeAsyncIterator()
        _ = await cosigned.next()
        _ = try await before.log.append(claim("alice"))
        let after = try await World(
            store: store, keys: keys, signer: signer, lastSigned: lastSigned, witnessing: witnessing("any"))
        let (client, book) = try await client(alice, of: after, policy("any"))
        try await client.checkLog()
        #expect(try names(book, at: after) == ["w1"])
        // Not those of witnesses that are not of the policy any more.
        let without = try await World(
            store: store, keys: keys, signer: signer, lastSigned: lastSigned)
        let (note, _) = try await without.log.checkpoint(from: 0)
        #expect(try SignedNote(bytes: note).signatures.count == 2)
    }

    // MARK: What a witness does not cosign

    @Test(.timeLimit(.minutes(5)), arguments: ["forked", "rewound", "wrong map", "forbidden entry"])
    func witnessesDoNotCosignLies(lie: String) async throws {
        let directory = try await LyingDirectory(witnessing: witnessing("any"))
        let world = directory.world
        for name in ["alice", "bob"] { _ = try await world.log.append(claim(name)) }
        let keeper = MemoryKeeper()
        // It saw the honest log before.
        let honest = try start(witnesses[0], at: world, keeper: keeper)
        var cosigned = honest.cosigned.makeAsyncIterator()
        #expect(await cosigned.next()?.size == 2)

        let entries = try await directory.entries()
        let (handle, mallory) = (try Handle("alice"), try IdentityKeys.generate())
        let forged = try directory.claim(handle, by: mallory)
        let log =
            switch lie {
            case "forked": try ForgedLog([forged.bytes] + entries.dropFirst(), by: directory.forger)
            case "rewound": try ForgedLog(entries.dropLast(), by: directory.forger)
            case "wrong map":
                try ForgedLog(
                    entries + [directory.claim(Handle("carol"), by: mallory).bytes],
                    showing: [Label(handle): forged], by: directory.forger)
            default: try ForgedLog(entries + [forged.bytes], by: directory.forger)
            }
        let deceived = try start(witnesses[0], at: world, keeper: keeper, lie: log.lie)
        guard case DirectoryError.misbehaves? = await deceived.end.value as? DirectoryError else {
            Issue.record("the witness did not notice: \(lie)")
            return
        }
        for await more in deceived.cosigned { Issue.record("cosigned \(more)") }
        #expect(keeper.evidence.count == (lie == "rewound" ? 0 : 1))
    }

    @Test(.timeLimit(.minutes(5))) func nothingIsCosignedThatIsNotKept() async throws {
        let world = try await World(witnessing: witnessing("any"))
        let full = try start(witnesses[0], at: world, keeper: FullKeeper())
        #expect(await full.end.value is DiskFull)
        for await more in full.cosigned { Issue.record("cosigned \(more)") }
        let (note, _) = try await world.log.checkpoint(from: 0)
        #expect(try SignedNote(bytes: note).signatures.count == 2)
    }

    // MARK: Policies

    /// Somebody who was never there before is shown a log of its own: without a policy that is believed (`UnnoticedLiesTests`).
    @Test(.timeLimit(.minutes(5)), arguments: ["all", "any"])
    func aLogForOneClientAloneIsRefused(least: String) async throws {
        let directory = try await LyingDirectory(witnessing: witnessing(least))
        let handle = try Handle("alice")
        _ = try await directory.world.log.append(claim("alice"))
        let mallory = try IdentityKeys.generate()
        var forger = directory.forger
        let fork = try ForgedLog([directory.claim(handle, by: mallory).bytes], by: forger)
        let book = LogBook(of: forger.directory)
        try await book.set(policy: policy(least))
        func ask(_ log: ForgedLog) async throws -> PublicIdentity? {
            try await directory.deceive(IdentityKeys.generate(), log: book, log.lie) { client in
                try await client.checkLog()
                return try await client.holder(of: handle)
            }
        }
        await #expect(throws: DirectoryError.notWitnessed(by: [])) { try await ask(fork) }
        #expect(book.view?.newest == nil)
        // One of the two cosigns whatever it is given: that is too little where both are asked for, and enough where one is.
        forger.accomplices = [try WitnessSigner(witnesses[1])]
        let cosigned = try ForgedLog([directory.claim(handle, by: mallory).bytes], by: forger)
        if least == "all" {
            await #expect(throws: DirectoryError.notWitnessed(by: ["w2"])) { try await ask(cosigned) }
        } else {
            #expect(try await ask(cosigned) == mallory.publicIdentity)
        }
    }

    @Test(.timeLimit(.minutes(5))) func aForkIsMisbehaviourWhoeverCosigned() async throws {
        let directory = try await LyingDirectory(witnessing: witnessing("any"))
        var cosigned = try start(witnesses[0], at: directory.world).cosigned.makeAsyncIterator()
        _ = await cosigned.next()
        _ = try await directory.world.log.append(claim("alice"))
        let keeper = MemoryKeeper()
        let book = try LogBook(of: directory.forger.directory, keeper: keeper)
        try await book.set(policy: policy("any"))
        try await directory.deceive(alice, log: book, { $1 }) { try await $0.checkLog() }
        let fork = try ForgedLog(
            [directory.claim(Handle("alice"), by: alice).bytes], by: directory.forger)
        await #expect(throws: DirectoryError.misbehaves("its log is another one than it was")) {
            try await directory.deceive(alice, log: book, fork.lie) { try await $0.checkLog() }
        }
        #expect(keeper.evidence.count == 1)
    }

    @Test(.timeLimit(.minutes(5))) func cosignaturesOfADayAgoDoNotCount() async throws {
        let world = try await World(witnessing: witnessing("any"))
        let witness = try start(witnesses[0], at: world)
        var cosigned = witness.cosigned.makeAsyncIterator()
        _ = await cosigned.next()
        let (client, _) = try await client(alice, of: world, policy("any"))
        try await client.checkLog()
        world.time.advance(.seconds(24 * 3_600 - 1))
        try await client.checkLog()
        world.time.advance(.seconds(1))
        await #expect(throws: DirectoryError.notWitnessed(by: [])) { try await client.checkLog() }
        // Nor those that are to come, by this clock.
        world.time.setWallClock(by: -48 * 3_600)
        await #expect(throws: DirectoryError.notWitnessed(by: [])) { try await client.checkLog() }
    }

    @Test func policiesAreKept() async throws {
        let directory = try IdentityKeys.generate().publicIdentity
        let keeper = MemoryKeeper()
        try await LogBook(of: directory, keeper: keeper).set(policy: policy())
        #expect(try LogBook(of: directory, keeper: keeper).memory.policy == policy())
        try await LogBook(of: directory, keeper: keeper).set(policy: nil)
        #expect(try LogBook(of: directory, keeper: keeper).memory.policy == nil)
        // Where it cannot be kept, it is not in force either: nobody is to believe that it is.
        let full = try LogBook(of: directory, keeper: FullKeeper())
        await #expect(throws: DiskFull.self) { try await full.set(policy: policy()) }
        #expect(full.memory.policy == nil)
    }

    private func claim(_ name: String) throws -> NewEntry {
        let handle = try Handle(name)
        let entry = try LogEntry.make(
            .claim(recovery: .none), label: Label(handle), after: nil, time: 1_800_000_000,
            by: IdentityKeys.generate())
        return NewEntry(entry, handle: handle)
    }
}

private struct DiskFull: Error {}

/// Keeps nothing, and says so.
private struct FullKeeper: LogKeeper {
    func state() throws -> [UInt8]? { nil }
    func keep(state: @escaping @Sendable () throws -> [UInt8]) async throws { throw DiskFull() }
    func keep(evidence: [UInt8]) async throws { throw DiskFull() }
    func page(_ number: Int) async throws -> [UInt8]? { nil }
    func keep(page: [UInt8], number: Int) async throws { throw DiskFull() }
}

extension RawClient {
    /// As `answer`, passing over events.
    fileprivate func response(_ body: DirectoryRequest.Body) async throws -> DirectoryResponse.Body {
        try await link.send(DirectoryEnvelope.request(.init(id: 9, body: body)).encoded())
        while let bytes = try await link.receive() {
            if case .response(let response) = try DirectoryEnvelope(decoding: bytes) { return response.body }
        }
        throw LinkCut()
    }
}
