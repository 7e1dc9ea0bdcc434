import FoundationEssentials
import Transparency
import Wire

extension DirectoryClient {
    /// The size of the largest checkpoint that is known: what is asked from now on has to be answered with no smaller one.
    var logFloor: UInt64 { logView?.newest?.checkpoint.size ?? 0 }

    /// Checks the checkpoint of an answer and takes it in: its signature, its age, and that it is of the log that was seen before.
    ///
    /// - Parameter floor: ``logFloor`` when the question was asked.
    func accept(
        _ evidence: LogEvidence?, notBelow floor: UInt64
    ) async throws(DirectoryError) -> (checkpoint: Checkpoint, map: MapProof) {
        guard let evidence else { throw misbehaved(.missing) }
        let told = try await read(evidence.checkpoint)
        if LogView.freshness(of: told, at: time) == .stale {
            let renewed = Int64(clamping: told.renewed ?? 0)
            throw .staleLog(age: .seconds(Int64(clamping: time) - renewed))
        }
        while true {
            let gap = logView?.gap(to: told)
            let proof = try await consistency(gap)
            // Another answer may have come meanwhile, and with it another checkpoint to compare with.
            guard logView?.gap(to: told) == gap else { continue }
            try checkedLog { () throws(LogFault) in
                try logView?.accept(told, notBelow: floor, consistency: proof)
            }
            return (told.checkpoint, evidence.map)
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
        if let view = logView, let signed = try? view.read(note) { return signed }
        // Not known yet, or replaced since.
        guard case .logKeys(let statements) = try await request(.log(.keys)) else {
            throw misbehaved("it answers with something else than the keys of its log")
        }
        return try checkedLog { () throws(LogFault) in
            if logView == nil {
                logView = try LogView(statements: statements, by: directory)
            } else {
                try logView?.learn(statements)
            }
            guard let signed = try logView?.read(note) else { throw .keys }
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
