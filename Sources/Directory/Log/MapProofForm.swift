import FoundationEssentials
package import Transparency

/// A proof of the map as a part of a JSON object; hashes in base64.
package struct MapProofForm: Codable, Sendable {
    package struct Step: Codable, Sendable {
        let depth: UInt8
        let sibling: Data
    }

    /// Absent in a map without labels.
    let label: Data?
    let value: Data?
    package let steps: [Step]

    package init(_ proof: MapProof) {
        label = proof.end.map { Data($0.label.bytes) }
        value = proof.end.map { Data($0.value.bytes) }
        steps = proof.steps.map { Step(depth: $0.depth, sibling: Data($0.sibling.bytes)) }
    }

    func proof() throws(EvidenceRefused) -> MapProof {
        let malformed = EvidenceRefused.malformed("a proof of the map is none")
        var end: MapProof.End?
        if let label, let value {
            guard let label = NodeHash(label), let value = NodeHash(value) else { throw malformed }
            end = MapProof.End(label: label, value: value)
        }
        guard steps.count <= 256 else { throw malformed }
        var steps: [MapProof.Step] = []
        for step in self.steps {
            guard let sibling = NodeHash(step.sibling) else { throw malformed }
            steps.append(MapProof.Step(depth: step.depth, sibling: sibling))
        }
        return MapProof(end: end, steps: steps)
    }
}
