package import Directory
package import Transparency
import Wire

/// A log beside the one that the service keeps: whoever is shown it gets checkpoints, proofs and entries that agree with each other.
package struct ForgedLog: Sendable {
    package let checkpoint: Checkpoint
    private let forger: Forger
    private let entries: [[UInt8]]
    private let nodes: MemoryLogStorage
    private let newest: [Label: [UInt8]]
    private let map: MapTree

    /// - Parameters:
    ///   - entries: of the log, which may be anything.
    ///   - shown: the newest entry of some labels as the map has it, where that is not what follows from the entries; nil: none.
    package init(_ entries: [[UInt8]], showing shown: [Label: LogEntry?] = [:], by forger: Forger) throws {
        var (frontier, nodes) = (LogFrontier(), MemoryLogStorage())
        var newest: [Label: [UInt8]] = [:]
        for entry in entries {
            try nodes.add(frontier.append(.leaf(entry)))
            if let entry = try? LogEntry(bytes: entry) { newest[entry.label] = entry.bytes }
        }
        for (label, entry) in shown { newest[label] = entry?.bytes }
        var map = MapTree()
        for (label, entry) in newest {
            guard let hash = label.nodeHash else { continue }
            map.set(hash, to: .leaf(entry))
        }
        checkpoint = Checkpoint(
            origin: LogKeyStatement.origin(of: forger.directory), size: frontier.size, root: frontier.root,
            mapRoot: map.root())
        (self.forger, self.entries, self.nodes) = (forger, entries, nodes)
        (self.newest, self.map) = (newest, map)
    }

    package var lie: Lie {
        { request, answer in
            switch request {
            case .log(.checkpoint(let from, let to)):
                let size = to == 0 ? checkpoint.size : min(to, checkpoint.size)
                let proof =
                    from == 0 || from >= size
                    ? [] : try LogProof.proveConsistency(from: from, to: size, storage: nodes)
                return .checkpoint(try forger.sign(checkpoint), consistency: proof)
            case .log(.entries(let first, let count)):
                let rest = entries.dropFirst(Int(clamping: first))
                return .entries(Array(count == 0 ? rest : rest.prefix(count)))
            case .log(.nodes(let level, let first, let count)):
                let wanted = (0..<UInt64(count)).map { LogNode(level: level, index: first + $0) }
                return .nodes(try nodes.hashes(of: wanted))
            case .newest(let bytes):
                guard let label = Label(bytes: bytes) else { return answer }
                return .newest(entry: newest[label], log: try evidence(label))
            default: return answer
            }
        }
    }

    private func evidence(_ label: Label) throws -> LogEvidence {
        var map = map
        return LogEvidence(
            checkpoint: try forger.sign(checkpoint), map: map.prove(label.nodeHash ?? .emptyLog))
    }
}
