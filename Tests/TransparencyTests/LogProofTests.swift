import Sodium
import Testing
import Transparency

/// Proofs of the log against a recomputation that knows nothing of storage: the definitions of RFC 6962 §2.1, word by word.
@Suite struct LogProofTests {
    static let most = 256

    @Test func rootsAreThoseOfTheDefinition() {
        let leaves = Naive.leaves(Self.most)
        let naive = Naive(leaves)
        var frontier = LogFrontier()
        for size in 0...Self.most {
            #expect(frontier.size == UInt64(size))
            #expect(frontier.root == naive.root(0..<size))
            if size < Self.most { _ = frontier.append(leaves[size]) }
        }
    }

    @Test func aFrontierGoesOnFromStorage() throws {
        let log = try SampleLog(Self.most)
        let naive = Naive(log.leaves)
        for size in 0...Self.most {
            let frontier = try LogFrontier(size: UInt64(size), storage: log.storage)
            #expect(frontier.root == naive.root(0..<size))
        }
    }

    /// Every index of every size.
    @Test func inclusion() throws {
        let log = try SampleLog(Self.most)
        let naive = Naive(log.leaves)
        for size in 1...Self.most {
            let root = log.roots[size]
            for index in 0..<size {
                let proof = try LogProof.proveInclusion(
                    of: UInt64(index), size: UInt64(size), storage: log.storage)
                #expect(proof == naive.path(index, 0..<size))
                try LogProof.checkInclusion(
                    proof, of: log.leaves[index], at: UInt64(index), size: UInt64(size), root: root)
            }
        }
    }

    /// Every pair of sizes.
    @Test func consistency() throws {
        let log = try SampleLog(Self.most)
        let naive = Naive(log.leaves)
        for second in 1...Self.most {
            for first in 1...second {
                let proof = try LogProof.proveConsistency(
                    from: UInt64(first), to: UInt64(second), storage: log.storage)
                #expect(proof == naive.consistency(first, 0..<second, isKnown: true))
                try LogProof.checkConsistency(
                    proof, from: UInt64(first), root: log.roots[first], to: UInt64(second),
                    root: log.roots[second])
            }
        }
    }

    @Test func anythingElseIsRefused() throws {
        let log = try SampleLog(40)
        for size in 2...40 {
            for index in 0..<size {
                let proof = try LogProof.proveInclusion(
                    of: UInt64(index), size: UInt64(size), storage: log.storage)
                func isRefused(
                    _ proof: [NodeHash], _ leaf: Int, _ at: Int, _ size: Int, _ root: NodeHash
                ) -> Bool {
                    (try? LogProof.checkInclusion(
                        proof, of: log.leaves[leaf], at: UInt64(at), size: UInt64(size), root: root)) == nil
                }
                let other = (index + 1) % size
                #expect(isRefused(proof, other, index, size, log.roots[size]))
                #expect(isRefused(proof, index, other, size, log.roots[size]))
                #expect(isRefused(proof, index, index, size, log.roots[size - 1]))
                #expect(isRefused(Array(proof.dropLast()), index, index, size, log.roots[size]))
                #expect(isRefused(proof + [log.roots[1]], index, index, size, log.roots[size]))
                #expect(isRefused(proof, index, size, size, log.roots[size]))
            }
        }
        for (first, second) in [(0, 5), (6, 5), (0, 0)] {
            #expect(throws: ProofRefused.self) {
                try LogProof.proveConsistency(
                    from: UInt64(first), to: UInt64(second), storage: log.storage)
            }
            #expect(throws: ProofRefused.self) {
                try LogProof.checkConsistency(
                    [], from: UInt64(first), root: log.roots[first], to: UInt64(second),
                    root: log.roots[second])
            }
        }
        #expect(throws: ProofRefused.self) {
            try LogProof.proveInclusion(of: 40, size: 40, storage: log.storage)
        }
    }

    /// A fork: the same size and other entries from some place on.
    @Test func aForkIsNotConsistent() throws {
        let honest = try SampleLog(64)
        for fork in 0..<32 {
            let forked = try SampleLog(64, changing: fork)
            for first in [fork + 1, 33, 63] where first > fork {
                let proof = try LogProof.proveConsistency(
                    from: UInt64(first), to: 64, storage: forked.storage)
                #expect(throws: ProofRefused.self) {
                    try LogProof.checkConsistency(
                        proof, from: UInt64(first), root: honest.roots[first], to: 64, root: forked.roots[64])
                }
            }
        }
    }

    /// No number makes a check or a proof trap, or go on for long.
    @Test(arguments: [0, 1, 2, 63, 64, 1 << 62, UInt64.max - 1, UInt64.max])
    func extremeNumbers(_ number: UInt64) {
        let hash = NodeHash.leaf([])
        for other in [0, 1, number, UInt64.max] {
            _ = try? LogProof.checkInclusion([hash, hash], of: hash, at: number, size: other, root: hash)
            _ = try? LogProof.checkConsistency([hash, hash], from: number, root: hash, to: other, root: hash)
            _ = try? LogProof.proveInclusion(of: number, size: other, storage: MemoryLogStorage())
            _ = try? LogProof.proveConsistency(from: number, to: other, storage: MemoryLogStorage())
        }
    }

    /// Reads grow with the logarithm of the size.
    @Test func fewReads() throws {
        let size: UInt64 = 1 << 40 | 0x1234567
        for index in [0, 5, size / 2, size - 1] {
            let storage = CountingStorage()
            _ = try LogProof.proveInclusion(of: index, size: size, storage: storage)
            _ = try LogProof.proveConsistency(from: index + 1, to: size, storage: storage)
            #expect(storage.count < 4 * 41)
        }
    }
}

