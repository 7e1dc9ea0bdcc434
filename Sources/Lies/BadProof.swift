package import Transparency
import Wire

/// Proofs for labels that do not hold, one of each shape.
package enum BadMapProof: String, CaseIterable, Sendable {
    case cut, lengthened
    case otherSiblings = "other siblings"
    case otherDepths = "other depths"
    case ofAnEmptyMap = "of an empty map"
    case otherValue = "another entry"
    case otherLabel = "another label"

    /// What becomes of a good one that has a step or more.
    package func of(_ proof: MapProof) -> MapProof {
        let (end, steps) = (proof.end, proof.steps)
        return switch self {
        case .cut: MapProof(end: end, steps: steps.dropLast())
        case .lengthened: MapProof(end: end, steps: steps + [.init(depth: 0, sibling: .emptyMap)])
        case .otherSiblings:
            MapProof(end: end, steps: steps.map { .init(depth: $0.depth, sibling: .emptyMap) })
        case .otherDepths:
            MapProof(end: end, steps: steps.map { .init(depth: $0.depth ^ 1, sibling: $0.sibling) })
        case .ofAnEmptyMap: MapProof(end: nil, steps: [])
        case .otherValue: MapProof(end: end.map { .init(label: $0.label, value: .emptyLog) }, steps: steps)
        case .otherLabel: MapProof(end: end.map { .init(label: .emptyLog, value: $0.value) }, steps: steps)
        }
    }

    package var lie: Lie {
        { _, answer in answer.with { LogEvidence(checkpoint: $0.checkpoint, map: of($0.map)) } }
    }
}

/// Proofs that a new entry is in the log that do not hold, one of each shape.
package enum BadInclusionProof: String, CaseIterable, Sendable {
    case cut, lengthened, reversed
    case nextPosition = "of the next position"
    case firstPosition = "of the first position"
    case impossiblePosition = "of position 2^64 - 1"

    /// A registration's answer, of a log of two entries or more.
    package var lie: Lie {
        { _, answer in
            guard case .appended(let told?) = answer else { return answer }
            let (position, path) = of(told)
            return .appended(.init(position: position, path: path, evidence: told.evidence))
        }
    }

    private func of(_ told: DirectoryResponse.Inclusion) -> (UInt64, [NodeHash]) {
        switch self {
        case .cut: (told.position, told.path.dropLast())
        case .lengthened: (told.position, told.path + [.emptyLog])
        case .reversed: (told.position, told.path.reversed() + [.emptyLog])
        case .nextPosition: (told.position &+ 1, told.path)
        case .firstPosition: (0, told.path)
        case .impossiblePosition: (.max, told.path)
        }
    }
}

/// Proofs that a log goes on from an earlier one that do not hold, one of each shape.
package enum BadConsistencyProof: String, CaseIterable, Sendable {
    case none, cut
    case cutInFront = "cut in front"
    case lengthened, reversed

    /// What becomes of a good one of two hashes or more.
    package func of(_ proof: [NodeHash]) -> [NodeHash] {
        switch self {
        case .none: []
        case .cut: proof.dropLast()
        case .cutInFront: Array(proof.dropFirst())
        case .lengthened: proof + [.emptyLog]
        case .reversed: proof.reversed()
        }
    }

    package var lie: Lie {
        { _, answer in
            guard case .checkpoint(let note, let proof) = answer else { return answer }
            return .checkpoint(note, consistency: of(proof))
        }
    }
}
