import Dispatch
import Synchronization

/// The map that a log tells: for each label the hash of its newest entry, as a compressed binary Merkle tree over the bits of
/// the labels (docs/directory.md, "The map"). All of it is in memory; hashes are computed when they are asked for, each
/// once after a change, however many labels a batch changes.
package struct MapTree: Sendable {
    /// A node in one of the two arrays: an inner one by its index, a leaf by the complement of its index.
    private typealias Reference = Int32

    private struct Leaf {
        let label: NodeHash
        var value: NodeHash
    }

    private struct Inner {
        /// The bit at which the labels below it differ first.
        let depth: UInt8
        var left: Reference
        var right: Reference
        var hash: NodeHash
        var isStale = true

        func child(_ isRight: Bool) -> Reference { isRight ? right : left }
    }

    private var leaves: [Leaf] = []
    private var inner: [Inner] = []
    private var top: Reference?
    /// How many times a label was set since the hashes were computed.
    private var changes = 0

    package init() {}

    /// For so many labels; saves the growing.
    package init(capacity: Int) {
        leaves.reserveCapacity(capacity)
        inner.reserveCapacity(capacity)
    }

    /// Labels.
    package var count: Int { leaves.count }

    package subscript(label: NodeHash) -> NodeHash? {
        guard let index = nearest(label), leaves[index].label == label else { return nil }
        return leaves[index].value
    }

    /// Sets the newest entry of a label.
    package mutating func set(_ label: NodeHash, to value: NodeHash) {
        changes += 1
        guard let index = nearest(label) else {
            leaves.append(Leaf(label: label, value: value))
            top = ~0
            return
        }
        guard let depth = leaves[index].label.firstDifference(label) else {
            leaves[index].value = value
            _ = descend(label, marking: true) { _ in true }
            return
        }
        // Below all that differs earlier, above all that differs later.
        let parent = descend(label, marking: true) { $0.depth < depth }
        let isRight = label[bit: depth]
        let below = parent.map { inner[$0].child(label[bit: inner[$0].depth]) } ?? top ?? 0
        leaves.append(Leaf(label: label, value: value))
        let leaf = ~Reference(truncatingIfNeeded: leaves.count - 1)
        let node = Reference(truncatingIfNeeded: inner.count)
        inner.append(
            Inner(
                depth: depth, left: isRight ? below : leaf, right: isRight ? leaf : below, hash: .emptyMap))
        guard let parent else {
            top = node
            return
        }
        if label[bit: inner[parent].depth] {
            inner[parent].right = node
        } else {
            inner[parent].left = node
        }
    }

    /// The root; computes what changed since.
    package mutating func root() -> NodeHash {
        guard let top else { return .emptyMap }
        refresh(top)
        return hash(top)
    }

    /// What a label's entry is, or that it has none: the way from the root that the label's bits take, and where it ends.
    package mutating func prove(_ label: NodeHash) -> MapProof {
        guard let top else { return MapProof(end: nil, steps: []) }
        refresh(top)
        var steps: [MapProof.Step] = []
        var reference = top
        while reference >= 0 {
            let node = inner[Int(reference)]
            let isRight = label[bit: node.depth]
            steps.append(MapProof.Step(depth: node.depth, sibling: hash(node.child(!isRight))))
            reference = node.child(isRight)
        }
        let leaf = leaves[Int(~reference)]
        return MapProof(end: MapProof.End(label: leaf.label, value: leaf.value), steps: steps.reversed())
    }

    /// The leaf that the label's bits lead to; nil when there is none at all.
    private func nearest(_ label: NodeHash) -> Int? {
        guard var reference = top else { return nil }
        while reference >= 0 {
            let node = inner[Int(reference)]
            reference = node.child(label[bit: node.depth])
        }
        return Int(~reference)
    }

    /// Goes down along the label's bits while the condition holds.
    ///
    /// - Returns: The last inner node for which it held.
    private mutating func descend(
        _ label: NodeHash, marking: Bool, while condition: (Inner) -> Bool
    ) -> Int? {
        var found: Int?
        guard var reference = top else { return nil }
        while reference >= 0, condition(inner[Int(reference)]) {
            let index = Int(reference)
            if marking { inner[index].isStale = true }
            found = index
            reference = inner[index].child(label[bit: inner[index].depth])
        }
        return found
    }

    // MARK: Hashes

    /// Computes those that changed below the top.
    private mutating func refresh(_ top: Reference) {
        if changes >= Self.manyChanges { refreshTogether(top) }
        changes = 0
        var hashes: [NodeHash] = []
        _ = compute(top, &hashes)
        var rest = hashes[...]
        take(&rest, in: top)
    }

    /// Below that the threads cost more than they save.
    private static let manyChanges = 4_096
    private static let parts = 512
    /// How many parts are computed before they are taken over: what waits for that takes memory.
    private static let wave = 64

    /// Most of what changed: a directory that starts has two hashes to compute for each label, and its processors share them.
    private mutating func refreshTogether(_ top: Reference) {
        let parts = staleParts(below: top)
        for start in stride(from: 0, to: parts.count, by: Self.wave) {
            let wave = parts[start..<min(start + Self.wave, parts.count)]
            for (part, hashes) in zip(wave, computed(Array(wave))) {
                var rest = hashes[...]
                take(&rest, in: part)
            }
        }
    }

    /// Some stale nodes, none of them below another.
    private func staleParts(below top: Reference) -> [Reference] {
        var parts = [top]
        while parts.count < Self.parts {
            let next = parts.flatMap { [inner[Int($0)].left, inner[Int($0)].right] }
                .filter { $0 >= 0 && inner[Int($0)].isStale }
            guard next.count >= parts.count else { return parts }
            parts = next
        }
        return parts
    }

    /// The hashes of all stale nodes of each part, in the order of ``take(_:in:)``.
    private func computed(_ parts: [Reference]) -> [[NodeHash]] {
        let results = Mutex([[NodeHash]](repeating: [], count: parts.count))
        DispatchQueue.concurrentPerform(iterations: parts.count) { index in
            var hashes: [NodeHash] = []
            _ = compute(parts[index], &hashes)
            results.withLock { $0[index] = hashes }
        }
        return results.withLock { $0 }
    }

    private func compute(_ reference: Reference, _ hashes: inout [NodeHash]) -> NodeHash {
        guard reference >= 0, inner[Int(reference)].isStale else { return hash(reference) }
        let node = inner[Int(reference)]
        let left = compute(node.left, &hashes)
        let right = compute(node.right, &hashes)
        hashes.append(.mapNode(node.depth, left, right))
        return hashes[hashes.count - 1]
    }

    private mutating func take(_ hashes: inout ArraySlice<NodeHash>, in reference: Reference) {
        guard reference >= 0, inner[Int(reference)].isStale else { return }
        take(&hashes, in: inner[Int(reference)].left)
        take(&hashes, in: inner[Int(reference)].right)
        guard let hash = hashes.popFirst() else { return }
        inner[Int(reference)].hash = hash
        inner[Int(reference)].isStale = false
    }

    /// Of a leaf, or of an inner node that is not stale.
    private func hash(_ reference: Reference) -> NodeHash {
        guard reference < 0 else { return inner[Int(reference)].hash }
        let leaf = leaves[Int(~reference)]
        return .mapLeaf(leaf.label, leaf.value)
    }
}