/// Answers everything, and counts.
private final class CountingStorage: LogStorage {
    var count = 0

    func hashes(of nodes: [LogNode]) -> [NodeHash] {
        count += nodes.count
        return nodes.map { _ in .emptyLog }
    }
}

/// A log of numbered entries.
struct SampleLog {
    let leaves: [NodeHash]
    let storage: MemoryLogStorage
    /// By size.
    let roots: [NodeHash]

    init(_ size: Int, changing changed: Int? = nil) throws {
        var leaves = Naive.leaves(size)
        if let changed { leaves[changed] = .leaf([0xFF]) }
        var storage = MemoryLogStorage()
        var frontier = LogFrontier()
        var roots = [frontier.root]
        for leaf in leaves {
            try storage.add(frontier.append(leaf))
            roots.append(frontier.root)
        }
        self.leaves = leaves
        self.storage = storage
        self.roots = roots
    }
}

/// RFC 6962 §2.1 as it is written there, over given leaves; each range's hash is computed once.
final class Naive {
    private let leaves: [NodeHash]
    private var known: [Range<Int>: NodeHash] = [:]

    init(_ leaves: [NodeHash]) {
        self.leaves = leaves
    }

    static func leaves(_ count: Int) -> [NodeHash] {
        (0..<count).map { .leaf([UInt8($0 >> 8), UInt8($0 & 255)]) }
    }

    /// MTH.
    func root(_ range: Range<Int>) -> NodeHash {
        if let known = known[range] { return known }
        let hash: NodeHash
        switch range.count {
        case 0: hash = .emptyLog
        case 1: hash = leaves[range.lowerBound]
        default: hash = .node(root(left(range)), root(right(range)))
        }
        known[range] = hash
        return hash
    }

    /// PATH(m, D[n]).
    func path(_ index: Int, _ range: Range<Int>) -> [NodeHash] {
        guard range.count > 1 else { return [] }
        let (left, right) = (left(range), right(range))
        return left.contains(index) ? path(index, left) + [root(right)] : path(index, right) + [root(left)]
    }

    /// SUBPROOF(m, D[n], b).
    func consistency(_ first: Int, _ range: Range<Int>, isKnown: Bool) -> [NodeHash] {
        if first == range.upperBound { return isKnown ? [] : [root(range)] }
        let (left, right) = (left(range), right(range))
        return first <= left.upperBound
            ? consistency(first, left, isKnown: isKnown) + [root(right)]
            : consistency(first, right, isKnown: false) + [root(left)]
    }

    private func left(_ range: Range<Int>) -> Range<Int> {
        var k = 1
        while k * 2 < range.count { k *= 2 }
        return range.lowerBound..<range.lowerBound + k
    }

    private func right(_ range: Range<Int>) -> Range<Int> { left(range).upperBound..<range.upperBound }
}

@Suite struct NodeNumberTests {
    @Test func nodesAreNumberedAsTheyBecomeWhole() {
        var frontier = LogFrontier()
        var next: Int64 = 0
        for index in 0..<300 {
            for (node, _) in frontier.append(.leaf([UInt8(index & 255)])) {
                #expect(node.number == next)
                next += 1
            }
        }
    }

    @Test func nodesOfNoLogHaveNoNumber() {
        #expect(LogNode(level: 62, index: 0).number == nil)
        #expect(LogNode(level: 0, index: 1 << 61).number == nil)
        #expect(LogNode(level: -1, index: 0).number == nil)
        #expect(LogNode(level: 61, index: 0).number != nil)
        #expect(LogNode(level: 0, index: .max).number == nil)
    }
}
