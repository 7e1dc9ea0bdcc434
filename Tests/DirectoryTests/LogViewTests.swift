import Directory
import DirectoryServer
import Identity
import Testing
import Transparency

/// What a client believes of a log, as a value.
@Suite struct LogViewTests {
    let directory: IdentityKeys
    let signer: LogSigner

    init() throws {
        directory = try IdentityKeys.generate()
        signer = try LogSigner(LogKeyFile.generate(), directory: directory)
    }

    /// A log of so many leaves, all named after the branch from `fork` on.
    func log(_ size: Int, branch: UInt8 = 0, from fork: Int = .max) throws -> (Checkpoint, MemoryLogStorage) {
        var (frontier, nodes) = (LogFrontier(), MemoryLogStorage())
        for index in 0..<size {
            try nodes.add(frontier.append(.leaf([UInt8(index), index < fork ? 0 : branch])))
        }
        let checkpoint = Checkpoint(
            origin: signer.keys.note.name, size: frontier.size, root: frontier.root,
            mapRoot: size == 0 ? .emptyMap : .leaf([UInt8(size)]))
        return (checkpoint, nodes)
    }

    func signed(_ checkpoint: Checkpoint, at time: UInt64 = 0) throws -> SignedCheckpoint {
        try SignedCheckpoint(note: signer.sign(checkpoint, at: time), by: signer.keys)
    }

    func view() throws -> LogView {
        try LogView(statements: signer.statements.map(\.bytes), by: directory.publicIdentity)
    }

    /// Takes a log of that size in as an honest directory proves it.
    func accept(
        _ view: inout LogView, _ size: Int, branch: UInt8 = 0, from fork: Int = .max, floor: UInt64 = 0
    ) throws {
        let told = try signed(log(size, branch: branch, from: fork).0)
        let larger = try log(max(size, Int(view.newest?.checkpoint.size ?? 0)), branch: branch, from: fork).1
        let proof = try view.gap(to: told).map {
            try LogProof.proveConsistency(from: $0.from, to: $0.to, storage: larger)
        }
        try view.accept(told, notBelow: floor, consistency: proof ?? [])
    }

    @Test func logThatGrowsIsAccepted() throws {
        var view = try view()
        for size in [0, 1, 1, 2, 5, 9, 8, 30] { try accept(&view, size) }
        #expect(view.newest?.checkpoint.size == 30)
    }

    @Test func forksAreNoticed() throws {
        for (seen, size, fork) in [(5, 9, 4), (5, 5, 2), (8, 9, 0), (9, 5, 1)] {
            var view = try view()
            try accept(&view, seen)
            #expect(throws: LogFault.forked) { try accept(&view, size, branch: 1, from: fork) }
            #expect(view.newest?.checkpoint.size == UInt64(seen))
        }
        // Another map over the same log.
        var view = try view()
        let (checkpoint, _) = try log(4)
        try view.accept(signed(checkpoint), notBelow: 0, consistency: [])
        let other = Checkpoint(
            origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root, mapRoot: .leaf([9]))
        #expect(throws: LogFault.forked) { try view.accept(signed(other), notBelow: 0, consistency: []) }
    }

    @Test func badConsistencyProofsAreNoticed() throws {
        let (small, large) = (try log(5), try log(9))
        let proof = try LogProof.proveConsistency(from: 5, to: 9, storage: large.1)
        let bad: [[NodeHash]] = [
            [], Array(proof.dropLast()), Array(proof.dropFirst()), proof + [.emptyLog], proof.reversed(),
        ]
        for proof in bad {
            var view = try view()
            try view.accept(signed(small.0), notBelow: 0, consistency: [])
            #expect(throws: LogFault.forked) {
                try view.accept(signed(large.0), notBelow: 0, consistency: proof)
            }
        }
    }

    @Test func rewindingIsNoticed() throws {
        var view = try view()
        try accept(&view, 9)
        #expect(throws: LogFault.rewound) { try accept(&view, 8, floor: 9) }
        #expect(throws: LogFault.rewound) { try accept(&view, 0, floor: 9) }
        // An answer to an older question may be of an older log.
        try accept(&view, 8, floor: 5)
        #expect(view.newest?.checkpoint.size == 9)
    }

    @Test func othersSignaturesAreNoCheckpoints() throws {
        let view = try view()
        let stranger = try LogSigner(LogKeyFile.generate(), directory: directory)
        let (checkpoint, _) = try log(3)
        #expect(throws: Never.self) { try view.read(signer.sign(checkpoint, at: 1).bytes) }
        #expect(throws: LogFault.unsigned) { try view.read(stranger.sign(checkpoint, at: 1).bytes) }
        #expect(throws: LogFault.unsigned) { try view.read([1]) }
        let elsewhere = Checkpoint(
            origin: "p2pchat/elsewhere", size: 3, root: checkpoint.root, mapRoot: checkpoint.mapRoot)
        #expect(throws: LogFault.unsigned) { try view.read(signer.sign(elsewhere, at: 1).bytes) }
    }

    @Test func newKeysHaveToFollowTheOldOnes() throws {
        var view = try view()
        let former = signer.statements.map(\.bytes)
        let rotated = try LogSigner(LogKeyFile.generate(former: former), directory: directory)
        let all = rotated.statements.map(\.bytes)
        try view.learn(all)
        let (checkpoint, _) = try log(3)
        #expect(throws: Never.self) { try view.read(rotated.sign(checkpoint, at: 1).bytes) }
        // Whoever has the old key signs nothing any more.
        #expect(throws: LogFault.unsigned) { try view.read(signer.sign(checkpoint, at: 1).bytes) }
        let others = try LogSigner(LogKeyFile.generate(), directory: directory).statements.map(\.bytes)
        for told in [[], former, Array(all.reversed()), others, all + [all[1]]] {
            #expect(throws: LogFault.keys) { try view.learn(told) }
        }
        #expect(throws: LogFault.keys) {
            try LogView(statements: all, by: IdentityKeys.generate().publicIdentity)
        }
    }

    @Test func ageIsTold() throws {
        let told = try signed(try log(1).0, at: 100_000)
        for (time, freshness) in [
            (0, .ahead), (13_600, .ahead), (13_601, .current), (100_000, .current), (103_599, .current),
            (103_600, .old), (186_399, .old),
            (186_400, .stale), (.max, .stale),
        ] as [(UInt64, LogView.Freshness)] {
            #expect(LogView.freshness(of: told, at: time) == freshness, "\(time)")
        }
    }
}
