/// A whole subtree of a log: 2^level leaves, from leaf index · 2^level on. Its hash never changes once it is whole.
package struct LogNode: Hashable, Sendable {
    /// 0 for a leaf; at most 63.
    package let level: Int
    package let index: UInt64

    package init(level: Int, index: UInt64) {
        self.level = level
        self.index = index
    }

    /// How many nodes are whole before this one when a log grows: a place for each in a storage that only grows. Nil where the number
    /// would not fit: no log is that long.
    package var number: Int64? {
        guard level >= 0, level < 62, index < 1 << UInt64(61 - level) else { return nil }
        // It becomes whole with its last leaf. A log of n leaves has one node fewer than 2n for each bit of n, since each bit is a peak.
        let last = ((index + 1) << UInt64(level)) - 1
        return Int64(2 * last) - Int64(last.nonzeroBitCount) + Int64(level)
    }
}

/// Where the hashes of whole subtrees are kept. That is all that proofs need.
package protocol LogStorage {
    /// The hashes of these nodes, in that order. Throws when one of them is not there.
    func hashes(of nodes: [LogNode]) throws -> [NodeHash]
}

/// A storage does not hold what a log of its size has.
package struct MissingLogNode: Error, Equatable, Sendable {
    package let node: LogNode

    package init(_ node: LogNode) {
        self.node = node
    }
}

/// A log's hashes in memory.
package struct MemoryLogStorage: LogStorage, Sendable {
    /// By level, then by index.
    private var levels: [[NodeHash]] = []

    package init() {}

    /// Adds nodes as ``LogFrontier/append(_:)`` gives them.
    package mutating func add(_ nodes: [(node: LogNode, hash: NodeHash)]) throws(MissingLogNode) {
        for (node, hash) in nodes {
            while levels.count <= node.level { levels.append([]) }
            guard node.index == UInt64(levels[node.level].count) else { throw MissingLogNode(node) }
            levels[node.level].append(hash)
        }
    }

    package func hashes(of nodes: [LogNode]) throws -> [NodeHash] {
        try nodes.map { node in
            guard levels.indices.contains(node.level), let index = Int(exactly: node.index),
                levels[node.level].indices.contains(index)
            else { throw MissingLogNode(node) }
            return levels[node.level][index]
        }
    }
}

/// Leaves of a log from `first` up to `end`, a subtree of RFC 6962: `first` is a multiple of every power of two that is not
/// larger than their number.
struct LogRange: Equatable {
    let first: UInt64
    let end: UInt64

    var count: UInt64 { end - first }

    /// The largest power of two below the count, at which RFC 6962 divides a range of two or more leaves.
    var split: UInt64 { 1 << UInt64(63 - (count - 1).leadingZeroBitCount) }

    var left: LogRange { LogRange(first: first, end: first + split) }
    var right: LogRange { LogRange(first: first + split, end: end) }

    /// The whole subtrees that it is made of, the largest first: one for each bit of the count.
    var nodes: [LogNode] {
        var nodes: [LogNode] = []
        var next = first
        for level in stride(from: 63, through: 0, by: -1) where count >> UInt64(level) & 1 == 1 {
            nodes.append(LogNode(level: level, index: next >> UInt64(level)))
            next += 1 << UInt64(level)
        }
        return nodes
    }

    /// The hash of the range from those of its ``nodes``.
    static func hash(of nodes: some BidirectionalCollection<NodeHash>) -> NodeHash {
        guard let last = nodes.last else { return .emptyLog }
        return nodes.dropLast().reversed().reduce(last) { .node($1, $0) }
    }
}

/// The right edge of a log: enough to append to it and to know its root, in memory of a hash for each bit of its size.
package struct LogFrontier: Equatable, Sendable {
    /// Entries.
    package private(set) var size: UInt64 = 0
    /// The hashes of the whole subtrees, the largest first.
    private var peaks: [NodeHash] = []

    package init() {}

    /// The edge of a log whose hashes are stored. Reads one hash for each bit of the size.
    package init(size: UInt64, storage: some LogStorage) throws {
        self.size = size
        peaks = try storage.hashes(of: LogRange(first: 0, end: size).nodes)
    }

    package var root: NodeHash { LogRange.hash(of: peaks) }

    /// The whole subtrees at the edge, the largest first.
    package var nodes: [(node: LogNode, hash: NodeHash)] {
        zip(LogRange(first: 0, end: size).nodes, peaks).map { ($0, $1) }
    }

    /// - Returns: The nodes that are whole now, to be stored: the leaf, and each subtree that it completes.
    package mutating func append(_ leaf: NodeHash) -> [(node: LogNode, hash: NodeHash)] {
        var hash = leaf
        var node = LogNode(level: 0, index: size)
        var new = [(node: node, hash: hash)]
        while node.index & 1 == 1, let left = peaks.popLast() {
            hash = .node(left, hash)
            node = LogNode(level: node.level + 1, index: node.index >> 1)
            new.append((node, hash))
        }
        peaks.append(hash)
        size += 1
        return new
    }
}
