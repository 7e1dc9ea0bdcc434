import Directory
import DirectoryServer
import Foundation
import Identity
import Lies
import Testing
import Transparency
import Wire

/// What a client remembers of a directory's log when its process ended and another one begins.
@Suite struct LogBookTests {
    let me: IdentityKeys
    let directory: LyingDirectory

    init() async throws {
        me = try IdentityKeys.generate()
        directory = try await LyingDirectory()
        try await claim("alice", "carol", "dave")
    }

    func claim(_ names: String...) async throws {
        for name in names {
            let keys = try IdentityKeys.generate()
            try await directory.world.connect(keys).client.claim(Handle(name), recoveryHash: nil)
        }
    }

    func book(_ keeper: MemoryKeeper) throws -> LogBook {
        try LogBook(of: directory.world.keys.publicIdentity, keeper: keeper)
    }

    /// Another process of the same home looks at the log.
    func check(
        _ keeper: MemoryKeeper, _ lie: @escaping Lie = { $1 }
    ) async throws {
        try await directory.deceive(me, log: book(keeper), lie) { try await $0.checkLog() }
    }

    func size(_ keeper: MemoryKeeper) throws -> UInt64? { try book(keeper).view?.newest?.checkpoint.size }

    /// What a directory answers that tells of a log of its own making.
    func lie(_ change: @escaping @Sendable (Checkpoint) throws -> Checkpoint) -> Lie {
        let directory = directory
        return { _, answer in
            guard case .checkpoint(let note, _) = answer else { return answer }
            return .checkpoint(
                try directory.forger.sign(change(directory.forger.read(note))), consistency: [])
        }
    }

    @Test func memoryOutlivesTheProcess() async throws {
        let keeper = MemoryKeeper()
        try await check(keeper)
        let before = try book(keeper).memory
        #expect(try size(keeper) == 3)
        #expect(before.first?.checkpoint.size == 3)
        try await claim("erin")
        try await check(keeper)
        #expect(try size(keeper) == 4)
        #expect(try book(keeper).memory.first == before.first)
        #expect(try book(keeper).view?.statements == before.view?.statements)
    }

    @Test func rewoundLogsAreNoticedByTheNextProcess() async throws {
        let keeper = MemoryKeeper()
        try await check(keeper)
        for size in [UInt64(0), 2] {
            await #expect(throws: DirectoryError.misbehaves("its log is shorter than it was")) {
                try await check(
                    keeper,
                    lie {
                        Checkpoint(
                            origin: $0.origin, size: size, root: size == 0 ? .emptyLog : $0.root,
                            mapRoot: size == 0 ? .emptyMap : $0.mapRoot)
                    })
            }
        }
        // What was believed stays, and an honest answer is believed again.
        #expect(try size(keeper) == 3)
        try await check(keeper)
    }

    @Test func forkedLogsAreNoticedByTheNextProcess() async throws {
        let seen = MemoryKeeper()
        try await check(seen)
        for more in [UInt64(0), 1] {
            await #expect(throws: DirectoryError.misbehaves("its log is another one than it was")) {
                try await check(
                    MemoryKeeper(seen.state()),
                    lie {
                        Checkpoint(
                            origin: $0.origin, size: $0.size + more, root: .leaf([7]), mapRoot: $0.mapRoot)
                    })
            }
        }
    }

    @Test func otherKeysOfTheLogAreNoticedByTheNextProcess() async throws {
        let keeper = MemoryKeeper()
        try await check(keeper)
        let other = try LogSigner(LogKeyFile.generate(), directory: directory.world.keys)
        let directory = directory
        await #expect(
            throws: DirectoryError.misbehaves(
                "the keys of its log are not those that it had, or not signed by it")
        ) {
            try await check(keeper) { _, answer in
                switch answer {
                case .checkpoint(let note, let proof):
                    let now = UInt64(directory.world.time.now.timeIntervalSince1970)
                    return .checkpoint(
                        try other.sign(directory.forger.read(note), at: now).bytes, consistency: proof)
                case .logKeys: return .logKeys(other.statements.map(\.bytes))
                default: return answer
                }
            }
        }
    }

    /// A home whose state was deleted, or put back from an old copy, works on, and nothing is alarmed.
    @Test func lostAndOlderStatesGoOn() async throws {
        let keeper = MemoryKeeper()
        try await check(keeper)
        let old = keeper.state()
        try await claim("erin", "frank")
        try await check(keeper)
        for state in [nil, old] {
            let restored = MemoryKeeper(state)
            try await check(restored)
            #expect(try size(restored) == 5)
        }
    }

    @Test func whatCannotBeReadIsSaid() throws {
        for bytes in [[], Array("{}".utf8), Array(#"{"statements":["AAAA"]}"#.utf8), [0xff]] {
            #expect(throws: LogMemoryUnreadable.self) { try book(MemoryKeeper(bytes)) }
        }
    }

    @Test func clocksThatAreTwoDaysOffAreNamed() async throws {
        let directory = directory
        for hours in [48, -48] {
            let age = Duration.seconds(hours * 3_600)
            await #expect(throws: DirectoryError.staleLog(age: age)) {
                try await check(MemoryKeeper()) { _, answer in
                    guard case .checkpoint(let note, let proof) = answer else { return answer }
                    let time = directory.world.time.now.timeIntervalSince1970 - Double(hours * 3_600)
                    return .checkpoint(
                        try directory.forger.signer.sign(directory.forger.read(note), at: UInt64(time)).bytes,
                        consistency: proof)
                }
            }
        }
    }
}
