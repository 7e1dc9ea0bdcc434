package import Identity
package import Transparency

/// What convicts a directory of having lied, by itself: whoever trusts the directory's identity and the mathematics needs nothing else
/// (docs/directory.md, "Evidence").
package struct Evidence: Equatable, Sendable {
    /// A label's newest entry, or that it has none, in the map of a checkpoint.
    package struct Sight: Equatable, Sendable {
        /// A signed note.
        package let checkpoint: [UInt8]
        package let entry: [UInt8]?
        package let proof: MapProof

        package init(checkpoint: [UInt8], entry: [UInt8]?, proof: MapProof) {
            (self.checkpoint, self.entry, self.proof) = (checkpoint, entry, proof)
        }
    }

    /// Checkpoints are signed notes.
    package enum Lie: Equatable, Sendable {
        /// Two checkpoints of one size that differ.
        case twoStates([UInt8], [UInt8])
        /// A proof that the log of the larger checkpoint begins otherwise than with that of the smaller one: a proof of consistency, before
        /// which the hash of the largest whole subtree at the smaller one's edge stands where RFC 6962 leaves it out.
        case otherBeginning(smaller: [UInt8], larger: [UInt8], proof: [NodeHash])
        /// The map of a later checkpoint has an older entry of a label than that of an earlier one, another of the same number, or none.
        case lostEntry(label: Label, before: Sight, after: Sight)
        /// What is at a position of the log is no entry, or may not follow the label's former entry, which it names itself.
        case badEntry(
            checkpoint: [UInt8], position: UInt64, entry: [UInt8], path: [NodeHash], former: [UInt8]?)
        /// The entries of the first checkpoint's log: one of them breaks the rules, its map is not that of the entries, or a second
        /// checkpoint is not of these entries.
        case entries([[UInt8]], checkpoints: [[UInt8]])
        /// Two statements of the log's keys with one number.
        case twoKeys([UInt8], [UInt8])
    }

    package let directory: PublicIdentity
    /// The directory's statements of its log's keys, so far as the checkpoints need them.
    package let statements: [[UInt8]]
    package let lie: Lie
    /// When it was noticed, by the clock of whoever noticed it, in seconds since 1970. Proves nothing.
    package let time: UInt64

    package init(directory: PublicIdentity, statements: [[UInt8]], lie: Lie, time: UInt64) {
        (self.directory, self.statements, self.lie, self.time) = (directory, statements, lie, time)
    }
}

/// What is given as evidence does not convict.
package enum EvidenceRefused: Error, Equatable, Sendable {
    /// The bytes are no evidence of a form that this version reads; says which part.
    case malformed(String)
    /// All is well formed, and shows no lie; says why.
    case showsNoLie(String)
}
