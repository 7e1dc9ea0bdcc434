import Directory
import DirectoryServer
import Foundation
import Identity
import Synchronization
import TestSupport
import Testing
import Transparency
import Wire

/// The log of a directory: what is signed, when, and what is proved.
@Suite struct DirectoryLogTests {
    let folder: TemporaryFolder
    let directory: IdentityKeys
    let signer: LogSigner
    let time = ManualTime()

    var rules: ClaimRules { ClaimRules(operator: directory.publicIdentity, handlesPerIdentity: 3) }

    init() throws {
        folder = try TemporaryFolder()
        directory = try IdentityKeys.generate()
        signer = try LogSigner(LogKeyFile.generate(), directory: directory)
    }

    func open(_ store: any ClaimStore, _ lastSigned: any LastSigned) async throws -> DirectoryLog {
        let time = time
        return try await DirectoryLog(
            store: store, signer: signer, lastSigned: lastSigned, rules: rules, now: { time.now })
    }

    func claim(_ name: String, by keys: IdentityKeys) throws -> NewEntry {
        let handle = try Handle(name)
        return NewEntry(
            try LogEntry.make(.claim(recovery: .none), label: Label(handle), after: nil, time: 1, by: keys),
            handle: handle)
    }

    func claims(_ count: Int) throws -> [NewEntry] {
        try (0..<count).map { try claim("name\($0)", by: IdentityKeys.generate()) }
    }

    func checkpoint(_ note: [UInt8]) throws -> SignedCheckpoint {
        try SignedCheckpoint(note: SignedNote(bytes: note), by: signer.keys)
    }

    /// Checks everything that an answer to a registration proves.
    func check(_ receipt: DirectoryLog.Receipt, of entry: LogEntry) throws {
        let checkpoint = try checkpoint(receipt.evidence.checkpoint).checkpoint
        try LogProof.checkInclusion(
            receipt.inclusion, of: entry.nodeHash, at: receipt.position, size: checkpoint.size,
            root: checkpoint.root)
        let label = try #require(entry.label.nodeHash)
        #expect(try receipt.evidence.map.value(of: label, root: checkpoint.mapRoot) == entry.nodeHash)
    }

    // MARK: Answers

    @Test func registrationIsProved() async throws {
        let log = try await open(MemoryClaimStore(), MemoryLastSigned())
        for (index, new) in try claims(9).enumerated() {
            let receipt = try await log.append(new)
            #expect(receipt.position == UInt64(index))
            try check(receipt, of: new.entry)
        }
    }

