import Directory
import DirectoryServer
import Foundation
import Identity
import Lies
import Testing
import Transparency
import Wire

/// A directory that lies leaves evidence, which convicts it before somebody who has nothing but the file.
@Suite struct EvidenceTests {
    let me: IdentityKeys
    let handle: Handle
    let directory: LyingDirectory
    let keeper = MemoryKeeper()

    init() async throws {
        me = try IdentityKeys.generate()
        handle = try Handle("alice")
        directory = try await LyingDirectory()
        try await claim("carol", "dave", "erin")
    }

    var identity: PublicIdentity { directory.world.keys.publicIdentity }

    func claim(_ names: String...) async throws {
        for name in names {
            let keys = try IdentityKeys.generate()
            try await directory.world.connect(keys).client.claim(Handle(name), recoveryHash: nil)
        }
    }

    func book() throws -> LogBook { try LogBook(of: identity, keeper: keeper) }

    /// A process of this home is lied to.
    func expectMisbehaviour(
        _ what: String, _ lie: @escaping Lie = { $1 },
        _ ask: (@Sendable (DirectoryClient) async throws -> Void)? = nil
    ) async throws {
        try await directory.deceive(me, log: book(), lie) { client in
            await #expect(throws: DirectoryError.misbehaves(what)) {
                if let ask { try await ask(client) } else { try await client.checkLog() }
            }
        }
    }

    /// The one piece of evidence that was kept, as it was read from its bytes.
    func convicted(_ beginning: String) async throws -> Evidence {
        #expect(keeper.evidence.count == 1)
        let evidence = try Evidence(bytes: #require(keeper.evidence.first))
        #expect(evidence.directory == identity)
        let what = try evidence.check()
        #expect(what.hasPrefix(beginning), "\(what)")
        #expect(try book().conviction?.what == what)
        // Nothing is asked of it any more, by no later process.
        try await expectMisbehaviour("it " + what)
        #expect(keeper.evidence.count == 1)
        return evidence
    }

    /// The checkpoint is another one, and what is asked for to prove it is of the given log.
    func lie(
        _ fork: @escaping @Sendable (Checkpoint) throws -> Checkpoint, _ log: MemoryLogStorage? = nil
    ) -> Lie {
        let directory = directory
        return { request, answer in
            switch (request, answer) {
            case (.log(.checkpoint(let from, _)), .checkpoint(let note, _)):
                let told = try fork(directory.forger.read(note))
                let proof =
                    try log.map {
                        try LogProof.proveConsistency(from: from, to: told.size, storage: $0)
                    } ?? []
                return .checkpoint(try directory.forger.sign(told), consistency: proof)
            case (.log(.nodes(let level, let first, _)), _):
                guard let log else { return answer }
                return .nodes(try log.hashes(of: [LogNode(level: level, index: first)]))
            default: return answer
            }
        }
    }

    @Test func twoStatesOfOneSize() async throws {
        try await directory.deceive(me, log: book(), { $1 }) { try await $0.checkLog() }
        try await expectMisbehaviour(
            "its log is another one than it was",
            lie {
                Checkpoint(origin: $0.origin, size: $0.size, root: .leaf([7]), mapRoot: $0.mapRoot)
            })
        let evidence = try await convicted("signed two different states of its log for the one size of 3")
        guard case .twoStates(let one, _) = evidence.lie else { Issue.record("another lie"); return }
        let same = Evidence(
            directory: identity, statements: evidence.statements, lie: .twoStates(one, one), time: 0)
        #expect(throws: EvidenceRefused.showsNoLie("the checkpoints say the same")) { try same.check() }
    }

    /// A longer log that does not begin with the one that was seen, of 3 entries and of a power of two.
    @Test(arguments: [3, 4]) func anotherBeginning(size: UInt64) async throws {
        if size == 4 { try await claim("frank") }
        try await directory.deceive(me, log: book(), { $1 }) { try await $0.checkLog() }
        var (frontier, nodes) = (LogFrontier(), MemoryLogStorage())
        for index in UInt8(0)..<9 { try nodes.add(frontier.append(.leaf([index]))) }
        let (forked, root) = (frontier.size, frontier.root)
        try await expectMisbehaviour(
            "its log is another one than it was",
            lie({ Checkpoint(origin: $0.origin, size: forked, root: root, mapRoot: $0.mapRoot) }, nodes))
        let evidence = try await convicted(
            "signed a log of 9 entries that does not begin with the one of \(size) entries")
        guard case .otherBeginning(let smaller, let larger, var proof) = evidence.lie else {
            Issue.record("another lie"); return
        }
        proof[0] = .emptyLog
        let altered = Evidence(
            directory: identity, statements: evidence.statements,
            lie: .otherBeginning(smaller: smaller, larger: larger, proof: proof), time: 0)
        #expect(throws: EvidenceRefused.showsNoLie("the proof is not of the larger checkpoint")) {
            try altered.check()
        }
    }

    /// An honest log is no evidence, whatever is made of it.
    @Test func honestLogsAreNotConvicted() async throws {
        try await directory.deceive(me, log: book(), { $1 }) { try await $0.checkLog() }
        let smaller = try #require(try book().view?.newest)
        try await claim("frank", "grace")
        try await directory.deceive(me, log: book(), { $1 }) { try await $0.checkLog() }
        let larger = try #require(try book().view?.newest)
        let statements = try #require(try book().view?.statements.map(\.bytes))
        let raw = try directory.world.raw(IdentityKeys.generate())
        guard
            case .checkpoint(_, let proof) = try await raw.answer(.log(.checkpoint(from: 3, to: 5))),
            case .entries(let entries) = try await raw.answer(.log(.entries(first: 0)))
        else { Issue.record("no proof"); return }
        let lies: [Evidence.Lie] = [
            .twoStates(smaller.note.bytes, larger.note.bytes),
            .otherBeginning(smaller: smaller.note.bytes, larger: larger.note.bytes, proof: proof),
            .entries(entries, checkpoints: [larger.note.bytes]),
            .entries(entries, checkpoints: [larger.note.bytes, smaller.note.bytes]),
            .twoKeys(statements[0], statements[0]),
        ]
        for lie in lies {
            let evidence = Evidence(directory: identity, statements: statements, lie: lie, time: 0)
            #expect {
                try evidence.check()
            } throws: { error in
                if case EvidenceRefused.showsNoLie = error { true } else { false }
            }
        }
        // Of another directory they say nothing.
        let other = Evidence(
            directory: me.publicIdentity, statements: statements, lie: lies[0], time: 0)
        #expect(throws: EvidenceRefused.self) { try other.check() }
    }

    @Test func twoKeysWithOneNumber() async throws {
        try await directory.deceive(me, log: book(), { $1 }) { try await $0.checkLog() }
        let other = try LogSigner(LogKeyFile.generate(), directory: directory.world.keys)
        let directory = directory
        try await expectMisbehaviour(
            "the keys of its log are not those that it had, or not signed by it",
            directory.forger.replaced(by: other))
        _ = try await convicted("signed two different keys of its log")
    }

    /// The map of a later checkpoint leaves the own entry out.
    @Test func lostEntry() async throws {
        try await directory.deceive(me, log: book(), { $1 }) {
            try await $0.claim(handle, recoveryHash: nil)
        }
        try await claim("frank")
        let forged = try await ForgedLog(
            directory.entries(), showing: [Label(handle): nil], by: directory.forger)
        try await expectMisbehaviour(
            "an entry of your handle that its log had is not there any more", forged.lie,
            { try await $0.checkOwn(handle) })
        _ = try await convicted("signed a map of 5 entries in which a handle has no entry")
    }

    // MARK: What only the whole log shows

    func replicate(_ client: DirectoryClient) async throws {
        try await client.checkLog()
        try await client.replicate(limit: 100_000)
    }

    @Test func wrongMapOverARightLog() async throws {
        let entries = try await directory.entries()
        try await expectMisbehaviour(
            "its map is not that of the entries of its log",
            ForgedLog(entries, showing: [Label(Handle("carol")): nil], by: directory.forger).lie, replicate)
        _ = try await convicted("signed a map that is not that of the 3 entries")
    }

    @Test func entriesThatBreakTheRules() async throws {
        let entries = try await directory.entries()
        let first = try LogEntry(bytes: entries[0])
        // A claim of what somebody holds; a release by a stranger; one that comes twice; what is signed by nobody.
        let stolen = try LogEntry.make(
            .claim(recovery: .none), label: first.label, after: first, time: 9, by: me)
        let released = try LogEntry.make(.release, label: first.label, after: first, time: 9, by: me)
        let early = try LogEntry.make(.release, label: Label(handle), after: nil, time: 9, by: me)
        var unsigned = entries[1]
        unsigned[unsigned.count - 1] ^= 1
        for (entry, words) in [
            (stolen.bytes, "an entry that breaks the rules"),
            (released.bytes, "an entry that breaks the rules"),
            (early.bytes, "an entry that breaks the rules"), (entries[1], "what breaks the rules"),
            (unsigned, "what is no entry"), ([1, 2, 3], "what is no entry"),
        ] {
            let world = try await EvidenceTests()
            // Followed by another, so that the fault is not at the end.
            let all = entries + [entry, try anotherClaim()]
            try await world.expectMisbehaviour(
                "an entry of its log breaks the rules", ForgedLog(all, by: world.directory.forger).lie,
                world.replicate)
            let evidence = try await world.convicted("has in its log, at position 3,")
            #expect(try evidence.check().hasSuffix(words))
        }
    }

    private func anotherClaim() throws -> [UInt8] {
        try LogEntry.make(
            .claim(recovery: .none), label: Label(Handle("zoe")), after: nil, time: 9,
            by: IdentityKeys.generate()
        ).bytes
    }

    @Test func entriesThatAreNotTheLogs() async throws {
        let directory = directory
        try await expectMisbehaviour(
            "the entries that it serves are not those of its log",
            Forger.altered(LogEntry(bytes: anotherClaim())), replicate)
        try await expectMisbehaviour(
            "it has fewer entries than it has signed",
            { _, answer in if case .entries = answer { .entries([]) } else { answer } }, replicate)
        // That nobody signed, so it convicts nobody; and honest entries are taken afterwards.
        #expect(keeper.evidence.isEmpty)
        try await directory.deceive(me, log: book(), { $1 }) { try await replicate($0) }
        #expect(try book().memory.replica?.checked == 3)
    }

    // MARK: Files

    @Test func filesThatAreNoEvidenceAreRefused() throws {
        for text in ["", "{}", "[1]", #"{"type":"p2pchat directory evidence","v":2}"#, "null"] {
            #expect(throws: EvidenceRefused.self) { try Evidence(bytes: Array(text.utf8)) }
        }
    }

    /// No change of a byte makes a trap, and none convicts somebody else.
    @Test func alteredFilesConvictNobodyElse() async throws {
        try await directory.deceive(me, log: book(), { $1 }) { try await $0.checkLog() }
        try await expectMisbehaviour(
            "its log is another one than it was",
            lie { Checkpoint(origin: $0.origin, size: $0.size, root: .leaf([7]), mapRoot: $0.mapRoot) })
        let bytes = try #require(keeper.evidence.first)
        for index in stride(from: 0, to: bytes.count, by: 7) {
            var altered = bytes
            altered[index] ^= 1
            guard let evidence = try? Evidence(bytes: altered), (try? evidence.check()) != nil else {
                continue
            }
            #expect(evidence.directory == identity)
        }
    }
}
