import Foundation
import Identity
import Synchronization
import TestSupport
import Wire

@testable import Files

/// A store in memory. It outlives engines, and can die: from then on nothing reaches it.
final class MemoryStore: TransferStore {
    private struct State {
        var transfers: [TransferKey: (order: Int, transfer: Transfer)] = [:]
        var saves = 0
        var refuses = false
    }
    struct Refused: Error {}

    private let state = Mutex(State())

    var saves: Int { state.withLock { $0.saves } }
    func refuse(_ refuses: Bool) { state.withLock { $0.refuses = refuses } }

    func save(_ transfer: Transfer) async throws {
        try state.withLock { state in
            guard !state.refuses else { throw Refused() }
            state.saves += 1
            state.transfers[transfer.key] = (state.transfers[transfer.key]?.order ?? state.saves, transfer)
        }
    }

    func transfers() async throws -> [Transfer] {
        state.withLock { $0.transfers.values.sorted { $0.order < $1.order }.map(\.transfer) }
    }

    func remove(_ key: TransferKey) async throws {
        state.withLock { $0.transfers[key] = nil }
    }
}

/// The store as one run of a program sees it: nothing more is written once that has died.
struct MortalStore: TransferStore {
    let store: MemoryStore
    let life: Life

    func save(_ transfer: Transfer) async throws {
        guard life.lives() else { throw MemoryStore.Refused() }
        try await store.save(transfer)
    }
    func transfers() async throws -> [Transfer] { try await store.transfers() }
    func remove(_ key: TransferKey) async throws {
        guard life.lives() else { throw MemoryStore.Refused() }
        try await store.remove(key)
    }
}

/// Counts what a program does to store and disk, and ends it at a chosen deed.
final class Life: Sendable {
    private let left: Mutex<Int>
    /// What was written and not synced since. Several files may be written and synced at once.
    private let unsynced = Mutex<(writes: Int, spans: [(number: Int, offset: Int64, count: Int)])>((0, []))
    init(deeds: Int = .max) { left = Mutex(deeds) }

    func lives() -> Bool {
        left.withLock { left in
            guard left > 0 else { return false }
            left -= 1
            return true
        }
    }
    var isOver: Bool { left.withLock { $0 <= 0 } }
    func end() { left.withLock { $0 = 0 } }

    /// Takes away what was not synced, as a power cut does.
    func forgetUnsynced(_ path: String) {
        let descriptor = open(path, O_WRONLY)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        for (_, offset, count) in unsynced.withLock({ $0.spans }) {
            _ = pwrite(descriptor, [UInt8](repeating: 0, count: count), count, off_t(offset))
        }
    }

    /// The real calls, as long as it lives. A name may be given in two halves, with death in between.
    var calls: DiskCalls {
        let real = DiskCalls()
        var calls = DiskCalls()
        calls.write = { (descriptor, bytes, offset) throws(DiskError) in
            guard self.lives() else { throw DiskError(code: EIO) }
            self.unsynced.withLock {
                $0.spans.append(($0.writes, offset, bytes.count))
                $0.writes += 1
            }
            return try real.write(descriptor, bytes, offset)
        }
        calls.sync = { (_) throws(DiskError) in
            let writes = self.unsynced.withLock { $0.writes }
            guard self.lives() else { throw DiskError(code: EIO) }
            self.unsynced.withLock { $0.spans.removeAll { $0.number < writes } }
        }
        calls.place = { (old, new) throws(DiskError) in
            guard self.lives() else { throw DiskError(code: EIO) }
            guard link(old, new) == 0 else { throw DiskError(code: errno) }
            guard self.lives() else { throw DiskError(code: EIO) }
            unlink(old)
        }
        calls.syncFolder = { (_) throws(DiskError) in
            guard self.lives() else { throw DiskError(code: EIO) }
        }
        return calls
    }
}

/// One direction of a link in memory, with room for a few envelopes.
actor Pipe {
    struct Gone: Error {}
    private var items: [PeerEnvelope] = []
    private var isClosed = false
    private var writers: [CheckedContinuation<Void, Never>] = []
    private var readers: [CheckedContinuation<Void, Never>] = []
    private let room: Int

    init(room: Int = 16) { self.room = room }

    func send(_ envelope: PeerEnvelope) async throws {
        while items.count >= room, !isClosed { await withCheckedContinuation { writers.append($0) } }
        guard !isClosed else { throw Gone() }
        items.append(envelope)
        wake(&readers)
    }

    var isEmpty: Bool { items.isEmpty }

    func receive() async -> PeerEnvelope? {
        while items.isEmpty, !isClosed { await withCheckedContinuation { readers.append($0) } }
        guard !isClosed else { return nil }
        defer { wake(&writers) }
        return items.removeFirst()
    }

    func close() {
        isClosed = true
        wake(&readers)
        wake(&writers)
    }

    private func wake(_ sleepers: inout [CheckedContinuation<Void, Never>]) {
        for sleeper in sleepers { sleeper.resume() }
        sleepers = []
    }
}

