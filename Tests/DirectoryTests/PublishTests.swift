import Directory
import Foundation
import Identity
import Synchronization
import TestSupport
import Testing
import Transparency

@testable import DirectoryServer

/// The log as files for everybody's tools (docs/directory.md, "Published tiles").
@Suite(.timeLimit(.minutes(2))) struct PublishTests {
    let home: TemporaryFolder
    let directory: IdentityKeys
    let signer: LogSigner
    let time = ManualTime()
    let events = Log<ServerEvent>()

    var path: String { home.path + "/published" }
    var reader: TileReader { TileReader(folder: path) }

    init() throws {
        home = try TemporaryFolder()
        directory = try IdentityKeys.generate()
        signer = try LogSigner(LogKeyFile.generate(), directory: directory)
    }

    /// As a server starts: with what the folder has, and nothing signed last.
    func start(
        _ store: any ClaimStore, _ signer: LogSigner? = nil
    ) async throws -> (log: DirectoryLog, publisher: LogPublisher) {
        let (time, events) = (time, events)
        let folder = try PublishedFolder(making: path)
        let log = try await DirectoryLog(
            store: store, signer: signer ?? self.signer, lastSigned: MemoryLastSigned(),
            rules: ClaimRules(operator: directory.publicIdentity, handlesPerIdentity: 3),
            published: try await folder.checkpoint(), now: { time.now })
        return (log, LogPublisher(log: log, folder: folder) { events.add($0) })
    }

    func publish(_ store: any ClaimStore, _ signer: LogSigner? = nil) async throws {
        try await start(store, signer).publisher.publish()
    }

    func claim(_ name: String) throws -> NewEntry {
        let handle = try Handle(name)
        return NewEntry(
            try LogEntry.make(
                .claim(recovery: .none), label: Label(handle), after: nil, time: 1,
                by: IdentityKeys.generate()), handle: handle)
    }

    func append(_ count: Int, to log: DirectoryLog) async throws {
        for _ in 0..<count { _ = try await log.append(claim("name\(try await log.newestNote().size)")) }
    }

    func inode(_ file: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: "\(path)/\(file)")[.systemFileNumber] as? Int
    }

    func write(_ bytes: [UInt8], _ file: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(file)"))
    }

    func remove(_ file: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(file)") }

    // MARK: What is in the folder

    @Test(arguments: [0, 1, 255, 256, 257, 65_793])
    func whoeverHasTheFolderAloneHasTheLog(size: Int) async throws {
        let store = try MadeUpStore(size)
        try await publish(store)
        let (entries, files) = try reader.check()
        #expect(entries == store.entries)
        // Nothing else: no leftovers, no tiles of other sizes.
        let everything = try reader.everything()
        #expect(everything.files == files)
        #expect(everything.modes == [0o644])
        #expect(everything.folderModes == [0o755])
        let note = try SignedNote(bytes: reader.bytes("checkpoint"))
        #expect(try SignedCheckpoint(note: note, by: signer.keys).checkpoint.size == UInt64(size))
    }

    @Test func pathsAreThoseOfTheSpecification() {
        func path(
            _ index: UInt64, _ width: Int = 256, _ content: TilePath.Content = .hashes(level: 0)
        ) -> String {
            TilePath(content: content, index: index, width: width).text
        }
        #expect(path(0) == "tile/0/000")
        #expect(path(999) == "tile/0/999")
        #expect(path(1_000) == "tile/0/x001/000")
        #expect(path(1_234_067) == "tile/0/x001/x234/067")
        #expect(path(1_234_067, 8, .entries) == "tile/entries/x001/x234/067.p/8")
        #expect(path(7, 255, .hashes(level: 2)) == "tile/2/007.p/255")
        // Its example.
        let rows = TileRow.levels(70_000).map { TileRow(level: $0, former: 0, size: 70_000) }
        #expect(rows.map(\.full) == [0..<273, 0..<1, 0..<0])
        #expect(rows.map(\.partialWidth) == [112, 17, 1])
        #expect(TileRow.levels(0).isEmpty)
        #expect(TileRow.levels(.max).count == 8)
    }

    @Test func growingAddsTilesAndTakesPartialOnesAwayThatAreFull() async throws {
        let (log, publisher) = try await start(MemoryClaimStore())
        let first = ["tile/0/000.p/1", "tile/entries/000.p/1"]
        var full: Int?
        for size in [1, 3, 255, 256, 257, 300] {
            try await append(size - reader.entryCount, to: log)
            try await publisher.publish()
            #expect(try reader.check().entries.count == size)
            let files = try reader.everything().files
            // Whoever has the checkpoint of before finds its tiles until there are full ones.
            #expect(files.isSuperset(of: first) == (size < 256))
            #expect(files.contains { $0.contains("000.p/") && !$0.contains("tile/1/") } == (size < 256))
            if size >= 256 {
                let now = try inode("tile/0/000")
                #expect(now == full ?? now, "a full tile was written again")
                full = now
            }
        }
        #expect(try reader.everything().files.contains("tile/0/001.p/1"))
    }

    @Test func anotherStartGoesOn() async throws {
        for size in [255, 256, 300, 512, 513] {
            try await publish(MadeUpStore(size))
            #expect(try reader.check().entries.count == size)
        }
        // Of the tile that is not full there is the one of 256 to 511 entries, too.
        let (files, expected) = (try reader.everything().files, try reader.check().files)
        #expect(files == expected.union(["tile/1/000.p/1"]))
    }

    @Test func whatIsDamagedOrMissingIsWrittenAgainAtTheStart() async throws {
        let store = try MadeUpStore(600)
        try await publish(store)
        let whole = try inode("tile/0/001")
        try remove("tile/0/000")
        try remove("tile/entries/001")
        try write(Array(reader.bytes("tile/1/000.p/2").dropLast()), "tile/1/000.p/2")
        try write(reader.bytes("tile/entries/000").map { $0 ^ 1 }, "tile/entries/000")
        try FileManager.default.createDirectory(
            atPath: path + "/tile/0/001.p", withIntermediateDirectories: true)
        try write([1], "tile/0/001.p/9")
        try write([1], "tile/0/000.0.unfinished")
        #expect(throws: (any Error).self) { try reader.check() }
        try await publish(store)
        let (files, expected) = (try reader.everything().files, try reader.check().files)
        #expect(files == expected)
        #expect(try inode("tile/0/001") == whole, "what was whole was written again")
    }

    @Test func whatIsDamagedInTheStoreIsNotPublished() async throws {
        try await publish(MadeUpStore(5))
        await #expect(throws: ClaimStoreError.self) { try await publish(MadeUpStore(9, damaged: 6)) }
        #expect(try reader.check().entries.count == 5)
    }

    // MARK: Somebody else's folder

    @Test func aFolderThatIsAheadOrOfAnotherLogIsRefused() async throws {
        try await publish(MadeUpStore(257))
        let before = try reader.bytes("checkpoint")
        await #expect(throws: LogStartError.storeBehind(signed: 257, stored: 256)) {
            try await start(MadeUpStore(256))
        }
        for size in [257, 300] {
            await #expect(throws: LogStartError.storeDiffers(signed: 257)) {
                try await start(MadeUpStore(size, prefix: "other"))
            }
        }
        let stranger = try LogSigner(LogKeyFile.generate(), directory: directory)
        await #expect(throws: LogStartError.publishedForeign) { try await start(MadeUpStore(257), stranger) }
        #expect(try reader.bytes("checkpoint") == before)
        for damaged in [[], Array(before.dropLast(3)), Array("<html>\n".utf8)] {
            try write(damaged, "checkpoint")
            await #expect(throws: LogStartError.publishedForeign) { try await start(MadeUpStore(257)) }
            #expect(try reader.bytes("checkpoint") == damaged)
        }
    }

    @Test func newLogKeysGoOnInTheFolderOfTheFormerOnes() async throws {
        try await publish(MadeUpStore(3))
        let former = signer.statements.map(\.bytes)
        let rotated = try LogSigner(LogKeyFile.generate(former: former), directory: directory)
        try await publish(MadeUpStore(4), rotated)
        #expect(try reader.check().entries.count == 4)
        let note = try SignedNote(bytes: reader.bytes("checkpoint"))
        #expect(try SignedCheckpoint(note: note, by: rotated.keys).checkpoint.size == 4)
    }

    @Test func aCheckpointThatSomebodyElsePutsThereIsNotOverwritten() async throws {
        let (log, publisher) = try await start(MemoryClaimStore())
        try await append(1, to: log)
        try await publisher.publish()
        let foreign = try LogSigner(LogKeyFile.generate(), directory: IdentityKeys.generate()).sign(
            Checkpoint(origin: "example.org/log", size: 0, root: .emptyLog, mapRoot: .emptyMap), at: 1
        ).bytes
        try write(foreign, "checkpoint")
        try await append(1, to: log)
        await #expect(throws: LogStartError.publishedForeign) { try await publisher.publish() }
        #expect(try reader.bytes("checkpoint") == foreign)
    }

    // MARK: Beside the directory's work

    @Test func eachBatchIsPublishedAndTheCosignatureStaysFresh() async throws {
        let sleep = ManualSleep(ignoring: .seconds(60))
        let (log, publisher) = try await start(MemoryClaimStore())
        let running = Task { await publisher.run(sleep: sleep.sleep) }
        for size in 0..<3 {
            try await waitUntil("a checkpoint of \(size)") {
                reader.entryCount == size && reader.hasCheckpoint
            }
            try reader.check()
            try await append(1, to: log)
        }
        try await waitUntil("a checkpoint of 3") { reader.entryCount == 3 }
        func renewed() throws -> UInt64? {
            let note = try SignedNote(bytes: reader.bytes("checkpoint"))
            return try SignedCheckpoint(note: note, by: signer.keys).renewed
        }
        let before = try #require(try renewed())
        time.advance(.seconds(1_800))
        let sleeper = try #require(await sleep.next())
        #expect(sleeper.duration == .seconds(900))
        sleep.wake(sleeper)
        try await waitUntil("a new cosignature") { try renewed() == before + 1_800 }
        running.cancel()
        await running.value
        #expect(events.all == [])
    }

    @Test func registrationsDoNotWaitForItAndShareARun() async throws {
        let store = HeldReadsStore()
        let sleep = ManualSleep(ignoring: .seconds(900))
        let (log, publisher) = try await start(store)
        try await append(1, to: log)
        let running = Task { await publisher.run(sleep: sleep.sleep) }
        await store.untilHeld()
        // It is in the middle of its work, and these are answered.
        try await append(4, to: log)
        store.release()
        try await waitUntil("a checkpoint of 5") { reader.entryCount == 5 }
        try reader.check()
        #expect(store.reads == [1, 5])
        running.cancel()
        await running.value
    }

    @Test func aFailureIsToldOnceAndLeavesWhatWasPublished() async throws {
        let sleep = ManualSleep(ignoring: .seconds(900))
        let (log, publisher) = try await start(MemoryClaimStore())
        try await append(1, to: log)
        try await publisher.publish()
        // Folders stand in the way of the next tiles.
        let obstacles = ["tile/0/000.p/2", "tile/0/000.p/3"]
        for obstacle in obstacles {
            try FileManager.default.createDirectory(
                atPath: "\(path)/\(obstacle)", withIntermediateDirectories: true)
        }
        try await append(1, to: log)
        let running = Task { await publisher.run(sleep: sleep.sleep) }
        for _ in 0..<3 {
            let sleeper = try #require(await sleep.next())
            #expect(sleeper.duration == .seconds(60))
            #expect(try reader.check().entries.count == 1)
            guard case .publishingFailed(let text) = events.all.first else {
                Issue.record("nothing was told")
                break
            }
            #expect(text.contains(obstacles[0]))
            #expect(events.all.count == 1)
            sleep.wake(sleeper)
        }
        // The directory goes on meanwhile.
        try await append(1, to: log)
        #expect(try await log.newestNote().size == 3)
        let sleeper = try #require(await sleep.next())
        for obstacle in obstacles { try remove(obstacle) }
        sleep.wake(sleeper)
        try await waitUntil("a word that it goes on") { events.all.count == 2 }
        #expect(events.all.last == .publishingGoesOn)
        #expect(try reader.check().entries.count == 3)
        running.cancel()
        await running.value
    }

    @Test func aFolderThatIsGoneIsNotMadeAnewButFilledAnew() async throws {
        let (log, publisher) = try await start(MemoryClaimStore())
        try await append(300, to: log)
        try await publisher.publish()
        try remove("")
        await #expect(throws: IdentityError.self) { try await publisher.publish() }
        #expect(!FileManager.default.fileExists(atPath: path))
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try await publisher.publish()
        #expect(try reader.check().entries.count == 300)
    }
}

