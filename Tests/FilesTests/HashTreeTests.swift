import Identity
import Sodium
import TestSupport
import Testing
import Wire

@testable import Files

/// The tree of docs/protocol.md, "Files", written down once more from its text: slow, and sharing nothing with the engine but H.
private enum Naive {
    static func root(_ file: [UInt8], chunk: Int) -> [UInt8] {
        var chunks = stride(from: 0, to: file.count, by: chunk).map {
            Array(file[$0..<min(file.count, $0 + chunk)])
        }
        if chunks.isEmpty { chunks = [[]] }
        let size = (0..<8).reversed().map { UInt8(file.count >> ($0 * 8) & 255) }
        return Blake2b.hash256(Array("p2pchat/1 file root".utf8) + size + top(chunks[...]))
    }

    static func top(_ chunks: ArraySlice<[UInt8]>) -> [UInt8] {
        guard chunks.count > 1 else {
            return Blake2b.hash256(Array("p2pchat/1 file leaf".utf8) + (chunks.first ?? []))
        }
        var half = 1
        while half * 2 < chunks.count { half *= 2 }
        let middle = chunks.startIndex + half
        return Blake2b.hash256(
            Array("p2pchat/1 file node".utf8) + top(chunks[..<middle]) + top(chunks[middle...]))
    }
}

@Suite struct HashTreeTests {
    /// In chunks, around every shape that a tree of a few spans can have.
    static let counts = [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 768, 1023, 1025, 1281, 1793, 2049]

    private func tree(_ content: [UInt8], chunk: Int, keeping: Int = 1 << 20) async throws -> (
        FileTree, SourceFile
    ) {
        let folder = try TemporaryFolder()
        let path = folder.path + "/f"
        try content.write(to: path)
        return (try await FileTree.hash(path, chunk: chunk, keeping: keeping), try SourceFile(path))
    }

    @Test(arguments: counts)
    func theRootIsTheOneOfTheText(count: Int) async throws {
        for odd in [0, 1, 2] where count * 3 >= odd {
            let content = bytes(count * 3 - odd, seed: UInt64(count))
            let (tree, _) = try await tree(content, chunk: 3)
            #expect(tree.root == Naive.root(content, chunk: 3))
            var prefix = PrefixTree()
            for start in stride(from: 0, to: content.count, by: 3) {
                prefix.append(TreeHash.leaf(Array(content[start..<min(content.count, start + 3)])))
            }
            #expect(prefix.root(tree.shape) == tree.root)
        }
    }

    @Test(arguments: counts)
    func everySpanIsProvedAndNoOtherOne(count: Int) async throws {
        let content = bytes(count * 3, seed: 7)
        let (tree, file) = try await tree(content, chunk: 3)
        let (small, _) = try await self.tree(content, chunk: 3, keeping: 0)
        #expect((small.leaves == nil) == (count > 0))
        let id = MessageID.make()
        var prefix = PrefixTree()
        for number in 0..<tree.shape.spans {
            let span = try tree.span(number, id: id, from: file)
            #expect(try small.span(number, id: id, from: file) == span)
            #expect(SpanProof.holds(span, shape: tree.shape, root: tree.root))
            #expect(prefix.fits(span, tree.shape))
            for altered in try alterations(of: span) {
                #expect(!SpanProof.holds(altered, shape: tree.shape, root: tree.root))
            }
            // The same hashes, of a file that is said to be one byte longer.
            #expect(
                !SpanProof.holds(span, shape: FileShape(size: tree.shape.size + 1, chunk: 3), root: tree.root)
            )
            for leaf in SpanProof.hashes(span.leaves).prefix(tree.shape.chunks) { prefix.append(leaf) }
        }
        #expect(prefix.root(tree.shape) == tree.root)
    }

    private func alterations(of span: FileSpan) throws -> [FileSpan] {
        func flipped(_ bytes: [UInt8], _ index: Int) -> [UInt8] {
            var bytes = bytes
            bytes[index] ^= 1
            return bytes
        }
        let (leaves, path) = (span.leaves, span.path)
        let some = [UInt8](repeating: 7, count: 32)
        var all: [(Int, [UInt8], [UInt8])] = [
            (span.first, flipped(leaves, 0), path), (span.first, flipped(leaves, leaves.count - 1), path),
            (span.first, leaves, path + some), (span.first + 256, leaves, path),
        ]
        if leaves.count > 32 { all.append((span.first, Array(leaves.dropLast(32)), path)) }
        if leaves.count < 256 * 32 { all.append((span.first, leaves + some, path)) }
        if !path.isEmpty {
            all.append((span.first, leaves, flipped(path, path.count - 1)))
            all.append((span.first, leaves, Array(path.dropLast(32))))
        }
        return try all.map { try FileSpan(id: span.id, first: $0.0, leaves: $0.1, path: $0.2) }
    }

    @Test func aPrefixOfAnotherFileDoesNotFit() async throws {
        let content = bytes(3 * 1100)
        let (tree, file) = try await tree(content, chunk: 3)
        for (count, wrong) in [(300, 0), (300, 299), (512, 511), (1030, 256)] {
            var right = PrefixTree()
            var other = PrefixTree()
            for index in 0..<count {
                let chunk = Array(content[index * 3..<index * 3 + 3])
                right.append(TreeHash.leaf(chunk))
                other.append(TreeHash.leaf(index == wrong ? [0, 0, 0] : chunk))
            }
            let span = try tree.span(count / 256, id: .make(), from: file)
            #expect(right.fits(span, tree.shape))
            #expect(!other.fits(span, tree.shape))
        }
    }

    /// The examples of docs/protocol.md, "Files".
    @Test(arguments: [
        (0, "34fa2c626bf12067f96a429645b511484ed2a39a41246ccca5ebd405ce75a0ed"),
        (1, "b25a50bafc6333854315c5d9aaae6e2eadda4ce7ec9f65647364b3375e0beb8e"),
        (65_024, "2137a5b074889158df42f1909146f35d96d9fd465de4cddb6c06f75fe565d662"),
        (65_025, "ae856304814d0f0a990fbf82acad198c127f8c440846fd8738351ba09e52ecd0"),
        (16_646_145, "5b64870593505e5cb602edc4ff3cb0c0f3a066802d380968c323eabf3459b3cc"),
    ])
    func knownAnswers(size: Int, root: String) async throws {
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 % 251) }
        let (tree, _) = try await tree(content, chunk: WireLimits.chunk)
        #expect(tree.root.hex == root)
    }

    @Test func noSizeOverflows() {
        for size: Int64 in [.max, .max - 1, Int64(WireLimits.chunk) * 256, 1, 0] {
            let shape = FileShape(size: size)
            #expect(shape.chunks <= WireLimits.chunks)
            #expect(shape.offset(ofChunk: shape.chunks) == size)
            #expect(shape.offset(ofChunk: shape.spans * 256) == size)
            if size > 0 {
                let last = shape.chunks - 1
                #expect(shape.offset(ofChunk: last) + Int64(shape.length(ofChunk: last)) == size)
            }
            #expect(!shape.chunks(ofSpan: shape.spans - 1).isEmpty == (size > 0))
        }
    }
}
