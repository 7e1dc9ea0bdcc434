import Wire

/// The tree over the chunks that a receiver has, from the first without a gap.
struct PrefixTree: Sendable {
    /// Chunks.
    private(set) var count = 0
    private var spans = TreeBuilder()
    /// The leaf hashes of the span that is not whole yet, one behind the other.
    private var leaves: [UInt8] = []

    mutating func append(_ leaf: [UInt8]) {
        leaves += leaf
        count += 1
        if leaves.count == FileShape.span * WireLimits.hash, let top = TreeBuilder.top(ofLeaves: leaves) {
            spans.append(top)
            leaves = []
        }
    }

    /// Whether a proved span is of the same file: the spans before it and the chunks that are here of it have its hashes.
    func fits(_ span: FileSpan, _ shape: FileShape) -> Bool {
        SpanProof.follows(span, spans, shape: shape) && span.leaves.starts(with: leaves)
    }

    /// The root of the file, when all of it is here.
    func root(_ shape: FileShape) -> [UInt8] {
        var spans = spans
        if let last = TreeBuilder.top(ofLeaves: shape.size == 0 ? TreeHash.leaf([]) : leaves) {
            spans.append(last)
        }
        return TreeHash.root(size: shape.size, top: spans.top ?? [])
    }
}