extension TileReader {
    /// Of the checkpoint; 0 without one.
    fileprivate var entryCount: Int { (try? checkpoint().size) ?? 0 }
    fileprivate var hasCheckpoint: Bool { (try? checkpoint()) != nil }
}

/// Many entries of different lengths, without signatures: the log does not look into them.
private final class MadeUpStore: ClaimStore {
    let entries: [[UInt8]]
    private let frontier: LogFrontier
    private let nodes: MemoryLogStorage
    private let damaged: Int?

    /// - Parameter damaged: the position of an entry that is read otherwise than it was taken in.
    init(_ count: Int, prefix: String = "entry", damaged: Int? = nil) throws {
        entries = (0..<count).map { Array("\(prefix) \($0)".utf8) + [UInt8](repeating: 0, count: $0 % 300) }
        var (frontier, nodes) = (LogFrontier(), MemoryLogStorage())
        for entry in entries { try nodes.add(frontier.append(.leaf(entry))) }
        (self.frontier, self.nodes, self.damaged) = (frontier, nodes, damaged)
    }

    func entryBytes(from position: UInt64, count: Int) -> [[UInt8]] {
        let first = Int(clamping: position)
        return (first..<min(first + count, entries.count)).map {
            $0 == damaged ? entries[$0] + [0] : entries[$0]
        }
    }

