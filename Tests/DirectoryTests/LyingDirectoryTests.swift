import Directory
import DirectoryServer
import Foundation
import Identity
import Lies
import Synchronization
import Testing
import Transparency
import Wire

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
        in directory: LyingDirectory, _ lie: @escaping Lie
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
            bob, Forger.omission
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
        let lie = Forger.forged(try directory.claim(handle, by: bob))
        let bob = bob.publicIdentity
        let handle = handle
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
        let served = try directory.forger.presence(
            of: bob, as: handle, directory.claim(handle, by: bob))
        try await directory.deceive(IdentityKeys.generate(), Forger.swapped(for: served)) { client in
            await #expect(
                throws: DirectoryError.misbehaves("it serves a handle with another key than its log has")
            ) { _ = try await client.lookup(.handle(handle)) }
        }
    }

    @Test func missingProofsAreNoticed() async throws {
        try await expectNoticed(
            "it says who has a handle without the proof of its log", in: directory(), Forger.unproved)
    }

    @Test(arguments: BadMapProof.allCases) func badMapProofsAreNoticed(shape: BadMapProof) async throws {
        try await expectNoticed(Self.unproved, in: directory(), shape.lie)
    }

    @Test(arguments: BadInclusionProof.allCases)
    func badInclusionProofsAreNoticed(shape: BadInclusionProof) async throws {
        try await directory().deceive(bob, shape.lie) { client in
            await #expect(throws: DirectoryError.misbehaves(Self.unproved)) {
                try await client.claim(Handle("bob"), recoveryHash: nil)
            }
        }
    }

    @Test(arguments: BadConsistencyProof.allCases)
    func badConsistencyProofsAreNoticed(shape: BadConsistencyProof) async throws {
        let directory = try await directory()
        let seen = try await seen(directory)
        for name in ["erin", "frank"] {
            try await directory.world.connect(IdentityKeys.generate()).client
                .claim(Handle(name), recoveryHash: nil)
        }
        let book = try LogBook(of: directory.world.keys.publicIdentity, keeper: seen)
        try await directory.deceive(bob, log: book, shape.lie) { client in
            await #expect(throws: DirectoryError.misbehaves(Self.forked)) { try await client.checkLog() }
        }
        // Nobody signed the proof.
        #expect(seen.evidence.isEmpty)
        try await directory.deceive(bob, log: book, { $1 }) { try await $0.checkLog() }
    }

    @Test func checkpointsOfOtherKeysAreNoticed() async throws {
        let directory = try await directory()
        let stranger = try LogSigner(LogKeyFile.generate(), directory: directory.world.keys)
        try await expectNoticed(
            "the keys of its log are not those that it had, or not signed by it", in: directory,
            Forger.unsignedKeys)
        try await expectNoticed(
            "a checkpoint of its log is not signed by its log's key", in: directory,
            directory.forger.signed(by: stranger))
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
                    let true_ = try directory.forger.read(log.checkpoint)
                    let fork = Checkpoint(
                        origin: true_.origin, size: true_.size + more, root: .leaf([7]),
                        mapRoot: true_.mapRoot)
                    return LogEvidence(checkpoint: try directory.forger.sign(fork), map: log.map)
                }
            }
        }
    }

    @Test func frozenLogsAreNoticed() async throws {
        let directory = try await directory()
        let lie = directory.forger.frozen
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
