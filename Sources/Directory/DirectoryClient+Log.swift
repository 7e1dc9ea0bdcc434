import FoundationEssentials
package import Identity
import Transparency
import Wire

extension DirectoryClient {
    /// Asks for the newest checkpoint and checks it against everything that was seen of the log before.
    package func checkLog() async throws(DirectoryError) {
        let floor = book.floor
        guard case .checkpoint(let note, let consistency) = try await request(.log(.checkpoint(from: floor)))
        else { throw misbehaved("it answers with something else than a checkpoint") }
        _ = try await accept(note, notBelow: floor, consistency: (from: floor, proof: consistency))
    }

    /// Compares the newest entry of this identity's own handle with those that this home made; ``LogBook/alert`` is what came of it.
    package func checkOwn(_ handle: Handle) async throws(DirectoryError) {
        let (newest, sight, size) = try await provedNewest(Label(handle))
        try await compareOwn(handle, newest, sight, size: size)
    }

    /// Compares what the log has of the own handle with what this home knows of it.
    func compareOwn(
        _ handle: Handle, _ newest: LogEntry?, _ sight: Evidence.Sight, size: UInt64
    ) async throws(DirectoryError) {
        do {
            try book.compare(
                newest, sight, size: size, of: handle, identity: keys.publicIdentity, at: time)
        } catch {
            if let before = book.memory.own[Label(handle)]?.sight {
                await book.convict(
                    .lostEntry(label: Label(handle), before: before, after: sight), at: time)
            }
            throw misbehaved(error)
        }
        await book.save()
    }

    /// Checks the checkpoint of an answer and takes it in: its signature, its age, and that it is of the log that was seen before.
    ///
    /// - Parameter floor: ``LogBook/floor`` when the question was asked.
    func accept(
        _ evidence: LogEvidence?, notBelow floor: UInt64
    ) async throws(DirectoryError) -> (checkpoint: Checkpoint, map: MapProof) {
        guard let evidence else { throw misbehaved(.missing) }
        return (try await accept(evidence.checkpoint, notBelow: floor), evidence.map)
    }

    /// - Parameter consistency: a proof that came with the checkpoint, and the size that it begins from.
    private func accept(
        _ note: [UInt8], notBelow floor: UInt64, consistency: (from: UInt64, proof: [NodeHash])? = nil
    ) async throws(DirectoryError) -> Checkpoint {
        let told = try await read(note)
        switch LogView.freshness(of: told, at: time) {
        case .current: book.noteAge(nil)
        case .old: book.noteAge(.seconds(Int64(clamping: time - (told.renewed ?? time))))
        case .stale, .ahead:
            let renewed = Int64(clamping: told.renewed ?? 0)
            throw .staleLog(age: .seconds(Int64(clamping: time) - renewed))
        }
        while true {
            let gap = book.view?.gap(to: told)
            let proof: [NodeHash]
            if let consistency, gap == LogGap(from: consistency.from, to: told.checkpoint.size) {
                proof = consistency.proof
            } else {
                proof = try await self.consistency(gap)
            }
            let before = book.memory
            let cosigners = cosigners(of: told)
            let isAccepted: Bool
            do {
                isAccepted = try book.accept(
                    told, after: gap, notBelow: floor, consistency: proof, at: time, keeps: cosigners == nil)
            } catch {
                if error == .forked, let known = book.view?.newest {
                    await convictFork(told, against: known, proof)
                }
                throw misbehaved(error)
            }
            // Another answer may have come meanwhile, and with it another checkpoint to compare with.
            guard isAccepted else { continue }
            // After the comparison: a fork is more than a checkpoint that lacks cosignatures.
            if let cosigners { throw .notWitnessed(by: cosigners) }
            if book.memory != before { await book.save() }
            return told.checkpoint
        }
    }