    func load() -> (log: LogFrontier, map: MapTree) { (frontier, MapTree()) }

    func withNodes<Value: Sendable>(
        _ body: @escaping @Sendable (any LogStorage) throws -> Value
    ) throws(ClaimStoreError) -> Value {
        do {
            return try body(nodes)
        } catch {
            throw .corrupt("\(error)")
        }
    }

    func newest(_ label: Label) -> LogEntry? { nil }

    func append(_ batch: [NewEntry], rules: ClaimRules) throws(ClaimStoreError) -> AppendedBatch {
        throw .unavailable("made up")
    }

    func entryBytes(of label: Label, from sequence: UInt64, below limit: UInt64, count: Int) -> [[UInt8]] {
        []
    }
}

/// A store in memory, the first reading of whose entries waits.
private final class HeldReadsStore: ClaimStore {
    private struct State {
        var reads: [Int] = []
        var held: CheckedContinuation<Void, Never>?
    }

    private let inner = MemoryClaimStore()
    private let state = Mutex(State())
    private let holding: AsyncStream<Void>
    private let announce: AsyncStream<Void>.Continuation

    init() {
        (holding, announce) = AsyncStream.makeStream()
    }

    /// How many entries were asked for, each time.
    var reads: [Int] { state.withLock { $0.reads } }