struct PipeChannel: FileChannel {
    let pipe: Pipe
    var life = Life()
    func send(_ envelope: PeerEnvelope) async throws {
        guard life.lives() else { throw Pipe.Gone() }
        // As over a real link: what cannot be encoded is not sent.
        try await pipe.send(try PeerEnvelope(decoding: try envelope.encoded()))
    }
}

/// One program: an engine with its store and folders.
final class Side: Sendable {
    let identity: PublicIdentity
    let store: MemoryStore
    let folder: TemporaryFolder
    let engine: FileTransfers
    let life: Life
    private let running: Task<Void, Never>

    /// - Parameter from: Whose identity, store and folder it takes over, after that was killed.
    init(
        _ from: Side? = nil, limits: FileLimits = .small, life: Life = Life(), calls: DiskCalls? = nil,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) async throws {
        identity = try from?.identity ?? IdentityKeys.generate().publicIdentity
        store = from?.store ?? MemoryStore()
        folder = try from?.folder ?? TemporaryFolder()
        self.life = life
        let engine = FileTransfers(
            store: MortalStore(store: store, life: life), limits: limits, calls: calls ?? life.calls, now: now
        )
        self.engine = engine
        try await engine.load()
        running = Task { await engine.run() }
    }

    /// As `kill -9` would.
    func kill() async {
        life.end()
        running.cancel()
        await running.value
    }

    func close() async {
        await engine.close()
        await running.value
    }

    func write(_ bytes: [UInt8], _ name: String = "a file.bin") throws -> String {
        try bytes.write(to: folder.path + "/" + name)
        return folder.path + "/" + name
    }

    func status(_ key: TransferKey) async -> TransferStatus? {
        await engine.list().first { $0.transfer.key == key }
    }

    func state(_ key: TransferKey) async -> TransferState? { await status(key)?.transfer.state }
}

extension FileLimits {
    /// Chunks of 64 bytes, so that a span has 16 KiB; asked for by whole spans.
    static var small: FileLimits {
        var limits = FileLimits()
        limits.askedChunks = 512
        limits.fetchChunks = 256
        limits.chunk = 64
        limits.syncChunks = 100
        limits.progressAfter = .zero
        limits.reserve = 0
        return limits
    }

    /// The same, asked for as the program does.
    static var smallInParts: FileLimits {
        var limits = FileLimits.small
        limits.askedChunks = FileLimits.standard.askedChunks
        limits.fetchChunks = FileLimits.standard.fetchChunks
        return limits
    }
}

/// A link between two sides, until it is cut.
final class Meeting: Sendable {
    private let pipes: [Pipe]
    private let pumps: [Task<Void, Never>]
    private let cutting: @Sendable () async -> Void
    init(_ one: Side, _ two: Side, room: Int = 16) async {
        let (forth, back) = (Pipe(room: room), Pipe(room: room))
        pipes = [forth, back]
        let violation = Violation()
        let oneLink = await one.engine.connected(two.identity, PipeChannel(pipe: forth, life: one.life))
        let twoLink = await two.engine.connected(one.identity, PipeChannel(pipe: back, life: two.life))
        pumps = [
            Task { await Self.pump(forth, to: two, from: one, twoLink, violation) },
            Task { await Self.pump(back, to: one, from: two, oneLink, violation) },
        ]
        self.violation = violation
        cutting = {
            await one.engine.disconnected(two.identity, oneLink)
            await two.engine.disconnected(one.identity, twoLink)
        }
    }

    final class Violation: Sendable {
        let happened = Mutex(false)
    }
    let violation: Violation
    var isViolated: Bool { violation.happened.withLock { $0 } }

    private static func pump(
        _ pipe: Pipe, to side: Side, from other: Side, _ link: Int, _ violation: Violation
    ) async {
        while let envelope = await pipe.receive() {
            guard await side.engine.handle(envelope, from: other.identity, on: link) else {
                violation.happened.withLock { $0 = true }
                await pipe.close()
                return
            }
        }
    }

    func cut() async {
        for pipe in pipes { await pipe.close() }
        await cutting()
        for pump in pumps { await pump.value }
    }
}

/// A peer without an engine, which does what a test tells it to.
final class Peer: Sendable {
    let identity: PublicIdentity
    let key: TransferKey
    let content: [UInt8]
    let offer: FileOffer
    private let tree: FileTree
    private let source: SourceFile
    private let folder: TemporaryFolder
    private let side: Mutex<Side>
    private let pipe = Mutex(Pipe(room: 100_000))

