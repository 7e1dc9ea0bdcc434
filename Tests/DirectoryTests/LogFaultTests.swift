import Directory
import DirectoryServer
import Foundation
import GRDB
import Identity
import Synchronization
import TestSupport
import Testing
import Transparency
import Wire

/// What a log does when a step of taking entries in fails, and when it starts again.
@Suite struct LogFaultTests {
    let folder: TemporaryFolder
    let directory: IdentityKeys
    let signer: LogSigner

    var rules: ClaimRules { ClaimRules(operator: directory.publicIdentity, handlesPerIdentity: 3) }
    var path: String { folder.path + "/directory.sqlite" }
    var lastSigned: LastSignedFile { LastSignedFile(folder: folder.path) }

    init() throws {
        folder = try TemporaryFolder()
        directory = try IdentityKeys.generate()
        signer = try LogSigner(LogKeyFile.generate(), directory: directory)
    }

    func open(
        _ store: any ClaimStore, _ lastSigned: (any LastSigned)? = nil, _ signer: LogSigner? = nil
    ) async throws -> DirectoryLog {
        try await DirectoryLog(
            store: store, signer: signer ?? self.signer, lastSigned: lastSigned ?? self.lastSigned,
            rules: rules)
    }

    func claim(_ name: String, by keys: IdentityKeys? = nil) throws -> NewEntry {
        let handle = try Handle(name)
        return NewEntry(
            try LogEntry.make(
                .claim(recovery: .none), label: Label(handle), after: nil, time: 1,
                by: keys ?? IdentityKeys.generate()), handle: handle)
    }

    func newest(_ log: DirectoryLog, by signer: LogSigner? = nil) async throws -> Checkpoint {
        let note = try SignedNote(bytes: try await log.checkpoint(from: 0).checkpoint)
        return try SignedCheckpoint(note: note, by: (signer ?? self.signer).keys).checkpoint
    }

    // MARK: Starting again

    @Test func restartGoesOnWithTheSameLog() async throws {
        var before: Checkpoint?
        for round in 0..<3 {
            let store = try SQLiteClaimStore(path: path)
            let log = try await open(store)
            if let before { #expect(try await newest(log) == before) }
            for index in 0..<5 { _ = try await log.append(claim("name\(round)\(index)")) }
            before = try await newest(log)
            try store.close()
        }
        #expect(before?.size == 15)
    }

    @Test func restoredBackupIsRefused() async throws {
        let store = try SQLiteClaimStore(path: path)
        let log = try await open(store)
        _ = try await log.append(claim("one"))
        try store.close()
        func copy(to other: String) throws {
            for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
                try FileManager.default.copyItem(atPath: path + suffix, toPath: other + suffix)
            }
        }
        try copy(to: folder.path + "/backup")
        let again = try SQLiteClaimStore(path: path)
        let later = try await open(again)
        for name in ["two", "three"] { _ = try await later.append(claim(name)) }
        try again.close()
        let restored = try SQLiteClaimStore(path: folder.path + "/backup")
        await #expect(throws: LogStartError.storeBehind(signed: 3, stored: 1)) { try await open(restored) }
    }

    @Test func storeWithAnotherHistoryIsRefused() async throws {
        let log = try await open(MemoryClaimStore())
        for name in ["one", "two"] { _ = try await log.append(claim(name)) }
        let other = MemoryClaimStore()
        for name in ["one", "two"] {
            let new = try claim(name)
            try await other.append(new.entry, handle: new.handle, rules: rules)
        }
        await #expect(throws: LogStartError.storeDiffers(signed: 2)) { try await open(other) }
        let new = try claim("three")
        try await other.append(new.entry, handle: new.handle, rules: rules)
        await #expect(throws: LogStartError.storeDiffers(signed: 2)) { try await open(other) }
    }

