import Sodium
import Wire

/// A file of a few chunks, all of one span, with the hash tree of docs/protocol.md, "Files", made here anew so that it can be
/// made wrong.
struct SmallFile {
    var chunks: [[UInt8]]

    /// Whole chunks, and a last one of seven bytes.
    init(chunks count: Int) {
        chunks = (1...count).map { number in
            [UInt8](
                repeating: UInt8(truncatingIfNeeded: number), count: number < count ? WireLimits.chunk : 7)
        }
    }

    init(_ content: String) {
        chunks = [Array(content.utf8)]
    }

    var size: Int64 { chunks.reduce(0) { $0 + Int64($1.count) } }

    var leaves: [[UInt8]] { chunks.map { Blake2b.hash256(Array("p2pchat/1 file leaf".utf8), $0) } }

    /// The root that a file of `size` bytes with these leaves would have.
    func root(size: Int64) -> [UInt8] {
        let bytes = stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: size >> Int64($0)) }
        return Blake2b.hash256(Array("p2pchat/1 file root".utf8), bytes, Self.top(leaves[...]))
    }

    func span(_ id: MessageID) throws -> PeerEnvelope {
        .span(try FileSpan(id: id, first: 0, leaves: leaves.flatMap { $0 }, path: []))
    }

    func chunk(_ index: Int, _ id: MessageID) throws -> PeerEnvelope {
        .chunk(try FileChunk(id: id, index: index, data: chunks[index]))
    }

    private static func top(_ leaves: ArraySlice<[UInt8]>) -> [UInt8] {
        guard leaves.count > 1, let first = leaves.first else { return leaves.first ?? [] }
        var left = 1
        while left * 2 < leaves.count { left *= 2 }
        guard left < leaves.count else { return first }
        let middle = leaves.startIndex + left
        return Blake2b.hash256(
            Array("p2pchat/1 file node".utf8), top(leaves[..<middle]), top(leaves[middle...]))
    }
}