    /// Nil where the home's policy is content with the cosignatures; otherwise the names of the witnesses that have cosigned.
    private func cosigners(of told: SignedCheckpoint) -> [String]? {
        // A witness is shown what nobody has cosigned yet.
        guard let policy = book.memory.policy, !isWitness else { return nil }
        let witnesses = LogView.witnesses(of: policy, under: told, at: time)
        return policy.isSatisfied(by: Set(witnesses.map(\.key))) ? nil : witnesses.map(\.name)
    }

    /// By this computer's clock, in seconds since 1970.
    var time: UInt64 { UInt64(max(0, now().timeIntervalSince1970)) }

    /// Runs a check; a fault ends the link.
    func checkedLog<Value>(_ check: () throws(LogFault) -> Value) throws(DirectoryError) -> Value {
        do {
            return try check()
        } catch {
            throw misbehaved(error)
        }
    }

    private func read(_ note: [UInt8]) async throws(DirectoryError) -> SignedCheckpoint {
        if let view = book.view, let signed = try? view.read(note) { return signed }
        // Not known yet, or replaced since.
        guard case .logKeys(let statements) = try await request(.log(.keys)) else {
            throw misbehaved("it answers with something else than the keys of its log")
        }
        do {
            try book.learn(statements)
        } catch {
            await convictKeys(statements)
            throw misbehaved(error)
        }
        return try checkedLog { () throws(LogFault) in
            guard let signed = try book.view?.read(note) else { throw .keys }
            return signed
        }
    }

    /// Keeps what convicts a directory whose checkpoint is not of the log that was seen.
    ///
    /// - Parameters:
    ///   - proof: with which it wanted to show that it is.
    ///   - statements: of the keys that have signed what was told, where they may not be known here.
    func convictFork(
        _ told: SignedCheckpoint, against known: SignedCheckpoint, _ proof: [NodeHash],
        statements: [LogKeyStatement] = []
    ) async {
        let (smaller, larger) =
            told.checkpoint.size < known.checkpoint.size ? (told, known) : (known, told)
        let size = smaller.checkpoint.size
        guard size != larger.checkpoint.size else {
            return await book.convict(
                .twoStates(known.note.bytes, told.note.bytes), at: time, statements: statements)
        }
        var whole = proof
        if size & (size &- 1) == 0 {
            // What RFC 6962 leaves out of the proof: the root itself of a log of such a size, as the larger log has it.
            let query = LogQuery.nodes(level: size.trailingZeroBitCount, first: 0, count: 1)
            guard case .nodes(let nodes)? = try? await request(.log(query)) else { return }
            whole = nodes + proof
        }
        await book.convict(
            .otherBeginning(smaller: smaller.note.bytes, larger: larger.note.bytes, proof: whole), at: time,
            statements: statements)
    }

    /// Keeps what convicts a directory that has signed two keys with one number.
    private func convictKeys(_ told: [[UInt8]]) async {
        for known in book.view?.statements ?? [] {
            for other in told.compactMap({ LogKeyStatement(bytes: $0, by: directory) })
            where other.sequence == known.sequence && other.keys != known.keys {
                return await book.convict(.twoKeys(known.bytes, other.bytes), at: time)
            }
        }
    }

    func consistency(_ gap: LogGap?) async throws(DirectoryError) -> [NodeHash] {
        guard let gap else { return [] }
        guard
            case .checkpoint(_, let proof) = try await request(.log(.checkpoint(from: gap.from, to: gap.to)))
        else { throw misbehaved("it answers with something else than a checkpoint") }
        return proof
    }

    private func misbehaved(_ fault: LogFault) -> DirectoryError {
        switch fault {
        case .missing: misbehaved("it says who has a handle without the proof of its log")
        case .keys: misbehaved("the keys of its log are not those that it had, or not signed by it")
        case .unsigned: misbehaved("a checkpoint of its log is not signed by its log's key")
        case .rewound: misbehaved("its log is shorter than it was")
        case .forked: misbehaved("its log is another one than it was")
        case .unproved: misbehaved("a proof of its log does not hold")
        case .wrongEntry: misbehaved("the entry of a handle is not the one that its log has")
        case .lostEntry: misbehaved("an entry of your handle that its log had is not there any more")
        }
    }
}