/// What the map says of one label. The same for a label that is there and for one that is not: where the label's bits lead.
package struct MapProof: Equatable, Sendable {
    /// The leaf at which the way ends.
    package struct End: Equatable, Sendable {
        package let label: NodeHash
        package let value: NodeHash

        package init(label: NodeHash, value: NodeHash) {
            self.label = label
            self.value = value
        }
    }

    /// An inner node on the way.
    package struct Step: Equatable, Sendable {
        package let depth: UInt8
        package let sibling: NodeHash

        package init(depth: UInt8, sibling: NodeHash) {
            self.depth = depth
            self.sibling = sibling
        }
    }

    /// Nil in an empty map.
    package let end: End?
    /// From the leaf to the root.
    package let steps: [Step]

    package init(end: End?, steps: [Step]) {
        self.end = end
        self.steps = steps
    }

    /// The hash of the label's newest entry in the map with that root; nil when the label has none. Throws ``ProofRefused`` when the proof
    /// shows neither.
    ///
    /// In any tree under a root only one leaf can be reached by a label's bits, since each inner node's hash covers the bit at which it
    /// divides: so the same root cannot be proved to have a label and not to have it, nor to have it with two values.
    package func value(of label: NodeHash, root: NodeHash) throws(ProofRefused) -> NodeHash? {
        guard let end else {
            guard steps.isEmpty, root == .emptyMap else { throw ProofRefused() }
            return nil
        }
        var hash = NodeHash.mapLeaf(end.label, end.value)
        var last: UInt8?
        for step in steps {
            // Downwards the bits rise: another order is no way that a look-up takes.
            if let last, step.depth >= last { throw ProofRefused() }
            last = step.depth
            let isRight = label[bit: step.depth]
            // The leaf stands where the label leads, which is the side that its own bit names, too.
            guard end.label[bit: step.depth] == isRight else { throw ProofRefused() }
            hash =
                isRight ? .mapNode(step.depth, step.sibling, hash) : .mapNode(step.depth, hash, step.sibling)
        }
        guard hash == root else { throw ProofRefused() }
        return end.label == label ? end.value : nil
    }
}

extension NodeHash {
    /// The root of a map without labels: SHA-256(0x04).
    package static let emptyMap = NodeHash.of([4])

    /// SHA-256(0x02 ‖ label ‖ hash of the label's newest entry).
    static func mapLeaf(_ label: NodeHash, _ value: NodeHash) -> NodeHash {
        .of(2, label, value)
    }

    /// SHA-256(0x03 ‖ depth ‖ left ‖ right), the depth in one byte.
    static func mapNode(_ depth: UInt8, _ left: NodeHash, _ right: NodeHash) -> NodeHash {
        .of(3, depth: depth, left, right)
    }
}
