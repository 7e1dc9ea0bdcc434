import Identity
import Transparency

/// Whether evidence convicts, decided from its bytes alone.
extension Evidence {
    /// What the directory has done, as the end of a sentence that begins with it. Throws ``EvidenceRefused``.
    @discardableResult
    package func check() throws(EvidenceRefused) -> String {
        switch lie {
        case .twoStates(let one, let other): try checkStates(one, other)
        case .otherBeginning(let smaller, let larger, let proof):
            try checkBeginning(read(smaller), read(larger), proof)
        case .lostEntry(let label, let before, let after): try checkLost(label, before, after)
        case .badEntry(let checkpoint, let position, let entry, let path, let former):
            try checkEntry(read(checkpoint), position, entry, path, former)
        case .entries(let entries, let checkpoints): try check(entries, checkpoints)
        case .twoKeys(let one, let other): try checkKeys(one, other)
        }
    }

    private func read(_ note: [UInt8]) throws(EvidenceRefused) -> Checkpoint {
        guard let note = try? SignedNote(bytes: note) else {
            throw .malformed("a checkpoint is no signed note")
        }
        for bytes in statements {
            guard let statement = LogKeyStatement(bytes: bytes, by: directory) else {
                throw .malformed("a statement of the log's keys is not signed by the directory's identity")
            }
            if let signed = try? SignedCheckpoint(note: note, by: statement.keys) { return signed.checkpoint }
        }
        throw .malformed("a checkpoint is not signed by the log's keys")
    }

    private func checkStates(_ one: [UInt8], _ other: [UInt8]) throws(EvidenceRefused) -> String {
        let (one, other) = (try read(one), try read(other))
        guard one.size == other.size else { throw .showsNoLie("the checkpoints are of different sizes") }
        guard one != other else { throw .showsNoLie("the checkpoints say the same") }
        return "signed two different states of its log for the one size of \(one.size.entries)"
    }

    private func checkBeginning(
        _ smaller: Checkpoint, _ larger: Checkpoint, _ proof: [NodeHash]
    ) throws(EvidenceRefused) -> String {
        let found: (first: NodeHash, second: NodeHash)
        do {
            found = try LogProof.roots(of: proof, from: smaller.size, to: larger.size)
        } catch {
            throw .malformed("the proof is none between these sizes")
        }
        guard found.second == larger.root else {
            throw .showsNoLie("the proof is not of the larger checkpoint")
        }
        guard found.first != smaller.root else {
            throw .showsNoLie("the larger log begins with the smaller one")
        }
        return """
            signed a log of \(larger.size.entries) that does not begin with the one of \(smaller.size.entries) that it had \
            signed, too
            """
    }

    private func checkLost(
        _ label: Label, _ before: Sight, _ after: Sight
    ) throws(EvidenceRefused) -> String {
        let (earlier, later) = (try read(before.checkpoint), try read(after.checkpoint))
        guard earlier.size <= later.size else { throw .showsNoLie("the second map is of the earlier log") }
        guard let former = try entry(of: label, before, under: earlier) else {
            throw .showsNoLie("the label had no entry before")
        }
        let newest = try entry(of: label, after, under: later)
        if let newest {
            guard
                newest.sequence < former.sequence || newest.sequence == former.sequence && newest != former
            else { throw .showsNoLie("the label has the same entry, or a newer one") }
        }
        return """
            signed a map of \(later.size.entries) in which a handle has \(newest == nil ? "no entry" : "an older entry"), after \
            one of \(earlier.size.entries) in which it had a newer one
            """
    }

    private func entry(
        of label: Label, _ sight: Sight, under checkpoint: Checkpoint
    ) throws(EvidenceRefused) -> LogEntry? {
        let value: NodeHash?
        do {
            value = try LogView.value(of: label, sight.proof, under: checkpoint)
        } catch {
            throw .malformed("a proof of the map does not hold")
        }
        guard let bytes = sight.entry else {
            guard value == nil else { throw .malformed("the map has an entry that is not there") }
            return nil
        }
        guard let entry = try? LogEntry(bytes: bytes), entry.label == label, entry.nodeHash == value else {
            throw .malformed("an entry is not the one in the map")
        }
        return entry
    }

    private func checkEntry(
        _ checkpoint: Checkpoint, _ position: UInt64, _ bytes: [UInt8], _ path: [NodeHash], _ former: [UInt8]?
    ) throws(EvidenceRefused) -> String {
        do {
            try LogProof.checkInclusion(
                path, of: .leaf(bytes), at: position, size: checkpoint.size, root: checkpoint.root)
        } catch {
            throw .malformed("the proof that the entry is in the log does not hold")
        }
        let what = "has in its log, at position \(position),"
        guard let entry = try? LogEntry(bytes: bytes) else { return "\(what) what is no entry" }
        let before: LogEntry?
        if let former {
            // An entry names the one before it: so it need not be shown that this one is in the log.
            guard let known = try? LogEntry(bytes: former), known.hash == entry.previous else {
                throw .malformed("the former entry is not the one that the entry names")
            }
            before = known
        } else {
            guard entry.sequence == 0 else { throw .malformed("the former entry is missing") }
            before = nil
        }
        do {
            try entry.check(after: before, operator: directory)
        } catch {
            return "\(what) an entry that breaks the rules"
        }
        throw .showsNoLie("the entry follows the rules")
    }

    private func check(
        _ entries: [[UInt8]], _ checkpoints: [[UInt8]]
    ) throws(EvidenceRefused) -> String {
        var read: [Checkpoint] = []
        for note in checkpoints { read.append(try self.read(note)) }
        guard let whole = read.first, (1...2).contains(read.count), whole.size == UInt64(entries.count),
            let last = read.last, last.size <= whole.size
        else { throw .malformed("the entries are not as many as the checkpoint says") }
        var replica = LogReplica(of: directory)
        var otherRoots: (log: NodeHash, map: NodeHash)?
        if last.size == 0 { otherRoots = (replica.root, replica.mapRoot()) }
        for entry in entries {
            replica.append(entry)
            if replica.size == last.size { otherRoots = (replica.root, replica.mapRoot()) }
        }
        guard replica.root == whole.root else {
            throw .malformed("the entries are not those of the checkpoint")
        }
        if let fault = replica.fault {
            return "has in its log, at position \(fault.position), what breaks the rules"
        }
        guard replica.mapRoot() == whole.mapRoot else {
            return "signed a map that is not that of the \(whole.size.entries) of its log"
        }
        guard let otherRoots, otherRoots == (last.root, last.mapRoot) else {
            return """
                signed a state of \(last.size.entries) that is not that of the first entries of the log of \(whole.size) that it \
                had signed, too
                """
        }
        throw .showsNoLie("the log, its map and its checkpoints agree")
    }

    private func checkKeys(_ one: [UInt8], _ other: [UInt8]) throws(EvidenceRefused) -> String {
        guard let one = LogKeyStatement(bytes: one, by: directory),
            let other = LogKeyStatement(bytes: other, by: directory)
        else { throw .malformed("a statement of the log's keys is not signed by the directory's identity") }
        guard one.sequence == other.sequence else { throw .showsNoLie("the keys have different numbers") }
        guard one.keys != other.keys else { throw .showsNoLie("the keys are the same") }
        return "signed two different keys of its log with the one number \(one.sequence)"
    }
}
