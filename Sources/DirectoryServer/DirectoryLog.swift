import Directory
package import FoundationEssentials
import Identity
package import Transparency
package import Wire

/// A directory's log: takes entries in, signs checkpoints, proves what they say (docs/directory.md, "The log").
///
/// One batch at a time is written, and its checkpoint is on disk, before anybody is told of it. Entries that come meanwhile wait and
/// are the next batch: so however many come at once, one transaction and one checkpoint serve them all.
package actor DirectoryLog {
    /// What became of an entry that was taken in.
    package struct Receipt: Sendable {
        package let position: UInt64
        /// That it is in the log of the checkpoint.
        package let inclusion: [NodeHash]
        package let evidence: LogEvidence
    }

    private struct Waiting {
        let entry: NewEntry
        /// Nil hands the work over: the entry's own task is to go on with what waits.
        let resume: CheckedContinuation<Result<Receipt, ClaimStoreError>?, Never>
    }

    struct Signed {
        let checkpoint: Checkpoint
        /// With the log's own signatures.
        var note: SignedNote
        /// When it was last said to be the newest, in seconds since 1970.
        var renewed: UInt64
        /// Of witnesses.
        var cosignatures: [NoteKey: NoteSignature] = [:]
    }

    package nonisolated let signer: LogSigner
    let store: any ClaimStore
    private let rules: ClaimRules
    let lastSigned: any LastSigned
    private let now: @Sendable () -> Date

    /// What the store holds. Ahead of ``signed`` only while a batch is under way, or after one could not be signed.
    private var log: LogFrontier
    private var map: MapTree
    var signed: Signed
    let witnessing: Witnessing?
    var witnessLinks = WitnessLinks()
    /// Set while what is signed waits for cosignatures.
    var gathering: CheckedContinuation<Void, Never>?
    /// The store failed: what is in it is to be read anew.
    private var isDoubtful = false

    private(set) var isWorking = false
    private var waiting: [Waiting] = []
    private var idle: [CheckedContinuation<Void, Never>] = []
    private var listeners: [AsyncStream<Void>.Continuation] = []

    /// Reads the store and compares it with what was signed last. Throws ``LogStartError`` when to go on could contradict that,
    /// ``ClaimStoreError``, or what writing throws.
    ///
    /// - Parameters:
    ///   - rules: by which entries are taken in.
    ///   - published: the checkpoint in the folder that the log is published in, which must not be contradicted either.
    ///   - witnessing: whose cosignatures are handed on and waited for; nil: nobody's.
    ///   - now: the clock for cosignatures.
    package init(
        store: any ClaimStore, signer: LogSigner, lastSigned: any LastSigned, rules: ClaimRules,
        published: [UInt8]? = nil, witnessing: Witnessing? = nil,
        now: @escaping @Sendable () -> Date = { Date() }
    ) async throws {
        // Not copied: a large log's map is most of this process.
        var (log, map) = try await store.load()
        let checkpoint = Checkpoint(
            origin: signer.keys.note.name, size: log.size, root: log.root, mapRoot: map.root())
        let former = try await lastSigned.read()
        if let former {
            guard let former = signer.checkpoint(former) else { throw LogStartError.lastSignedUnreadable }
            try await Self.compare(former, with: checkpoint, in: store)
        }
        if let published { try await Self.compare(published: published, with: checkpoint, in: store, signer) }
        let time = Self.seconds(now())
        var signed = Signed(
            checkpoint: checkpoint, note: try signer.sign(checkpoint, at: time), renewed: time)
        for key in witnessing?.policy.witnesses.map(\.key) ?? [] {
            signed.cosignatures[key] = former.flatMap { try? SignedNote(bytes: $0) }?.signatures
                .first { $0.holds(key, checkpoint.text) }
        }
        try await lastSigned.write(signed.bytes)
        (self.store, self.signer, self.lastSigned, self.rules, self.now) = (
            store, signer, lastSigned, rules, now
        )
        self.witnessing = witnessing
        self.log = log
        self.map = map
        self.signed = signed
    }

    /// Throws ``LogStartError`` unless the checkpoint in the folder that the log is published in is of this log, and not ahead of it.
    func compare(published bytes: [UInt8]) async throws {
        try await Self.compare(published: bytes, with: signed.checkpoint, in: store, signer)
    }

    private static func compare(
        published bytes: [UInt8], with checkpoint: Checkpoint, in store: any ClaimStore, _ signer: LogSigner
    ) async throws {
        guard let former = signer.checkpoint(bytes) else { throw LogStartError.publishedForeign }
        try await compare(former, with: checkpoint, in: store)
    }

    private static func compare(
        _ former: Checkpoint, with checkpoint: Checkpoint, in store: any ClaimStore
    ) async throws {
        guard former.size <= checkpoint.size else {
            throw LogStartError.storeBehind(signed: former.size, stored: checkpoint.size)
        }
        let root =
            former.size == checkpoint.size
            ? checkpoint.root
            : try await store.withNodes { try LogFrontier(size: former.size, storage: $0).root }
        guard root == former.root, former.size < checkpoint.size || former.mapRoot == checkpoint.mapRoot
        else {
            throw LogStartError.storeDiffers(signed: former.size)
        }
    }

    /// Yields to the listener at each new checkpoint, until it is finished.
    package func tell(_ listener: AsyncStream<Void>.Continuation) { listeners.append(listener) }

    private func tellListeners() {
        listeners.removeAll {
            if case .terminated = $0.yield() { true } else { false }
        }
    }

    /// How many entries wait for the next batch.
    package var waitingCount: Int { waiting.count }

    /// How many look-ups wait for a batch to be signed.
    package var lookingCount: Int { idle.count }

    // MARK: Taking in

    /// Takes an entry in. Throws why it was refused, or ``ClaimStoreError/unavailable(_:)`` when it was not stored or could not be signed; in
    /// the second case it may be in the log all the same.
    package func append(_ entry: NewEntry) async throws(ClaimStoreError) -> Receipt {
        var batch = [entry]
        if isWorking {
            let result = await withCheckedContinuation { waiting.append(Waiting(entry: entry, resume: $0)) }
            if let result { return try result.get() }
        }
        isWorking = true
        let others = takeWaiting(besides: entry.entry.label)
        batch += others.map(\.entry)
        let results = await work(batch)
        for (other, result) in zip(others, results.dropFirst()) { other.resume.resume(returning: result) }
        rest()
        guard let own = results.first else { throw .unavailable("no answer to an entry") }
        return try own.get()
    }

    /// What can be in one batch. A second entry of a label waits for the next one: the map shows the newest alone, and each answer has a proof
    /// of its own entry.
    private func takeWaiting(besides label: Label) -> [Waiting] {
        var labels: Set<Label> = [label]
        var taken: [Waiting] = []
        var left: [Waiting] = []
        for entry in waiting {
            if labels.insert(entry.entry.entry.label).inserted {
                taken.append(entry)
            } else {
                left.append(entry)
            }
        }
        waiting = left
        return taken
    }

    /// Hands the work over to whoever waits for it.
    private func rest() {
        for continuation in idle { continuation.resume() }
        idle = []
        if waiting.isEmpty {
            isWorking = false
        } else {
            waiting.removeFirst().resume.resume(returning: nil)
        }
    }

    /// A result for each entry, in their order.
    private func work(_ batch: [NewEntry]) async -> [Result<Receipt, ClaimStoreError>] {
        do {
            try await readAnewIfDoubtful()
            let appended = batch.isEmpty ? nil : try await write(batch)
            try await sign()
            await gatherCosignatures()
            return appended.map { receipts(of: batch, $0) } ?? []
        } catch {
            return batch.map { _ in .failure(error) }
        }
    }

    private func readAnewIfDoubtful() async throws(ClaimStoreError) {
        guard isDoubtful else { return }
        (log, map) = try await store.load()
        isDoubtful = false
    }

    private func write(_ batch: [NewEntry]) async throws(ClaimStoreError) -> AppendedBatch {
        let appended: AppendedBatch
        do {
            appended = try await store.append(batch, rules: rules)
        } catch {
            // Whether the transaction is in the file, nobody can say.
            isDoubtful = true
            throw error
        }
        guard appended.before == log else {
            isDoubtful = true
            throw .unavailable("somebody else writes to the store")
        }
        log = appended.after
        for (new, result) in zip(batch, appended.results) {
            guard case .success = result, let label = new.entry.label.nodeHash else { continue }
            map.set(label, to: new.entry.nodeHash)
        }
        return appended
    }

    /// Signs what the store holds, unless it is signed.
    private func sign() async throws(ClaimStoreError) {
        guard log.size != signed.checkpoint.size else { return }
        let checkpoint = Checkpoint(
            origin: signer.keys.note.name, size: log.size, root: log.root, mapRoot: map.root())
        let time = time
        do {
            let note = try signer.sign(checkpoint, at: time)
            // First on disk: a directory that starts again after a crash must know of everything that was ever handed out.
            try await lastSigned.write(note.bytes)
            signed = Signed(checkpoint: checkpoint, note: note, renewed: time)
            tellListeners()
        } catch {
            throw .unavailable("the checkpoint cannot be kept: \(error)")
        }
    }

    private func receipts(
        of batch: [NewEntry], _ appended: AppendedBatch
    ) -> [Result<Receipt, ClaimStoreError>] {
        let nodes = BatchNodes(appended)
        let note = currentNote()
        return zip(batch, appended.results).map { new, result in
            result.flatMap { position in
                do {
                    let inclusion = try LogProof.proveInclusion(of: position, size: log.size, storage: nodes)
                    return .success(
                        Receipt(
                            position: position, inclusion: inclusion,
                            evidence: LogEvidence(checkpoint: note, map: try proof(of: new.entry.label))))
                } catch {
                    return .failure(.corrupt("the log does not hold together: \(error)"))
                }
            }
        }
    }

    // MARK: What is signed

    /// Waits until everything that the store holds is signed, and signs it where that failed before. From here to the next `await`, ``map``
    /// is that of the newest checkpoint.
    ///
    /// - Parameter early: Does not wait for witnesses: it is a witness that asks.
    func settle(early: Bool = false) async throws(ClaimStoreError) {
        while isDoubtful || log.size != signed.checkpoint.size || (gathering != nil && !early) {
            if isWorking {
                await untilBatchEnds()
                continue
            }
            isWorking = true
            defer { rest() }
            try await readAnewIfDoubtful()
            try await sign()
            await gatherCosignatures()
        }
    }

    /// Returns at once when none is under way.
    func untilBatchEnds() async {
        guard isWorking else { return }
        await withCheckedContinuation { idle.append($0) }
    }

    /// How many entries are signed.
    var signedSize: UInt64 { signed.checkpoint.size }

    /// The newest checkpoint, said to be that within ``renewal``.
    func currentNote() -> [UInt8] {
        let time = time
        if time < signed.renewed || time - signed.renewed >= Self.renewal,
            let note = try? signer.sign(signed.checkpoint, at: time)
        {
            signed.note = note
            signed.renewed = time
        }
        return signed.bytes
    }

    /// What the map has of a label.
    func proof(of label: Label) throws -> MapProof {
        guard let label = label.nodeHash else { throw ProofRefused() }
        return map.prove(label)
    }

    func value(of label: Label) -> NodeHash? { label.nodeHash.flatMap { map[$0] } }

    private var time: UInt64 { Self.seconds(now()) }

    private static func seconds(_ date: Date) -> UInt64 { UInt64(max(0, date.timeIntervalSince1970)) }

    /// Clients warn of a checkpoint that nobody called the newest for an hour; half of that leaves room for the way and for clocks.
    private static let renewal: UInt64 = 1_800
}

extension DirectoryLog.Signed {
    /// With all signatures.
    fileprivate var bytes: [UInt8] {
        let others = cosignatures.sorted { $0.key.name < $1.key.name }.map(\.value)
        return (try? SignedNote(text: note.text, signatures: note.signatures + others))?.bytes ?? note.bytes
    }
}

/// The hashes that proofs of a batch's own entries need: the edge before it, and what came with it.
private struct BatchNodes: LogStorage {
    private let known: [LogNode: NodeHash]

    init(_ batch: AppendedBatch) {
        known = Dictionary(
            (batch.before.nodes + batch.nodes).map { ($0.node, $0.hash) }, uniquingKeysWith: { $1 })
    }

    func hashes(of nodes: [LogNode]) throws -> [NodeHash] {
        try nodes.map { node in
            guard let hash = known[node] else { throw MissingLogNode(node) }
            return hash
        }
    }
}