    @Test func newestAndAbsentEntriesAreProved() async throws {
        let log = try await open(MemoryClaimStore(), MemoryLastSigned())
        let absent = Label(try Handle("nobody"))
        func expectAbsent() async throws {
            let (entry, evidence) = try await log.newest(absent)
            #expect(entry == nil)
            let checkpoint = try self.checkpoint(evidence.checkpoint).checkpoint
            let label = try #require(absent.nodeHash)
            #expect(try evidence.map.value(of: label, root: checkpoint.mapRoot) == nil)
        }
        // In an empty map, too.
        try await expectAbsent()
        _ = try await log.append(claim("alice", by: IdentityKeys.generate()))
        try await expectAbsent()
        let alice = Label(try Handle("alice"))
        let (entry, evidence) = try await log.newest(alice)
        let checkpoint = try checkpoint(evidence.checkpoint).checkpoint
        #expect(
            try evidence.map.value(of: #require(alice.nodeHash), root: checkpoint.mapRoot)
                == #require(entry).nodeHash)
    }

    @Test func checkpointsAreConsistent() async throws {
        let log = try await open(MemoryClaimStore(), MemoryLastSigned())
        var seen: [Checkpoint] = []
        for new in try claims(7) {
            _ = try await log.append(new)
            let (note, nothing) = try await log.checkpoint(from: 0)
            #expect(nothing.isEmpty)
            seen.append(try checkpoint(note).checkpoint)
        }
        let newest = try #require(seen.last)
        for former in seen {
            let (note, proof) = try await log.checkpoint(from: former.size)
            #expect(try checkpoint(note).checkpoint == newest)
            try LogProof.checkConsistency(
                proof, from: former.size, root: former.root, to: newest.size, root: newest.root)
        }
        for (former, later) in zip(seen, seen.dropFirst()) {
            let (_, proof) = try await log.checkpoint(from: former.size, to: later.size)
            try LogProof.checkConsistency(
                proof, from: former.size, root: former.root, to: later.size, root: later.root)
        }
        // Whoever has seen more learns that by the checkpoint itself.
        for (from, to) in [(8, 0), (3, 8), (5, 4), (3, 3), (.max, .max)] as [(UInt64, UInt64)] {
            #expect(try await log.checkpoint(from: from, to: to).consistency.isEmpty)
        }
    }

    @Test func pagesRebuildBothRoots() async throws {
        let log = try await open(MemoryClaimStore(), MemoryLastSigned())
        for new in try claims(400) { _ = try await log.append(new) }
        var frontier = LogFrontier()
        var map = MapTree()
        var leaves: [NodeHash] = []
        while true {
            let page = try await log.entries(from: frontier.size)
            if page.isEmpty { break }
            // What a page has fits into a message.
            let response = DirectoryResponse(id: .max, body: .entries(page))
            _ = try DirectoryEnvelope.response(response).encoded()
            for bytes in page {
                let entry = try LogEntry(bytes: bytes)
                _ = frontier.append(entry.nodeHash)
                leaves.append(entry.nodeHash)
                map.set(try #require(entry.label.nodeHash), to: entry.nodeHash)
            }
        }
        let newest = try checkpoint(try await log.checkpoint(from: 0).checkpoint).checkpoint
        #expect(newest.size == 400)
        #expect(frontier.root == newest.root)
        #expect(map.root() == newest.mapRoot)
        #expect(try await log.nodes(level: 0, from: 10, count: 5) == Array(leaves[10..<15]))
        #expect(try await log.nodes(level: 0, from: 398, count: 1_024) == Array(leaves[398...]))
        #expect(try await log.nodes(level: 4, from: 0, count: 1_024).count == 25)
        #expect(try await log.nodes(level: 63, from: 0, count: 1) == [])
        #expect(try await log.nodes(level: 0, from: .max, count: 1) == [])
    }

    @Test func newestIsSaidAgainEachHalfHour() async throws {
        let log = try await open(MemoryClaimStore(), MemoryLastSigned())
        func renewed() async throws -> UInt64? {
            try checkpoint(try await log.checkpoint(from: 0).checkpoint).renewed
        }
        let start = try #require(try await renewed())
        time.advance(.seconds(1_799))
        #expect(try await renewed() == start)
        time.advance(.seconds(1))
        #expect(try await renewed() == start + 1_800)
        // Whoever sets the clock back gets what is true by it.
        time.setWallClock(by: -7_200)
        #expect(try await renewed() == start + 1_800 - 7_200)
    }

    // MARK: Batches

    @Test func entriesThatComeAtOnceShareACheckpoint() async throws {
        let lastSigned = HeldLastSigned()
        let log = try await open(MemoryClaimStore(), lastSigned)
        let new = try claims(40)
        lastSigned.hold()
        let receipts = try await withThrowingTaskGroup(of: (Int, DirectoryLog.Receipt).self) { group in
            group.addTask { (0, try await log.append(new[0])) }
            await lastSigned.untilHeld()
            for index in 1..<new.count { group.addTask { (index, try await log.append(new[index])) } }
            // All of them wait for the first one's checkpoint.
            while await log.waitingCount < new.count - 1 { await Task.yield() }
            lastSigned.release()
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for (index, receipt) in receipts { try check(receipt, of: new[index].entry) }
        #expect(receipts.count == new.count)
        #expect(Set(receipts.values.map(\.evidence.checkpoint)).count == 2)
        // The one at the start, that of the first entry, that of all others.
        #expect(lastSigned.count == 3)
    }

    @Test func ofTwoClaimsAtOnceOneIsTaken() async throws {
        let lastSigned = HeldLastSigned()
        let log = try await open(MemoryClaimStore(), lastSigned)
        let first = try claim("first", by: IdentityKeys.generate())
        let rivals = try (0..<2).map { _ in try claim("alice", by: IdentityKeys.generate()) }
        lastSigned.hold()
        let results = await withTaskGroup(of: Result<DirectoryLog.Receipt, ClaimStoreError>.self) { group in
            func add(_ new: NewEntry) {
                group.addTask {
                    do throws(ClaimStoreError) {
                        return .success(try await log.append(new))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            add(first)
            await lastSigned.untilHeld()
            for rival in rivals { add(rival) }
            while await log.waitingCount < 2 { await Task.yield() }
            lastSigned.release()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.filter { (try? $0.get()) != nil }.count == 2)
        #expect(
            results.contains {
                if case .failure(.handleTaken) = $0 { true } else { false }
            })
    }

    @Test func whoeverLeadsABatchMayGoAway() async throws {
        let lastSigned = HeldLastSigned()
        let store = try SQLiteClaimStore(path: folder.path + "/directory.sqlite")
        let log = try await open(store, lastSigned)
        let new = try claims(3)
        lastSigned.hold()
        let first = Task { try await log.append(new[0]) }
        await lastSigned.untilHeld()
        let leader = Task { try await log.append(new[1]) }
        while await log.waitingCount < 1 { await Task.yield() }
        let other = Task { try await log.append(new[2]) }
        while await log.waitingCount < 2 { await Task.yield() }
        // Its link ended: what it leads is not only its own.
        leader.cancel()
        lastSigned.release()
        try check(try await first.value, of: new[0].entry)
        try check(try await other.value, of: new[2].entry)
        try check(try await leader.value, of: new[1].entry)
    }

    @Test func lookingUpWaitsForTheCheckpointOfWhatIsStored() async throws {
        let lastSigned = HeldLastSigned()
        let log = try await open(MemoryClaimStore(), lastSigned)
        let new = try claim("alice", by: IdentityKeys.generate())
        lastSigned.hold()
        let appending = Task { try await log.append(new) }
        await lastSigned.untilHeld()
        let looking = Task { try await log.newest(new.entry.label) }
        while await log.lookingCount < 1 { await Task.yield() }
        lastSigned.release()
        let (entry, evidence) = try await looking.value
        #expect(entry == new.entry)
        #expect(try checkpoint(evidence.checkpoint).checkpoint.size == 1)
        _ = try await appending.value
    }
}

/// Keeps the checkpoint in memory, waits when it is told to, and fails when it is told to.
final class HeldLastSigned: LastSigned {
    struct Failed: Error {}

    private struct State {
        var notes: [[UInt8]] = []
        var fails = false
        var isHolding = false
        var held: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let holding: AsyncStream<Void>
    private let announce: AsyncStream<Void>.Continuation

    init() {
        (holding, announce) = AsyncStream.makeStream()
    }

    var count: Int { state.withLock { $0.notes.count } }
    var notes: [[UInt8]] { state.withLock { $0.notes } }

    /// From now on each writing waits for ``release()``.
    func hold() { state.withLock { $0.isHolding = true } }

    func fail(_ fails: Bool) { state.withLock { $0.fails = fails } }

    func untilHeld() async {
        for await _ in holding { return }
    }

    func release() {
        let held = state.withLock { state in
            state.isHolding = false
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    func read() async throws -> [UInt8]? { state.withLock { $0.notes.last } }

    func write(_ note: [UInt8]) async throws {
        await withCheckedContinuation { continuation in
            let isHeld = state.withLock { state in
                if state.isHolding { state.held.append(continuation) }
                return state.isHolding
            }
            if isHeld { announce.yield() } else { continuation.resume() }
        }
        try state.withLock { state in
            guard !state.fails else { throw Failed() }
            state.notes.append(note)
        }
    }
}