    @Test func whatWasSignedLastHasToBeReadable() async throws {
        let file = folder.path + "/" + LastSignedFile.name
        let log = try await open(MemoryClaimStore())
        let note = try await log.checkpoint(from: 0).checkpoint
        let stranger = try LogSigner(LogKeyFile.generate(), directory: directory)
        await #expect(throws: LogStartError.lastSignedUnreadable) {
            try await open(MemoryClaimStore(), nil, stranger)
        }
        for damaged in [[], Array(note.dropLast(3)), note.map { $0 == 0x30 ? 0x31 : $0 }] {
            try Data(damaged).write(to: URL(fileURLWithPath: file))
            await #expect(throws: LogStartError.lastSignedUnreadable) { try await open(MemoryClaimStore()) }
        }
    }

    @Test func newKeysGoOnWhereTheOldOnesSigned() async throws {
        let store = MemoryClaimStore()
        let log = try await open(store)
        _ = try await log.append(claim("one"))
        let former = signer.statements.map(\.bytes)
        let rotated = try LogSigner(LogKeyFile.generate(former: former), directory: directory)
        #expect(rotated.statements.map(\.sequence) == [0, 1])
        #expect(rotated.statements[0] == signer.statements[0])
        let again = try await open(store, nil, rotated)
        let before = try await newest(log)
        #expect(try await newest(again, by: rotated) == before)
        // Somebody else's statements are none of this directory.
        #expect(throws: LogStartError.foreignKeys) {
            try LogSigner(LogKeyFile.generate(former: former), directory: IdentityKeys.generate())
        }
    }

    // MARK: A step fails

    @Test func whatCannotBeKeptAsSignedIsNotToldOfAndGoesOnLater() async throws {
        let (store, lastSigned) = (MemoryClaimStore(), HeldLastSigned())
        let log = try await open(store, lastSigned)
        _ = try await log.append(claim("one"))
        lastSigned.fail(true)
        let lost = try claim("two")
        await #expect { try await log.append(lost) } throws: { error in
            if case .unavailable = error as? ClaimStoreError { true } else { false }
        }
        // It is stored, but nobody is told of a checkpoint with it that is on no disk.
        await #expect(throws: ClaimStoreError.self) { try await log.newest(lost.entry.label) }
        await #expect(throws: ClaimStoreError.self) { try await log.checkpoint(from: 0) }
        lastSigned.fail(false)
        #expect(try await log.newest(lost.entry.label).entry == lost.entry)
        #expect(try await newest(log).size == 2)
        #expect(try await log.append(claim("three")).position == 2)
    }

    @Test(arguments: [FailingStore.Moment.before, .after])
    func failureOfTheStoreIsSurvived(moment: FailingStore.Moment) async throws {
        let store = FailingStore()
        let log = try await open(store)
        _ = try await log.append(claim("one"))
        store.fail(moment)
        let doubtful = try claim("two")
        await #expect(throws: ClaimStoreError.self) { try await log.append(doubtful) }
        let isIn = moment == .after
        let receipt = try await log.append(claim("three"))
        #expect(receipt.position == (isIn ? 2 : 1))
        #expect(try await log.newest(doubtful.entry.label).entry == (isIn ? doubtful.entry : nil))
        #expect(try await newest(log).size == (isIn ? 3 : 2))
    }

    @Test func storeInOtherHandsIsNoticed() async throws {
        let store = MemoryClaimStore()
        let log = try await open(store)
        let theirs = try claim("theirs")
        try await store.append(theirs.entry, handle: theirs.handle, rules: rules)
        await #expect { try await log.append(claim("ours")) } throws: { error in
            if case .unavailable = error as? ClaimStoreError { true } else { false }
        }
    }

    /// Crashes at every step, starts again each time, and looks at everything that was ever signed.
    @Test func noTwoCheckpointsOfOneSizeDiffer() async throws {
        let (inner, lastSigned) = (FailingStore(), HeldLastSigned())
        var handedOut: [[UInt8]] = []
        for round in 0..<12 {
            lastSigned.fail(false)
            let log = try await open(inner, lastSigned)
            switch round % 4 {
            case 1: inner.fail(.before)
            case 2: inner.fail(.after)
            case 3: lastSigned.fail(true)
            default: break
            }
            for index in 0..<3 {
                if let receipt = try? await log.append(claim("name\(round)x\(index)")) {
                    handedOut.append(receipt.evidence.checkpoint)
                }
            }
        }
        var roots: [UInt64: Checkpoint] = [:]
        for note in handedOut + lastSigned.notes {
            let checkpoint = try SignedCheckpoint(note: SignedNote(bytes: note), by: signer.keys).checkpoint
            #expect(roots.updateValue(checkpoint, forKey: checkpoint.size) ?? checkpoint == checkpoint)
        }
        // Whatever was handed out had been kept before.
        let kept = Set(try lastSigned.notes.map { try SignedNote(bytes: $0).text })
        for note in handedOut { #expect(kept.contains(try SignedNote(bytes: note).text)) }
        #expect(roots.count > 12)
    }

    // MARK: Files from before

    @Test func oldDatabaseGetsItsLog() async throws {
        let store = try SQLiteClaimStore(path: path)
        let new = try (0..<9).map { try claim("name\($0)") }
        for new in new { try await store.append(new.entry, handle: new.handle, rules: rules) }
        let before = try await store.load()
        try store.close()
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            try db.execute(sql: "DROP TABLE node")
            try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = '2 log'")
        }
        try queue.close()
        let again = try SQLiteClaimStore(path: path)
        #expect(try await again.entries(from: 0, count: 99) == new.map(\.entry))
        #expect(try await again.load().log == before.log)
        let log = try await open(again)
        #expect(try await newest(log).size == 9)
        #expect(try await log.append(claim("another")).position == 9)
    }
}

/// A store in memory that fails once, before or after it did what it was asked.
final class FailingStore: ClaimStore {
    enum Moment { case before, after }

    private let inner = MemoryClaimStore()
    private let next = Mutex<Moment?>(nil)

    func fail(_ moment: Moment) { next.withLock { $0 = moment } }

    func append(_ batch: [NewEntry], rules: ClaimRules) async throws(ClaimStoreError) -> AppendedBatch {
        let moment = next.withLock { moment in
            defer { moment = nil }
            return moment
        }
        if moment == .before { throw .unavailable("injected") }
        let appended = try await inner.append(batch, rules: rules)
        if moment == .after { throw .unavailable("injected") }
        return appended
    }

    func newest(_ label: Label) async throws(ClaimStoreError) -> LogEntry? { await inner.newest(label) }

    func entryBytes(from position: UInt64, count: Int) async throws(ClaimStoreError) -> [[UInt8]] {
        await inner.entryBytes(from: position, count: count)
    }

    func entryBytes(
        of label: Label, from sequence: UInt64, below limit: UInt64, count: Int
    ) async throws(ClaimStoreError) -> [[UInt8]] {
        await inner.entryBytes(of: label, from: sequence, below: limit, count: count)
    }

    func load() async throws(ClaimStoreError) -> (log: LogFrontier, map: MapTree) { await inner.load() }

    func withNodes<Value: Sendable>(
        _ body: @escaping @Sendable (any LogStorage) throws -> Value
    ) async throws(ClaimStoreError) -> Value {
        try await inner.withNodes(body)
    }
}