    func untilHeld() async {
        for await _ in holding { return }
    }

    func release() {
        state.withLock { state in
            defer { state.held = nil }
            return state.held
        }?.resume()
    }

    func entryBytes(from position: UInt64, count: Int) async -> [[UInt8]] {
        await withCheckedContinuation { continuation in
            let isFirst = state.withLock { state in
                state.reads.append(count)
                if state.reads.count == 1 { state.held = continuation }
                return state.reads.count == 1
            }
            if isFirst { announce.yield() } else { continuation.resume() }
        }
        return await inner.entryBytes(from: position, count: count)
    }

    func append(_ batch: [NewEntry], rules: ClaimRules) async throws(ClaimStoreError) -> AppendedBatch {
        try await inner.append(batch, rules: rules)
    }

    func newest(_ label: Label) async -> LogEntry? { await inner.newest(label) }

    func entryBytes(
        of label: Label, from sequence: UInt64, below limit: UInt64, count: Int
    ) async -> [[UInt8]] {
        await inner.entryBytes(of: label, from: sequence, below: limit, count: count)
    }

    func load() async -> (log: LogFrontier, map: MapTree) { await inner.load() }

    func withNodes<Value: Sendable>(
        _ body: @escaping @Sendable (any LogStorage) throws -> Value
    ) async throws(ClaimStoreError) -> Value {
        try await inner.withNodes(body)
    }
}