    /// - Parameter content: What it offers to `side`, with an honest tree.
    init(of side: Side, offering content: [UInt8] = [1], name: String = "offered.bin") async throws {
        identity = try IdentityKeys.generate().publicIdentity
        self.content = content
        self.side = Mutex(side)
        folder = try TemporaryFolder()
        try content.write(to: folder.path + "/f")
        tree = try await FileTree.hash(folder.path + "/f", chunk: 64, keeping: 1 << 20)
        source = try SourceFile(folder.path + "/f")
        key = TransferKey(peer: identity, id: .make(), direction: .incoming)
        offer = try FileOffer(name: name, size: Int64(content.count), root: tree.root)
        try await side.engine.offered(offer, id: key.id, by: identity)
    }

    func connect(_ side: Side? = nil) async {
        if let side { self.side.withLock { $0 = side } }
        let pipe = Pipe(room: 100_000)
        self.pipe.withLock { $0 = pipe }
        await self.side.withLock { $0 }.engine.connected(identity, PipeChannel(pipe: pipe))
    }

    func disconnect() async {
        await pipe.withLock { $0 }.close()
        await side.withLock { $0 }.engine.disconnected(identity)
    }

    /// - Returns: Whether the link stays.
    @discardableResult
    func say(_ envelope: PeerEnvelope) async throws -> Bool {
        await side.withLock { $0 }.engine.handle(envelope, from: identity)
    }

    func span(_ number: Int) throws -> FileSpan { try tree.span(number, id: key.id, from: source) }
    func sendSpan(_ number: Int) async throws { try await say(.span(try span(number))) }
    func chunk(_ index: Int) throws -> FileChunk {
        try FileChunk(id: key.id, index: index, data: try source.read(index, tree.shape))
    }
    func send(_ chunks: Range<Int>) async throws {
        for index in chunks { try await say(.chunk(try chunk(index))) }
    }

    /// The next thing that it is sent.
    func hear() async throws -> PeerEnvelope {
        let pipe = pipe.withLock { $0 }
        guard let envelope = try await within30Seconds({ await pipe.receive() }) else { throw Pipe.Gone() }
        return envelope
    }

    /// Whether nothing was sent to it that it did not hear.
    func isSilent() async -> Bool { await pipe.withLock { $0 }.isEmpty }

    /// The chunks that it is asked for next.
    func fetch() async throws -> Range<Int> {
        guard case .fetch(let fetch) = try await hear(), fetch.id == key.id else { throw Unexpected() }
        return fetch.first..<fetch.first + fetch.count
    }

    /// How it is told that it ends; fetches that went before are passed over.
    func end() async throws -> FileEnd.Reason {
        while true {
            switch try await hear() {
            case .fetch: continue
            case .end(let end) where end.id == key.id: return end.reason
            default: throw Unexpected()
            }
        }
    }

    struct Unexpected: Error {}
}

/// Fails instead of hanging; a passing test never waits for it.
func within30Seconds<Value: Sendable>(_ body: @escaping @Sendable () async -> Value?) async throws -> Value? {
    let result = Mutex<Value??>(nil)
    let task = Task {
        let value = await body()
        result.withLock { $0 = .some(value) }
    }
    defer { task.cancel() }
    try await waitUntil("an envelope") { result.withLock { $0 != nil } }
    return result.withLock { $0 } ?? nil
}

func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path)
}

/// Bytes that look random and are the same each time.
func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return UInt8(truncatingIfNeeded: state >> 24)
    }
}

func contents(_ path: String?) throws -> [UInt8] {
    try Array(Data(contentsOf: URL(fileURLWithPath: path ?? "")))
}

extension [UInt8] {
    func write(to path: String) throws {
        try Data(self).write(to: URL(fileURLWithPath: path))
    }
}

/// Numbers that are the same each time.
struct Numbers: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// Offers a file from one side to the other, as Chat does.
func offer(_ path: String, from sender: Side, to receiver: Side) async throws -> (
    out: TransferKey, in: TransferKey
) {
    let file = try await sender.engine.prepare(path)
    let id = MessageID.make()
    try await sender.engine.offer(file, id: id, to: receiver.identity)
    try await receiver.engine.offered(file.offer, id: id, by: sender.identity)
    return (
        TransferKey(peer: receiver.identity, id: id, direction: .outgoing),
        TransferKey(peer: sender.identity, id: id, direction: .incoming)
    )
}

/// A clock that a test moves.
final class ManualClock: Sendable {
    private let time = Mutex(ContinuousClock.now)
    var now: ContinuousClock.Instant { time.withLock { $0 } }
    func advance(by duration: Duration) { time.withLock { $0 += duration } }
}
