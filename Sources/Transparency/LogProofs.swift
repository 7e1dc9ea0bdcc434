/// What a proof does not show. Deliberately without more: a proof holds or it does not.
package struct ProofRefused: Error, Equatable, Sendable {
    package init() {}
}

/// Proofs over a log, and their checks side by side (RFC 6962 §2.1; the checks as in RFC 9162 §2.1.3.2 and §2.1.4.2).
package enum LogProof {
    // MARK: Inclusion

    /// That the entry at `index` is in the log of `size` entries: the siblings on the way from the leaf to the root. Reads a number of
    /// hashes that grows with the logarithm of the size. Throws ``ProofRefused`` where there is no such entry.
    package static func proveInclusion(
        of index: UInt64, size: UInt64, storage: some LogStorage
    ) throws -> [NodeHash] {
        guard index < size else { throw ProofRefused() }
        var siblings: [LogRange] = []
        var range = LogRange(first: 0, end: size)
        while range.count > 1 {
            let isLeft = index < range.left.end
            siblings.append(isLeft ? range.right : range.left)
            range = isLeft ? range.left : range.right
        }
        return try hashes(of: siblings.reversed(), storage)
    }

    /// Throws ``ProofRefused`` unless the proof shows that `leaf` is the entry at `index` of the log of `size` entries with that root.
    package static func checkInclusion(
        _ proof: [NodeHash], of leaf: NodeHash, at index: UInt64, size: UInt64, root: NodeHash
    ) throws(ProofRefused) {
        guard index < size else { throw ProofRefused() }
        var path = Path(index, last: size - 1)
        var hash = leaf
        for sibling in proof {
            guard let side = path.next() else { throw ProofRefused() }
            hash = side == .left ? .node(sibling, hash) : .node(hash, sibling)
        }
        guard path.isAtRoot, hash == root else { throw ProofRefused() }
    }

    // MARK: Consistency

    /// That the log of `first` entries is the beginning of the log of `second`. Reads a number of hashes that grows with the logarithm
    /// of the size. Throws ``ProofRefused`` where `first` is 0 or larger than `second`.
    package static func proveConsistency(
        from first: UInt64, to second: UInt64, storage: some LogStorage
    ) throws -> [NodeHash] {
        guard first > 0, first <= second else { throw ProofRefused() }
        var ranges: [LogRange] = []
        var range = LogRange(first: 0, end: second)
        // The subtree of the old log's edge is known to the checker while no step went to the right.
        var isKnown = true
        while range.end != first {
            if first <= range.left.end {
                ranges.append(range.right)
                range = range.left
            } else {
                ranges.append(range.left)
                range = range.right
                isKnown = false
            }
        }
        if !isKnown { ranges.append(range) }
        return try hashes(of: ranges.reversed(), storage)
    }

    /// Throws ``ProofRefused`` unless the proof shows that a log of `first` entries with `firstRoot` is the beginning of one of `second`
    /// entries with `secondRoot`. From a log without entries nothing can be shown, nor need be.
    package static func checkConsistency(
        _ proof: [NodeHash], from first: UInt64, root firstRoot: NodeHash, to second: UInt64,
        root secondRoot: NodeHash
    ) throws(ProofRefused) {
        guard first > 0, first <= second else { throw ProofRefused() }
        if first == second {
            guard proof.isEmpty, firstRoot == secondRoot else { throw ProofRefused() }
            return
        }
        // An old log of a power of two is a subtree of the new one by itself, so its root need not be told.
        let isSubtree = first & (first - 1) == 0
        let found = try roots(of: isSubtree ? [firstRoot] + proof : proof, from: first, to: second)
        guard found == (firstRoot, secondRoot) else { throw ProofRefused() }
    }

    /// The two roots that a proof of consistency leads to, `first` being below `second`. Before the proof stands, where RFC 6962 leaves it
    /// out, the hash of the subtree of the first `first` leaves: so it can also show that a log begins otherwise.
    package static func roots(
        of proof: [NodeHash], from first: UInt64, to second: UInt64
    ) throws(ProofRefused) -> (first: NodeHash, second: NodeHash) {
        var rest = proof[...]
        guard first > 0, first < second, let start = rest.popFirst() else { throw ProofRefused() }
        var path = Path(first - 1, last: second - 1)
        path.skipRightTurns()
        var (old, new) = (start, start)
        for sibling in rest {
            guard let side = path.next() else { throw ProofRefused() }
            if side == .left {
                old = .node(sibling, old)
                new = .node(sibling, new)
            } else {
                new = .node(new, sibling)
            }
        }
        guard path.isAtRoot else { throw ProofRefused() }
        return (old, new)
    }

    private static func hashes(of ranges: [LogRange], _ storage: some LogStorage) throws -> [NodeHash] {
        let nodes = ranges.map(\.nodes)
        var found = try storage.hashes(of: nodes.flatMap { $0 })[...]
        return nodes.map { nodes in
            defer { found = found.dropFirst(nodes.count) }
            return LogRange.hash(of: found.prefix(nodes.count))
        }
    }
}

/// The way from a leaf to the root: on which side of it each sibling stands.
private struct Path {
    enum Side { case left, right }

    private var node: UInt64
    private var last: UInt64

    init(_ leaf: UInt64, last: UInt64) {
        node = leaf
        self.last = last
    }

    var isAtRoot: Bool { last == 0 }

    /// Up as long as the node is a right one.
    mutating func skipRightTurns() {
        while node & 1 == 1 { up() }
    }

    /// The side of the next sibling; nil at the root.
    mutating func next() -> Side? {
        guard last != 0 else { return nil }
        defer { up() }
        guard node & 1 == 1 || node == last else { return .right }
        // A last node without a right neighbour goes up as it is, until it is a right one.
        while node & 1 == 0, node != 0 { up() }
        return .left
    }

    private mutating func up() {
        node >>= 1
        last >>= 1
    }
}
