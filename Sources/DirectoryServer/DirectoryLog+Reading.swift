package import Directory
package import Transparency
package import Wire

/// What everybody may ask of the log. All of it is of the newest checkpoint, or of less: what is not signed is not told.
extension DirectoryLog {
    /// The newest entry of a label, or that it has none, and the proof.
    package func newest(
        _ label: Label
    ) async throws(ClaimStoreError) -> (entry: LogEntry?, evidence: LogEvidence) {
        // The store may be a batch ahead of what is signed: then its entry is not the one in the map.
        for _ in 0..<Self.attempts {
            try await settle()
            let value = value(of: label)
            let proof: MapProof
            do {
                proof = try self.proof(of: label)
            } catch {
                throw .corrupt("\(error)")
            }
            let evidence = LogEvidence(checkpoint: currentNote(), map: proof)
            let entry = try await store.newest(label)
            if entry?.nodeHash == value { return (entry, evidence) }
            await untilBatchEnds()
        }
        throw .unavailable("the newest entry of a label is not the one in the map")
    }

    /// The newest checkpoint, and that the log of `from` entries is the beginning of that of `to`, or of the newest where that is 0: an
    /// empty proof where there is nothing to prove or where the log has not that size.
    ///
    /// - Parameter early: for a witness, which does not wait for witnesses.
    package func checkpoint(
        from: UInt64, to: UInt64 = 0, early: Bool = false
    ) async throws(ClaimStoreError) -> (checkpoint: [UInt8], consistency: [NodeHash]) {
        try await settle(early: early)
        let note = currentNote()
        let end = to == 0 ? signedSize : to
        guard from > 0, from < end, end <= signedSize else { return (note, []) }
        return (
            note,
            try await store.withNodes { try LogProof.proveConsistency(from: from, to: end, storage: $0) }
        )
    }

    /// The newest checkpoint, said to be that within the last half hour, and how many entries it has.
    func newestNote() async throws(ClaimStoreError) -> (note: [UInt8], size: UInt64) {
        try await settle()
        return (currentNote(), signedSize)
    }

    /// Entries in their order, as many as fit into a message, and at most `limit` where that is not 0.
    package func entries(
        from first: UInt64, count limit: Int = 0, early: Bool = false
    ) async throws(ClaimStoreError) -> [[UInt8]] {
        try await settle(early: early)
        let newest = signedSize
        guard first < newest else { return [] }
        let most = limit > 0 ? min(limit, WireLimits.entryPage) : WireLimits.entryPage
        let count = min(most, Int(clamping: newest - first))
        var room = WireLimits.entryPageBytes
        return try await store.entryBytes(from: first, count: count).prefix { entry in
            // A field's number and length before each.
            room -= entry.count + 4
            return room >= 0
        }
    }

    /// The entries of one label from a sequence on, at most 64.
    package func history(of label: Label, from first: UInt64) async throws(ClaimStoreError) -> [[UInt8]] {
        try await settle()
        return try await store.entryBytes(
            of: label, from: first, below: signedSize, count: WireLimits.history)
    }

    /// Hashes of whole subtrees beside each other, as many as there are and fit into a message.
    package func nodes(
        level: Int, from first: UInt64, count: Int, early: Bool = false
    ) async throws(ClaimStoreError) -> [NodeHash] {
        try await settle(early: early)
        guard level >= 0, level < 64 else { return [] }
        let whole = signedSize >> UInt64(level)
        guard first < whole else { return [] }
        let count = min(count, WireLimits.nodePage, Int(clamping: whole - first))
        let nodes = (0..<UInt64(max(0, count))).map { LogNode(level: level, index: first + $0) }
        return try await store.withNodes { try $0.hashes(of: nodes) }
    }

    /// More batches than can change one label while one answer is made.
    private static let attempts = 8
}
