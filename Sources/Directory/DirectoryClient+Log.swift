import FoundationEssentials
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
        case .current, .old: break
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
            let isAccepted = try checkedLog { () throws(LogFault) in
                try book.accept(told, after: gap, notBelow: floor, consistency: proof, at: time)
            }
            // Another answer may have come meanwhile, and with it another checkpoint to compare with.
            guard isAccepted else { continue }
            if book.memory != before { await book.save() }
            return told.checkpoint
        }
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
        return try checkedLog { () throws(LogFault) in
            try book.learn(statements)
            guard let signed = try book.view?.read(note) else { throw .keys }
            return signed
        }
    }

    private func consistency(_ gap: LogGap?) async throws(DirectoryError) -> [NodeHash] {
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
        }
    }
}
