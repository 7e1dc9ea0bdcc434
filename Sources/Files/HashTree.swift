import Sodium
import Wire

/// The hashes of docs/protocol.md, "Files": H of a chunk, of two hashes, and of size and top. 32 bytes each.
enum TreeHash {
    static func leaf(_ chunk: UnsafeRawBufferPointer) -> [UInt8] {
        var stream = Blake2bStream(outputLength: WireLimits.hash)
        stream.update(leafPrefix)
        stream.update(chunk)
        return finish(&stream)
    }

    static func leaf(_ chunk: [UInt8]) -> [UInt8] { chunk.withUnsafeBytes { leaf($0) } }

    static func node(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        Blake2b.hash256(nodePrefix, left, right)
    }

    static func root(size: Int64, top: [UInt8]) -> [UInt8] {
        let bytes = stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: size >> Int64($0)) }
        return Blake2b.hash256(rootPrefix, bytes, top)
    }

    private static func finish(_ stream: inout Blake2bStream) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: WireLimits.hash) { buffer, initialized in
            stream.finish(into: UnsafeMutableRawBufferPointer(buffer))
            initialized = WireLimits.hash
        }
    }

    private static let leafPrefix = Array("p2pchat/1 file leaf".utf8)
    private static let nodePrefix = Array("p2pchat/1 file node".utf8)
    private static let rootPrefix = Array("p2pchat/1 file root".utf8)
}

/// The top of a tree whose leaves come one after the other. It holds one hash for each bit of their number.
struct TreeBuilder: Sendable {
    private(set) var count = 0
    /// The tops of the whole subtrees so far, the largest first.
    private(set) var peaks: [[UInt8]] = []

    mutating func append(_ hash: [UInt8]) {
        var hash = hash
        var number = count
        while number & 1 == 1, let left = peaks.popLast() {
            hash = TreeHash.node(left, hash)
            number >>= 1
        }
        peaks.append(hash)
        count += 1
    }

    /// The top of what came so far; nil of nothing.
    var top: [UInt8]? {
        guard var top = peaks.last else { return nil }
        for left in peaks.dropLast().reversed() { top = TreeHash.node(left, top) }
        return top
    }

    /// The top over hashes of 32 bytes that lie one behind the other.
    static func top(ofLeaves leaves: some Collection<UInt8>) -> [UInt8]? {
        var builder = TreeBuilder()
        var rest = leaves[...]
        while !rest.isEmpty {
            builder.append(Array(rest.prefix(WireLimits.hash)))
            rest = rest.dropFirst(WireLimits.hash)
        }
        return builder.top
    }
}

/// The upper part of a file's tree, from the tops of its spans to the root.
struct SpanTree: Sendable {
    /// The lowest level holds the spans' tops. A node without a right neighbour goes up as it is.
    private let levels: [[[UInt8]]]
    let root: [UInt8]

    /// - Parameter tops: One for each span, at least one.
    init(size: Int64, tops: [[UInt8]]) {
        var levels = [tops]
        var level = tops
        while level.count > 1 {
            level = stride(from: 0, to: level.count, by: 2).map { index in
                index + 1 < level.count ? TreeHash.node(level[index], level[index + 1]) : level[index]
            }
            levels.append(level)
        }
        self.levels = levels
        root = TreeHash.root(size: size, top: level.first ?? [])
    }

    func top(ofSpan span: Int) -> [UInt8] { levels[0][span] }

    /// The hashes that lead from a span's top to the root, the lowest first, one behind the other.
    func path(fromSpan span: Int) -> [UInt8] {
        var path: [UInt8] = []
        var index = span
        for level in levels.dropLast() {
            if level.indices.contains(index ^ 1) { path += level[index ^ 1] }
            index >>= 1
        }
        return path
    }
}

/// What a receiver checks a span against.
enum SpanProof {
    /// Whether the leaves and the path lead to the root of a file of this shape.
    static func holds(_ span: FileSpan, shape: FileShape, root: [UInt8]) -> Bool {
        let number = span.first / FileShape.span
        guard number < shape.spans, span.leaves.count == shape.leaves(ofSpan: number) * WireLimits.hash,
            var top = TreeBuilder.top(ofLeaves: span.leaves)
        else { return false }
        var path = hashes(span.path)[...]
        for isLeft in steps(number, of: shape.spans) {
            guard let sibling = path.popFirst() else { return false }
            top = isLeft ? TreeHash.node(sibling, top) : TreeHash.node(top, sibling)
        }
        return path.isEmpty && TreeHash.root(size: shape.size, top: top) == root
    }

    /// Whether the tree of the spans before this one, of which the receiver has the peaks, is the one that the proved path tells.
    static func follows(_ span: FileSpan, _ before: TreeBuilder, shape: FileShape) -> Bool {
        let number = span.first / FileShape.span
        guard before.count == number else { return false }
        let lefts = zip(steps(number, of: shape.spans), hashes(span.path)).filter(\.0).map(\.1)
        return lefts.reversed() == before.peaks
    }

    /// On the way up from `index` in a level of `count` nodes: at each step with a sibling, whether that is the left one.
    private static func steps(_ index: Int, of count: Int) -> [Bool] {
        var steps: [Bool] = []
        var (index, count) = (index, count)
        while count > 1 {
            if index & 1 == 1 {
                steps.append(true)
            } else if index + 1 < count {
                steps.append(false)
            }
            (index, count) = (index >> 1, count / 2 + count % 2)
        }
        return steps
    }

    static func hashes(_ bytes: [UInt8]) -> [[UInt8]] {
        stride(from: 0, to: bytes.count, by: WireLimits.hash).map {
            Array(bytes[$0..<min(bytes.count, $0 + WireLimits.hash)])
        }
    }
}
