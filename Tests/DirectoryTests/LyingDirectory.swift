import Directory
import DirectoryServer
import Foundation
import Identity
import Synchronization
import Testing
import Transparency
import Wire

/// An honest directory, and somebody between it and the client who changes its answers and has its log's keys.
struct LyingDirectory {
    typealias Lie =
        @Sendable (DirectoryRequest.Body, DirectoryResponse.Body) async throws -> DirectoryResponse.Body

    let world: World
    let signer: LogSigner

    init() async throws {
        let keys = try IdentityKeys.generate()
        signer = try LogSigner(LogKeyFile.generate(), directory: keys)
        world = try await World(keys: keys, signer: signer)
    }

    /// A client whose answers pass through the lie.
    ///
    /// - Parameter log: what it has seen before.
    @discardableResult
    func deceive<Value: Sendable>(
        _ keys: IdentityKeys, log: LogBook? = nil, _ lie: @escaping Lie,
        _ ask: (DirectoryClient) async throws -> Value
    ) async throws -> Value {
        let raw = try world.raw(keys)
        let (near, far) = try InMemoryLink.pair(
            from: keys.publicIdentity, at: Endpoint("192.0.2.7:1"), to: world.keys.publicIdentity)
        let time = world.time
        // A busy machine's seconds are not what these tests are about.
        let client = DirectoryClient(
            link: near, identity: keys, log: log, sleep: { _ in try await Task.sleep(for: .seconds(3_600)) },
            now: { time.now })
        let running = Task { await client.run() }
        let lying = Task {
            while let bytes = try await far.receive() {
                guard case .request(let request) = try DirectoryEnvelope(decoding: bytes) else { return }
                let body = try await lie(request.body, raw.answer(request.body))
                try await far.send(DirectoryEnvelope.response(.init(id: request.id, body: body)).encoded())
            }
        }
        defer {
            running.cancel()
            lying.cancel()
        }
        return try await ask(client)
    }

    /// A checkpoint that its log's key signs, whatever it says.
    func sign(_ checkpoint: Checkpoint, age: UInt64 = 0) throws -> [UInt8] {
        try signer.sign(checkpoint, at: UInt64(world.time.now.timeIntervalSince1970) - age).bytes
    }

    func read(_ note: [UInt8]) throws -> Checkpoint {
        try SignedCheckpoint(note: SignedNote(bytes: note), by: signer.keys).checkpoint
    }
}

extension DirectoryResponse.Body {
    /// The same answer with other evidence.
    func with(_ change: (LogEvidence) throws -> LogEvidence?) rethrows -> DirectoryResponse.Body {
        switch self {
        case .newest(let entry, let log?): .newest(entry: entry, log: try change(log))
        case .confirmed(let claim, let log?): .confirmed(claim: claim, log: try change(log))
        case .appended(let told?):
            .appended(
                try change(told.evidence).map {
                    DirectoryResponse.Inclusion(position: told.position, path: told.path, evidence: $0)
                })
        default: self
        }
    }
}

/// Lies about the log: each is noticed by the one whom it is told to, at once, and ends the link.
@Suite struct LyingDirectoryTests {
    let alice: IdentityKeys
    let bob: IdentityKeys
    let handle: Handle

    init() throws {
        alice = try IdentityKeys.generate()
        bob = try IdentityKeys.generate()
        handle = try Handle("alice")
    }

    /// A directory where alice and some others have handles.
    func directory() async throws -> LyingDirectory {
        let directory = try await LyingDirectory()
        for (name, keys) in [
            ("alice", alice), ("carol", try IdentityKeys.generate()), ("dave", try IdentityKeys.generate()),
        ] {
            try await directory.world.connect(keys).client.claim(Handle(name), recoveryHash: nil)
        }
        return directory
    }

