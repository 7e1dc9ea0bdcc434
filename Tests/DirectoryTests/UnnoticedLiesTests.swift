import Directory
import DirectoryServer
import Identity
import Lies
import Testing
import Transparency

/// What a client cannot notice by itself, and SECURITY.md does not promise: each test shows that it does not, and who could.
@Suite struct UnnoticedLiesTests {
    let directory: LyingDirectory
    let alice: IdentityKeys
    let mallory: IdentityKeys
    let handle: Handle

    init() async throws {
        directory = try await LyingDirectory()
        (alice, mallory) = (try IdentityKeys.generate(), try IdentityKeys.generate())
        handle = try Handle("alice")
        try await directory.world.connect(alice).client.claim(handle, recoveryHash: nil)
        try await claim("carol", "dave")
    }

    func claim(_ names: String...) async throws {
        for name in names {
            let keys = try IdentityKeys.generate()
            try await directory.world.connect(keys).client.claim(Handle(name), recoveryHash: nil)
        }
    }

    /// A process of somebody's home asks who has the handle, and reads the whole log where it is to.
    @discardableResult
    func ask(
        _ keeper: MemoryKeeper, auditing: Bool = false, _ lie: @escaping Lie = { $1 }
    ) async throws -> (holder: PublicIdentity?, book: LogBook) {
        let book = try LogBook(of: directory.forger.directory, keeper: keeper)
        let holder = try await directory.deceive(IdentityKeys.generate(), log: book, lie) { client in
            try await client.checkLog()
            let holder = try await client.holder(of: handle)
            if auditing { try await client.replicate(limit: 100_000) }
            return holder
        }
        return (holder, book)
    }

    /// A log for one client alone, in which mallory came first.
    func other() async throws -> ForgedLog {
        let forged = try directory.claim(handle, by: mallory)
        return try await ForgedLog(
            [forged.bytes] + directory.entries().dropFirst(), by: directory.forger)
    }

    @Test func twoLogsForTwoClientsFromTheFirstContactOn() async throws {
        let (bob, erin) = (MemoryKeeper(), MemoryKeeper())
        let other = try await other()
        let deceived = try await ask(bob, auditing: true, other.lie)
        let served = try await ask(erin, auditing: true)
        #expect(deceived.holder == mallory.publicIdentity)
        #expect(served.holder == alice.publicIdentity)
        // Still not, as long as each sees its own.
        try await ask(bob, auditing: true, other.lie)
        try await ask(erin, auditing: true)
        #expect(bob.evidence.isEmpty && erin.evidence.isEmpty)
        // Whoever has both checkpoints convicts the directory.
        let views = try [deceived, served].map { try #require($0.book.view) }
        let notes = try views.map { try #require($0.newest).note.bytes }
        let evidence = Evidence(
            directory: directory.forger.directory, statements: views[0].statements.map(\.bytes),
            lie: .twoStates(notes[0], notes[1]), time: 0)
        #expect(try evidence.check().hasPrefix("signed two different states"))
    }

    @Test func aLogThatStandsStillForLessThanAnHour() async throws {
        let keeper = MemoryKeeper()
        let quiet = try await ask(keeper, directory.forger.frozen(age: 3_599))
        #expect(quiet.book.told.isEmpty)
        let warned = try await ask(keeper, directory.forger.frozen(age: 3_600))
        #expect(warned.book.told == [.old(.seconds(3_600))])
        await #expect(throws: DirectoryError.staleLog(age: .seconds(86_400))) {
            try await ask(keeper, directory.forger.frozen(age: 86_400))
        }
    }

    /// All of a directory's state, what it signed last included, is put back: who did not see what came since sees nothing.
    @Test func aWholeFolderTakenBack() async throws {
        let (bob, carol, deleted) = (MemoryKeeper(), MemoryKeeper(), MemoryKeeper())
        let yesterday = try await ForgedLog(directory.entries(), by: directory.forger)
        try await ask(carol)
        try await claim("erin")
        try await ask(bob)
        await #expect(throws: DirectoryError.misbehaves("its log is shorter than it was")) {
            try await ask(bob, yesterday.lie)
        }
        #expect(bob.evidence.isEmpty)
        // Carol was away; the third home's database was deleted, so that it knows nothing any more.
        try await ask(carol, yesterday.lie)
        try await ask(deleted, yesterday.lie)
        // Nor when it goes on from there with another entry, which convicts it before bob.
        let forged = try directory.claim(Handle("frank"), by: mallory)
        let forked = try await ForgedLog(
            directory.entries().dropLast() + [forged.bytes], by: directory.forger)
        try await ask(carol, auditing: true, forked.lie)
        await #expect(throws: DirectoryError.misbehaves("its log is another one than it was")) {
            try await ask(bob, forked.lie)
        }
        #expect(bob.evidence.count == 1 && carol.evidence.isEmpty)
    }

    @Test(arguments: [false, true])
    func aWrongMapOrAForbiddenEntryBeforeAClientThatDoesNotReadTheLog(isInLog: Bool) async throws {
        let keeper = MemoryKeeper()
        let forged = try directory.claim(handle, by: mallory)
        let entries = try await directory.entries()
        let log =
            isInLog
            ? try ForgedLog(entries + [forged.bytes], by: directory.forger)
            : try ForgedLog(entries, showing: [Label(handle): forged], by: directory.forger)
        #expect(try await ask(keeper, log.lie).holder == mallory.publicIdentity)
        #expect(keeper.evidence.isEmpty)
        await #expect(throws: DirectoryError.self) { try await ask(keeper, auditing: true, log.lie) }
        #expect(keeper.evidence.count == 1)
    }
}
