import Sodium
import Testing
import Transparency

@Suite struct MapTreeTests {
    @Test func anEmptyMapHasNothing() throws {
        var map = MapTree()
        #expect(map.root() == .emptyMap)
        #expect(try map.prove(label(1)).value(of: label(1), root: .emptyMap) == nil)
    }

    /// Presence and absence of every label, at every number of labels, against a tree that is built anew from the definition.
    @Test func everyLabelAtEverySize() throws {
        var map = MapTree()
        var known: [(NodeHash, NodeHash)] = []
        for size in 0..<120 {
            let root = map.root()
            #expect(root == Naive.map(known))
            for number in 0..<130 {
                let label = label(number)
                let found = try map.prove(label).value(of: label, root: root)
                #expect(found == (number < size ? value(number) : nil))
                #expect(map[label] == found)
            }
            map.set(label(size), to: value(size))
            known.append((label(size), value(size)))
        }
    }

    @Test func theOrderOfComingDoesNotMatter() {
        var forwards = MapTree()
        var backwards = MapTree(capacity: 500)
        for number in 0..<500 {
            forwards.set(label(number), to: value(number))
            backwards.set(label(499 - number), to: value(0))
            // Hashes are computed in between, so that stale ones would show.
            if number % 7 == 0 { _ = forwards.root() }
        }
        #expect(forwards.root() != backwards.root())
        for number in 0..<500 { backwards.set(label(number), to: value(number)) }
        #expect(forwards.root() == backwards.root())
        #expect(backwards.count == 500)
    }

    /// Hashes that are computed by several threads are those that one computes, also where only some of them are stale.
    @Test(arguments: [4_095, 4_096, 5_000])
    func manyLabelsAtOnce(count: Int) {
        let known = (0..<count).map { (label($0), value($0)) }
        var map = MapTree()
        for (label, value) in known { map.set(label, to: value) }
        #expect(map.root() == Naive.map(known))
        let changed = known.map { ($0, $0.bytes[0] % 2 == 0 ? value(-1) : $1) }
        for (label, value) in changed { map.set(label, to: value) }
        #expect(map.root() == Naive.map(changed))
    }

