package import Identity
package import Transparency

/// What a directory says of its log that no honest one does.
package enum LogFault: Error, Equatable, Sendable {
    /// An answer that needs a proof comes without one.
    case missing
    /// A statement of the log's keys is not signed by the directory's identity, or contradicts one from before.
    case keys
    /// A checkpoint is malformed, or the log's key has not signed it.
    case unsigned
    /// The log is shorter than it was.
    case rewound
    /// Two checkpoints are not of one log.
    case forked
    /// A proof does not hold.
    case unproved
    /// The entry that is served is not the one that the map has: changed, left out or made up.
    case wrongEntry
    /// A label has an older entry than it had, or none any more.
    case lostEntry
}

/// What a client has seen of a directory's log, and its checks of everything that it is told (docs/directory.md, "What a client checks").
///
/// Pure: asking for proofs is ``DirectoryClient``'s.
package struct LogView: Equatable, Sendable {
    /// How a checkpoint's age is to be taken.
    package enum Freshness: Equatable, Sendable {
        case current
        /// Nobody called it the newest for an hour.
        case old
        /// For a day: it is not to be believed.
        case stale
        /// That is a day or more ahead of this computer's clock: one of the two clocks is wrong, and nothing can be said of its age.
        case ahead
    }

    package let directory: PublicIdentity
    /// Of the log's keys, the oldest first.
    package private(set) var statements: [LogKeyStatement]
    /// The largest checkpoint that was seen, with its newest cosignature.
    package private(set) var newest: SignedCheckpoint?

    /// Begins with what the directory says of its keys.
    package init(statements: [[UInt8]], by directory: PublicIdentity) throws(LogFault) {
        self.directory = directory
        self.statements = []
        try learn(statements)
    }

    /// What was known before, as it was kept.
    ///
    /// - Parameter newest: a note that some of the keys have signed.
    init(statements: [[UInt8]], by directory: PublicIdentity, newest: [UInt8]?) throws(LogFault) {
        try self.init(statements: statements, by: directory)
        guard let newest else { return }
        guard let note = try? SignedNote(bytes: newest),
            let signed = self.statements.lazy.reversed().compactMap({
                try? SignedCheckpoint(note: note, by: $0.keys)
            }).first
        else { throw .unsigned }
        self.newest = signed
    }

    /// Takes in what the directory says of its keys now: what it said before has to be the beginning of it.
    package mutating func learn(_ told: [[UInt8]]) throws(LogFault) {
        var learnt: [LogKeyStatement] = []
        for bytes in told {
            guard let statement = LogKeyStatement(bytes: bytes, by: directory),
                statement.sequence == UInt64(learnt.count)
            else { throw .keys }
            learnt.append(statement)
        }
        // Another signature of the same keys says the same.
        guard !learnt.isEmpty, learnt.map(\.keys).starts(with: statements.map(\.keys)) else { throw .keys }
        statements = learnt
    }

    /// Reads a checkpoint and checks the signature by the keys in use.
    package func read(_ note: [UInt8]) throws(LogFault) -> SignedCheckpoint {
        guard let keys = statements.last?.keys, let note = try? SignedNote(bytes: note),
            let signed = try? SignedCheckpoint(note: note, by: keys)
        else { throw .unsigned }
        return signed
    }

    /// Between which sizes a proof has to be asked for before ``accept(_:notBelow:consistency:)``; nil: none is needed.
    package func gap(to told: SignedCheckpoint) -> LogGap? {
        guard let newest, newest.checkpoint.size != told.checkpoint.size else { return nil }
        let sizes = [newest.checkpoint.size, told.checkpoint.size]
        guard let from = sizes.min(), let to = sizes.max(), from > 0 else { return nil }
        return LogGap(from: from, to: to)
    }

    /// Takes in a checkpoint.
    ///
    /// - Parameters:
    ///   - floor: the size of the largest one that was known when the question was asked.
    ///   - consistency: the proof for ``gap(to:)``.
    package mutating func accept(
        _ told: SignedCheckpoint, notBelow floor: UInt64, consistency: [NodeHash]
    ) throws(LogFault) {
        guard told.checkpoint.size >= floor else { throw .rewound }
        guard let newest else {
            self.newest = told
            return
        }
        let (old, new) = told.checkpoint.size < newest.checkpoint.size ? (told, newest) : (newest, told)
        if old.checkpoint.size == new.checkpoint.size {
            guard old.checkpoint == new.checkpoint else { throw .forked }
        } else if old.checkpoint.size > 0 {
            do {
                try LogProof.checkConsistency(
                    consistency, from: old.checkpoint.size, root: old.checkpoint.root,
                    to: new.checkpoint.size, root: new.checkpoint.root)
            } catch {
                throw .forked
            }
        }
        if old.checkpoint.size < new.checkpoint.size || told.renewed ?? 0 >= newest.renewed ?? 0 {
            self.newest = new
        }
    }

    /// How old it is that the log called it the newest, by a clock in seconds since 1970.
    package static func freshness(of signed: SignedCheckpoint, at time: UInt64) -> Freshness {
        guard let renewed = signed.renewed else { return .stale }
        guard time > renewed else { return renewed - time < staleAge ? .current : .ahead }
        switch time - renewed {
        case ..<oldAge: return .current
        case ..<staleAge: return .old
        default: return .stale
        }
    }

    /// The witnesses of a policy who, within 24 hours of a time in seconds since 1970, called a checkpoint the newest that they know.
    package static func witnesses(
        of policy: WitnessPolicy, under signed: SignedCheckpoint, at time: UInt64
    ) -> [WitnessPolicy.Witness] {
        let cosignatures = signed.cosignatures(of: policy.witnesses.map(\.key))
        return policy.witnesses.filter { witness in
            cosignatures[witness.key].map { max($0, time) - min($0, time) < staleAge } ?? false
        }
    }

    /// Checks that `entry` is a label's newest one under a checkpoint, or, without one, that the label has none.
    package static func check(
        _ entry: LogEntry?, of label: Label, _ proof: MapProof, under checkpoint: Checkpoint
    ) throws(LogFault) {
        guard try value(of: label, proof, under: checkpoint) == entry?.nodeHash else { throw .wrongEntry }
    }

    /// The hash of a label's newest entry under a checkpoint.
    package static func value(
        of label: Label, _ proof: MapProof, under checkpoint: Checkpoint
    ) throws(LogFault) -> NodeHash? {
        guard let label = label.nodeHash else { throw .unproved }
        do {
            return try proof.value(of: label, root: checkpoint.mapRoot)
        } catch {
            throw .unproved
        }
    }

    /// Checks that an entry is at a position of the log.
    package static func check(
        _ entry: LogEntry, at position: UInt64, _ path: [NodeHash], under checkpoint: Checkpoint
    ) throws(LogFault) {
        do {
            try LogProof.checkInclusion(
                path, of: entry.nodeHash, at: position, size: checkpoint.size, root: checkpoint.root)
        } catch {
            throw .unproved
        }
    }

    private static let oldAge: UInt64 = 3_600
    private static let staleAge: UInt64 = 24 * 3_600
}

/// Two sizes of one log, the smaller first.
package struct LogGap: Equatable, Sendable {
    package let from: UInt64
    package let to: UInt64
}