    /// Expects that looking up, confirming and claiming find this out, each over a link of its own.
    func expectNoticed(
        _ what: String, location: SourceLocation = #_sourceLocation, seen: MemoryKeeper = MemoryKeeper(),
        in directory: LyingDirectory, _ lie: @escaping LyingDirectory.Lie
    ) async throws {
        let (handle, alice) = (handle, alice.publicIdentity)
        let questions: [(DirectoryClient) async throws -> Void] = [
            { _ = try await $0.holder(of: handle) },
            { _ = try await $0.confirm(handle, identity: alice) },
        ]
        for ask in questions {
            let book = try LogBook(
                of: directory.world.keys.publicIdentity, keeper: MemoryKeeper(seen.state()))
            try await directory.deceive(bob, log: book, lie) { client in
                await #expect(throws: DirectoryError.misbehaves(what), sourceLocation: location) {
                    try await ask(client)
                }
                // And nothing is asked there any more.
                await #expect(throws: DirectoryError.misbehaves(what), sourceLocation: location) {
                    _ = try await client.list()
                }
            }
        }
    }

    static let unproved = "a proof of its log does not hold"
    static let forked = "its log is another one than it was"

    @Test func honestAnswersPass() async throws {
        let directory = try await directory()
        let (handle, alice) = (handle, alice.publicIdentity)
        try await directory.deceive(bob, { $1 }) { client in
            #expect(try await client.holder(of: handle) == alice)
            #expect(try await client.confirm(handle, identity: alice))
            #expect(try await client.confirm(Handle("nobody"), identity: alice) == false)
            try await client.claim(Handle("bob"), recoveryHash: nil)
            #expect(client.book.view?.newest?.checkpoint.size == 4)
        }
    }

    @Test func omittedEntriesAreNoticed() async throws {
        let directory = try await directory()
        try await directory.deceive(
            bob,
            { _, answer in
                if case .newest(_, let log) = answer { .newest(entry: nil, log: log) } else { answer }
            }
        ) { client in
            await #expect(
                throws: DirectoryError.misbehaves(
                    "the entry of a handle is not the one that its log has")
            ) { try await client.claim(handle, recoveryHash: nil) }
        }
    }

    @Test func swappedEntriesAreNoticed() async throws {
        let directory = try await directory()
        // A claim that its owner's key has signed, in no log.
        let forged = try LogEntry.make(
            .claim(recovery: .none), label: Label(handle), after: nil, time: 1, by: bob)
        let bob = bob.publicIdentity
        let handle = handle
        let lie: LyingDirectory.Lie = { _, answer in
            switch answer {
            case .newest(_, let log): .newest(entry: forged.bytes, log: log)
            case .confirmed(_, let log): .confirmed(claim: forged.bytes, log: log)
            default: answer
            }
        }
        let what = "the entry of a handle is not the one that its log has"
        for ask in [
            { _ = try await $0.holder(of: handle) }, { _ = try await $0.confirm(handle, identity: bob) },
        ] as [(DirectoryClient) async throws -> Void] {
            try await directory.deceive(alice, lie) { client in
                await #expect(throws: DirectoryError.misbehaves(what)) { try await ask(client) }
            }
        }
    }

    /// The lie for which such a directory exists: another key under a known handle, with a record and a claim that are signed well.
    @Test func keySwappedForOneClientIsNoticed() async throws {
        let directory = try await directory()
        let forged = try LogEntry.make(
            .claim(recovery: .none), label: Label(handle), after: nil, time: 1, by: bob)
        let record = try PresenceRecord.make(
            PresenceFields(
                identity: bob.publicIdentity, directory: directory.world.keys.publicIdentity, addresses: [],
                discoverable: true, sequence: 1, lifetime: 60), by: bob
        ).signed
        let served = ServedPresence(record: record, named: (handle, forged.bytes))
        try await directory.deceive(
            IdentityKeys.generate(),
            { _, answer in if case .lookedUp = answer { .lookedUp(served) } else { answer } }
        ) { client in
            await #expect(
                throws: DirectoryError.misbehaves("it serves a handle with another key than its log has")
            ) { _ = try await client.lookup(.handle(handle)) }
        }
    }

    @Test func missingProofsAreNoticed() async throws {
        try await expectNoticed(
            "it says who has a handle without the proof of its log", in: directory()
        ) { $1.with { _ in nil } }
    }

    @Test func badMapProofsAreNoticed() async throws {
        let directory = try await directory()
        let changes: [@Sendable (MapProof) -> MapProof] = [
            { MapProof(end: $0.end, steps: $0.steps.dropLast()) },
            { MapProof(end: $0.end, steps: $0.steps + [.init(depth: 0, sibling: .emptyMap)]) },
            { MapProof(end: $0.end, steps: $0.steps.map { .init(depth: $0.depth, sibling: .emptyMap) }) },
            {
                MapProof(end: $0.end, steps: $0.steps.map { .init(depth: $0.depth ^ 1, sibling: $0.sibling) })
            },
            { _ in MapProof(end: nil, steps: []) },
            { MapProof(end: $0.end.map { .init(label: $0.label, value: .emptyLog) }, steps: $0.steps) },
            { MapProof(end: $0.end.map { .init(label: .emptyLog, value: $0.value) }, steps: $0.steps) },
        ]
        for change in changes {
            try await expectNoticed(Self.unproved, in: directory) { _, answer in
                answer.with { LogEvidence(checkpoint: $0.checkpoint, map: change($0.map)) }
            }
        }
    }

    @Test func badInclusionProofsAreNoticed() async throws {
        let changes: [@Sendable (DirectoryResponse.Inclusion) -> (UInt64, [NodeHash])] = [
            { ($0.position, Array($0.path.dropLast())) }, { ($0.position, $0.path + [.emptyLog]) },
            { ($0.position, $0.path.reversed() + [.emptyLog]) }, { ($0.position &+ 1, $0.path) },
            { (0, $0.path) }, { (.max, $0.path) },
        ]
        for change in changes {
            let directory = try await directory()
            try await directory.deceive(
                bob,
                { _, answer in
                    guard case .appended(let told?) = answer else { return answer }
                    let (position, path) = change(told)
                    return .appended(.init(position: position, path: path, evidence: told.evidence))
                }
            ) { client in
                await #expect(throws: DirectoryError.misbehaves(Self.unproved)) {
                    try await client.claim(Handle("bob"), recoveryHash: nil)
                }
            }
        }
    }

    @Test func checkpointsOfOtherKeysAreNoticed() async throws {
        let directory = try await directory()
        let stranger = try LogSigner(LogKeyFile.generate(), directory: directory.world.keys)
        try await expectNoticed(
            "the keys of its log are not those that it had, or not signed by it", in: directory
        ) { _, answer in
            guard case .logKeys = answer else { return answer }
            return .logKeys([[UInt8](repeating: 1, count: 136)])
        }
        try await expectNoticed(
            "a checkpoint of its log is not signed by its log's key", in: directory
        ) { _, answer in
            try answer.with {
                LogEvidence(
                    checkpoint: try stranger.sign(directory.read($0.checkpoint), at: 1).bytes, map: $0.map)
            }
        }
    }

    /// What was seen before, over another link.
    func seen(_ directory: LyingDirectory) async throws -> MemoryKeeper {
        let keeper = MemoryKeeper()
        let book = try LogBook(of: directory.world.keys.publicIdentity, keeper: keeper)
        _ = try await directory.deceive(bob, log: book, { $1 }) { try await $0.holder(of: handle) }
        return keeper
    }

    @Test func rewoundLogsAreNoticed() async throws {
        let directory = try await directory()
        let before = Mutex<LogEvidence?>(nil)
        _ = try await directory.deceive(
            bob,
            { _, answer in
                answer.with { log in
                    before.withLock { $0 = log }
                    return log
                }
            }
        ) { try await $0.holder(of: handle) }
        try await directory.world.connect(bob).client.claim(Handle("bob"), recoveryHash: nil)
        let seen = try await seen(directory)
        try await expectNoticed("its log is shorter than it was", seen: seen, in: directory) { _, answer in
            answer.with { _ in before.withLock { $0 } }
        }
    }

    @Test func forkedLogsAreNoticed() async throws {
        let directory = try await directory()
        let seen = try await seen(directory)
        // The same size and another root; and a longer log that does not begin with the one that was seen.
        for more in [UInt64(0), 1] {
            try await expectNoticed(Self.forked, seen: seen, in: directory) { _, answer in
                try answer.with { log in
                    let true_ = try directory.read(log.checkpoint)
                    let fork = Checkpoint(
                        origin: true_.origin, size: true_.size + more, root: .leaf([7]),
                        mapRoot: true_.mapRoot)
                    return LogEvidence(checkpoint: try directory.sign(fork), map: log.map)
                }
            }
        }
    }

    @Test func frozenLogsAreNoticed() async throws {
        let directory = try await directory()
        func lie(_ age: UInt64) -> LyingDirectory.Lie {
            { _, answer in
                try answer.with {
                    LogEvidence(
                        checkpoint: try directory.sign(directory.read($0.checkpoint), age: age), map: $0.map)
                }
            }
        }
        try await directory.deceive(bob, lie(24 * 3_600)) { client in
            await #expect(throws: DirectoryError.staleLog(age: .seconds(24 * 3_600))) {
                _ = try await client.holder(of: handle)
            }
        }
        try await directory.deceive(bob, lie(24 * 3_600 - 1)) { client in
            let holder = try await client.holder(of: handle)
            #expect(holder == alice.publicIdentity)
        }
    }
}

/// A map that has one label, or none.
struct MapTreeOfOne {
    private var map = MapTree()
    private let label: NodeHash

    init(label: Label, entry: LogEntry?) {
        self.label = label.nodeHash ?? .emptyLog
        if let entry { map.set(self.label, to: entry.nodeHash) }
    }

    mutating func prove() -> (root: NodeHash, proof: MapProof) { (map.root(), map.prove(label)) }
}