    /// Labels that differ in their last bit only, and in each single bit.
    @Test func labelsThatAreClose() throws {
        var map = MapTree()
        let zero = try #require(NodeHash([UInt8](repeating: 0, count: 32)))
        var labels = [zero]
        for bit in 0..<256 {
            var bytes = zero.bytes
            bytes[bit / 8] |= 0x80 >> UInt8(bit % 8)
            labels.append(try #require(NodeHash(bytes)))
        }
        for (number, label) in labels.enumerated() where number % 2 == 0 { map.set(label, to: value(number)) }
        let root = map.root()
        for (number, label) in labels.enumerated() {
            let found = try map.prove(label).value(of: label, root: root)
            #expect(found == (number % 2 == 0 ? value(number) : nil))
        }
    }

    /// Whatever is changed in a proof, it shows nothing, or what it showed before.
    @Test func aChangedProofIsRefused() throws {
        var map = MapTree()
        for number in 0..<100 { map.set(label(number), to: value(number)) }
        let root = map.root()
        for number in 0..<200 {
            let label = label(number)
            let proof = map.prove(label)
            let end = try #require(proof.end)
            var wrong: [MapProof] = [
                MapProof(end: nil, steps: proof.steps), MapProof(end: nil, steps: []),
                MapProof(end: .init(label: end.label, value: value(999)), steps: proof.steps),
                MapProof(end: .init(label: self.label(999), value: end.value), steps: proof.steps),
                MapProof(end: end, steps: Array(proof.steps.dropLast())),
                MapProof(end: end, steps: Array(proof.steps.dropFirst())),
                MapProof(end: end, steps: proof.steps.reversed()),
                MapProof(end: end, steps: proof.steps + [.init(depth: 0, sibling: root)]),
            ]
            for index in proof.steps.indices {
                var steps = proof.steps
                steps[index] = .init(depth: steps[index].depth, sibling: value(998))
                wrong.append(MapProof(end: end, steps: steps))
                steps[index] = .init(depth: proof.steps[index].depth ^ 1, sibling: proof.steps[index].sibling)
                wrong.append(MapProof(end: end, steps: steps))
            }
            for changed in wrong {
                #expect(throws: ProofRefused.self) { try changed.value(of: label, root: root) }
            }
            // The way of another label is no answer for this one, where the two part.
            for other in 0..<100 where other != number {
                let proof = map.prove(self.label(other))
                let found = try? proof.value(of: label, root: root)
                #expect(found == nil || found == (number < 100 ? value(number) : nil))
            }
        }
    }

    /// No tree can be made to say two things of one label: a label hidden where its bits do not lead is not there.
    @Test func aTreeThatIsNoneStillSaysOneThing() throws {
        var map = MapTree()
        for number in 0..<50 { map.set(label(number), to: value(number)) }
        let root = map.root()
        let absent = label(77)
        #expect(try map.prove(absent).value(of: absent, root: root) == nil)
        for number in 0..<50 {
            let proof = map.prove(label(number))
            let forged = MapProof(end: .init(label: absent, value: value(77)), steps: proof.steps)
            #expect(throws: ProofRefused.self) { try forged.value(of: absent, root: root) }
        }
    }

    /// A tree whose bits do not rise downwards is none, though its hashes fit.
    @Test func anUnorderedTreeIsRefused() throws {
        let (label, other) = (label(1), value(1))
        let leaf = Naive.map([(label, value(1))])
        func bit(_ depth: Int) -> Bool { label.bytes[depth / 8] >> UInt8(7 - depth % 8) & 1 == 1 }
        func above(_ hash: NodeHash, _ depth: Int) throws -> NodeHash {
            let pair = bit(depth) ? other.bytes + hash.bytes : hash.bytes + other.bytes
            return try #require(NodeHash(SHA256.hash([3, UInt8(depth)] + pair)))
        }
        for (lower, upper, isTree) in [(5, 3, true), (3, 5, false), (3, 3, false)] {
            let root = try above(above(leaf, lower), upper)
            let proof = MapProof(
                end: .init(label: label, value: value(1)),
                steps: [lower, upper].map { .init(depth: UInt8($0), sibling: other) })
            #expect((try? proof.value(of: label, root: root)) == (isTree ? value(1) : nil))
        }
    }

    private func label(_ number: Int) -> NodeHash { .leaf(Array("label \(number)".utf8)) }
    private func value(_ number: Int) -> NodeHash { .leaf(Array("value \(number)".utf8)) }
}

extension Naive {
    /// The map's root as docs/directory.md defines it: from all labels at once.
    static func map(_ entries: [(NodeHash, NodeHash)]) -> NodeHash {
        let sorted = entries.map { ($0.0.bytes, $0.1.bytes) }.sorted { $0.0.lexicographicallyPrecedes($1.0) }
        return sorted.isEmpty ? hash([4]) : map(sorted[...])
    }

    private static func map(_ sorted: ArraySlice<([UInt8], [UInt8])>) -> NodeHash {
        guard let first = sorted.first, let last = sorted.last, sorted.count > 1 else {
            return hash([2] + sorted.flatMap { $0.0 + $0.1 })
        }
        func bit(_ label: [UInt8], _ depth: Int) -> Bool { label[depth / 8] >> UInt8(7 - depth % 8) & 1 == 1 }
        // In order, so what the first and the last have in common all have.
        let depth = (0..<256).first { bit(first.0, $0) != bit(last.0, $0) } ?? 0
        let middle = sorted.firstIndex { bit($0.0, depth) } ?? sorted.endIndex
        return hash([3, UInt8(depth)] + map(sorted[..<middle]).bytes + map(sorted[middle...]).bytes)
    }

    private static func hash(_ bytes: [UInt8]) -> NodeHash { NodeHash(SHA256.hash(bytes)) ?? .emptyLog }
}
