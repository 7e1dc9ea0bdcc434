import Directory
import DirectoryServer
import Foundation
import GRDB
import Identity
import TestSupport
import Testing
import Transparency

/// What every store has to do.
@Suite struct ClaimStoreTests {
    enum Kind: CaseIterable { case memory, sqlite }

    let folder: TemporaryFolder
    let alice: IdentityKeys
    let bob: IdentityKeys
    let operatorKeys: IdentityKeys

    var rules: ClaimRules {
        ClaimRules(operator: operatorKeys.publicIdentity, handlesPerIdentity: 3)
    }

    init() throws {
        folder = try TemporaryFolder()
        alice = try IdentityKeys.generate()
        bob = try IdentityKeys.generate()
        operatorKeys = try IdentityKeys.generate()
    }

    func store(_ kind: Kind) throws -> any ClaimStore {
        switch kind {
        case .memory: MemoryClaimStore()
        case .sqlite: try SQLiteClaimStore(path: folder.path + "/directory.sqlite")
        }
    }

    func claim(_ handle: String, after newest: LogEntry? = nil, by keys: IdentityKeys) throws -> LogEntry {
        try LogEntry.make(
            .claim(recovery: .none), label: Label(Handle(handle)), after: newest,
            time: 1, by: keys)
    }

    @Test(arguments: Kind.allCases) func keepsClaimsAndReleasesInTheirOrder(kind: Kind) async throws {
        let store = try store(kind)
        let handle = try Handle("alice")
        #expect(try await store.newest(Label(handle)) == nil)
        let first = try claim("alice", by: alice)
        try await store.append(first, handle: handle, rules: rules)
        #expect(try await store.newest(Label(handle)) == first)
        let other = try claim("bob", by: bob)
        try await store.append(other, handle: Handle("bob"), rules: rules)
        let release = try LogEntry.make(.release, label: Label(handle), after: first, time: 2, by: alice)
        try await store.append(release, handle: handle, rules: rules)
        #expect(try await store.newest(Label(handle))?.holder(at: 9) == nil)
        let second = try claim("alice", after: release, by: bob)
        try await store.append(second, handle: handle, rules: rules)
        #expect(try await store.newest(Label(handle))?.holder(at: 9) == bob.publicIdentity)
        #expect(try await store.entries(from: 0, count: 9) == [first, other, release, second])
        #expect(try await store.entries(from: 1, count: 2) == [other, release])
        #expect(try await store.entries(from: 4, count: 2) == [])
        let history = [first, release, second].map(\.bytes)
        let label = Label(handle)
        #expect(try await store.entryBytes(of: label, from: 0, below: 9, count: 9) == history)
        #expect(try await store.entryBytes(of: label, from: 1, below: 3, count: 9) == [history[1]])
        #expect(try await store.entryBytes(of: label, from: 1, below: .max, count: 1) == [history[1]])
        #expect(try await store.entryBytes(of: label, from: .max, below: .max, count: 9) == [])
    }

    @Test(arguments: Kind.allCases) func refusesWhatDoesNotFollow(kind: Kind) async throws {
        let store = try store(kind)
        let handle = try Handle("alice")
        let first = try claim("alice", by: alice)
        try await store.append(first, handle: handle, rules: rules)
        await #expect(throws: ClaimStoreError.handleTaken) {
            try await store.append(claim("alice", by: bob), handle: handle, rules: rules)
        }
        await #expect(throws: ClaimStoreError.handleTaken) {
            try await store.append(claim("alice", after: first, by: bob), handle: handle, rules: rules)
        }
        await #expect(throws: ClaimStoreError.outOfSequence) {
            try await store.append(first, handle: handle, rules: rules)
        }
        let theirs = try LogEntry.make(.release, label: Label(handle), after: first, time: 2, by: bob)
        await #expect(throws: ClaimStoreError.notClaimed) {
            try await store.append(theirs, handle: handle, rules: rules)
        }
        let release = try LogEntry.make(.release, label: Label(handle), after: first, time: 2, by: alice)
        try await store.append(release, handle: handle, rules: rules)
        await #expect(throws: ClaimStoreError.notClaimed) {
            try await store.append(release, handle: handle, rules: rules)
        }
        // A claim that skips the history begins a second one.
        await #expect(throws: ClaimStoreError.outOfSequence) {
            try await store.append(claim("alice", by: bob), handle: handle, rules: rules)
        }
        #expect(try await store.entries(from: 0, count: 9) == [first, release])
    }

    @Test(arguments: Kind.allCases) func historyBeginsWithAFirstClaim(kind: Kind) async throws {
        let store = try store(kind)
        let handle = try Handle("alice")
        let first = try claim("alice", by: alice)
        let release = try LogEntry.make(.release, label: Label(handle), after: first, time: 2, by: alice)
        await #expect(throws: ClaimStoreError.notClaimed) {
            try await store.append(release, handle: handle, rules: rules)
        }
        await #expect(throws: ClaimStoreError.outOfSequence) {
            try await store.append(claim("alice", after: release, by: bob), handle: handle, rules: rules)
        }
        #expect(try await store.entries(from: 0, count: 9) == [])
    }

    @Test(arguments: Kind.allCases) func limitsHandlesOfOneIdentity(kind: Kind) async throws {
        let store = try store(kind)
        for name in ["one", "two", "three"] {
            try await store.append(claim(name, by: alice), handle: Handle(name), rules: rules)
        }
        await #expect(throws: ClaimStoreError.tooManyHandles) {
            try await store.append(claim("four", by: alice), handle: Handle("four"), rules: rules)
        }
        try await store.append(claim("four", by: bob), handle: Handle("four"), rules: rules)
        let two = try #require(try await store.newest(Label(Handle("two"))))
        let release = try LogEntry.make(.release, label: two.label, after: two, time: 2, by: alice)
        try await store.append(release, handle: Handle("two"), rules: rules)
        try await store.append(claim("five", by: alice), handle: Handle("five"), rules: rules)
    }

    @Test(arguments: Kind.allCases) func handlesMoveAndAreLost(kind: Kind) async throws {
        let store = try store(kind)
        for name in ["one", "two", "three"] {
            try await store.append(claim(name, by: alice), handle: Handle(name), rules: rules)
        }
        try await store.append(claim("four", by: bob), handle: Handle("four"), rules: rules)
        // A successor's handles count like claimed ones.
        let four = try #require(try await store.newest(Label(Handle("four"))))
        let rotation = try LogEntry.make(
            .rotate(to: alice.publicIdentity, recovery: .none), label: four.label, after: four, time: 2,
            by: bob,
            cosigner: alice)
        await #expect(throws: ClaimStoreError.tooManyHandles) {
            try await store.append(rotation, handle: Handle("four"), rules: rules)
        }
        let one = try #require(try await store.newest(Label(Handle("one"))))
        let away = try LogEntry.make(
            .rotate(to: bob.publicIdentity, recovery: .none), label: one.label, after: one, time: 2,
            by: alice,
            cosigner: bob)
        try await store.append(away, handle: Handle("one"), rules: rules)
        try await store.append(rotation, handle: Handle("four"), rules: rules)
        // Nobody gets what was revoked.
        let revocation = try LogEntry.make(
            .revoke(heir: nil, signedBy: nil), label: one.label, after: away, time: 3, by: bob)
        try await store.append(revocation, handle: Handle("one"), rules: rules)
        await #expect(throws: ClaimStoreError.handleTaken) {
            try await store.append(
                claim("one", after: revocation, by: bob), handle: Handle("one"), rules: rules)
        }
        // But from the operator, who alone can do that.
        await #expect(throws: ClaimStoreError.notAllowed) {
            try await store.append(
                LogEntry.make(
                    .reassign(from: nil, to: alice.publicIdentity), label: one.label, after: revocation,
                    time: 4,
                    by: bob), handle: Handle("one"), rules: rules)
        }
        let reassignment = try LogEntry.make(
            .reassign(from: nil, to: bob.publicIdentity), label: one.label, after: revocation, time: 4,
            by: operatorKeys)
        try await store.append(reassignment, handle: Handle("one"), rules: rules)
        let newest = try #require(try await store.newest(one.label))
        #expect(newest.holder(at: 5) == nil)
        #expect(newest.holder(at: 4 + LabelState.reassignmentDelay) == bob.publicIdentity)
    }

    @Test(arguments: Kind.allCases) func ofManyClaimsAtOnceOneIsTaken(kind: Kind) async throws {
        let store = try store(kind)
        let claims = try (0..<20).map { _ in try claim("alice", by: IdentityKeys.generate()) }
        let taken = await withTaskGroup(of: Int.self) { group in
            for claim in claims {
                group.addTask {
                    do {
                        try await store.append(claim, handle: Handle("alice"), rules: rules)
                        return 1
                    } catch {
                        return 0
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(taken == 1)
        #expect(try await store.entries(from: 0, count: 9).count == 1)
    }

    // MARK: Batches and the log

    @Test(arguments: Kind.allCases) func batchIsCheckedInItsOrder(kind: Kind) async throws {
        let store = try store(kind)
        let first = try claim("alice", by: alice)
        let release = try LogEntry.make(.release, label: first.label, after: first, time: 2, by: alice)
        let entries = [
            (first, "alice"), (try claim("alice", by: bob), "alice"), (release, "alice"),
            (try claim("alice", after: release, by: bob), "alice"), (try claim("two", by: bob), "two"),
            (try claim("three", by: bob), "three"), (try claim("four", by: bob), "four"),
        ]
        let batch = try await store.append(
            entries.map { NewEntry($0.0, handle: try Handle($0.1)) }, rules: rules)
        #expect(
            batch.results == [
                .success(0), .failure(.handleTaken), .success(1), .success(2), .success(3), .success(4),
                .failure(.tooManyHandles),
            ])
        #expect(batch.before == LogFrontier())
        #expect(batch.after.size == 5)
        #expect(try await store.entries(from: 0, count: 9).count == 5)
        // What was refused left nothing.
        #expect(try await store.newest(Label(Handle("four"))) == nil)
        #expect(try await store.newest(first.label)?.identity == bob.publicIdentity)
    }

    @Test(arguments: Kind.allCases) func keepsTheHashesOfItsEntries(kind: Kind) async throws {
        let store = try store(kind)
        var frontier = LogFrontier()
        var map = MapTree()
        var nodes = MemoryLogStorage()
        for size in [1, 2, 5, 9] {
            let batch = try (0..<size).map { index in
                let name = "name\(size)x\(index)"
                return NewEntry(try claim(name, by: IdentityKeys.generate()), handle: try Handle(name))
            }
            let appended = try await store.append(batch, rules: rules)
            #expect(appended.before == frontier)
            for new in batch {
                try nodes.add(frontier.append(new.entry.nodeHash))
                map.set(try #require(new.entry.label.nodeHash), to: new.entry.nodeHash)
            }
            #expect(appended.after == frontier)
            var loaded = try await store.load()
            #expect(loaded.log == frontier)
            #expect(loaded.map.root() == map.root())
            let (end, known) = (frontier.size, nodes)
            try await store.withNodes { stored in
                for level in 0..<5 {
                    let all = (0..<end >> UInt64(level)).map { LogNode(level: level, index: $0) }
                    let found = try stored.hashes(of: all)
                    #expect(try found == known.hashes(of: all))
                }
            }
        }
        await #expect(throws: ClaimStoreError.self) {
            try await store.withNodes { try $0.hashes(of: [LogNode(level: 0, index: 17)]) }
        }
    }

    @Test(arguments: Kind.allCases) func mapHasTheNewestOfEachLabel(kind: Kind) async throws {
        let store = try store(kind)
        let first = try claim("alice", by: alice)
        let release = try LogEntry.make(.release, label: first.label, after: first, time: 2, by: alice)
        for entry in [first, release] {
            try await store.append(entry, handle: Handle("alice"), rules: rules)
        }
        let map = try await store.load().map
        #expect(map[try #require(first.label.nodeHash)] == release.nodeHash)
        #expect(map.count == 1)
    }

    // MARK: The file

    var path: String { folder.path + "/directory.sqlite" }

    @Test func restartGivesNoHandleAway() async throws {
        let first = try claim("alice", by: alice)
        let before = try SQLiteClaimStore(path: path)
        try await before.append(first, handle: Handle("alice"), rules: rules)
        try before.close()
        let after = try SQLiteClaimStore(path: path)
        #expect(try await after.newest(first.label)?.bytes == first.bytes)
        await #expect(throws: ClaimStoreError.handleTaken) {
            try await after.append(claim("alice", by: bob), handle: Handle("alice"), rules: rules)
        }
    }

    @Test func commitsSurviveALossOfPower() throws {
        let store = try SQLiteClaimStore(path: path)
        #expect(try store.synchronousLevel() == 2)
    }

    @Test func filesAreTheirOwnersAlone() async throws {
        let store = try SQLiteClaimStore(path: path)
        try await store.append(claim("alice", by: alice), handle: Handle("alice"), rules: rules)
        for name in try folder.names() {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/" + name)
            #expect((attributes[.posixPermissions] as? Int) == 0o600, "\(name)")
        }
        #expect(try folder.names().count == 3)
    }

    @Test func fileOfANewerVersionIsRefused() throws {
        try SQLiteClaimStore(path: path).close()
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('9 of the future')") }
        try queue.close()
        #expect(throws: ClaimStoreError.newerVersion(path: path)) { try SQLiteClaimStore(path: path) }
    }

    @Test func damagedFilesAreRefused() async throws {
        try Data(repeating: 0x5a, count: 8_192).write(to: URL(fileURLWithPath: path))
        #expect { try SQLiteClaimStore(path: path) } throws: { error in
            if case .corrupt = error as? ClaimStoreError { true } else { false }
        }
        #expect { try SQLiteClaimStore(path: folder.path + "/missing/x") } throws: { error in
            if case .unavailable = error as? ClaimStoreError { true } else { false }
        }
    }

    @Test func alteredEntriesAreNoticed() async throws {
        let first = try claim("alice", by: alice)
        let store = try SQLiteClaimStore(path: path)
        try await store.append(first, handle: Handle("alice"), rules: rules)
        try store.close()
        let queue = try DatabaseQueue(path: path)
        let other = try claim("alice", by: bob)
        // Another's signature under one's own claim.
        let forged = Data(first.bytes[..<161] + other.bytes[161...])
        try await queue.write { try $0.execute(sql: "UPDATE entry SET bytes = ?", arguments: [forged]) }
        try queue.close()
        let again = try SQLiteClaimStore(path: path)
        await #expect { try await again.newest(first.label) } throws: { error in
            if case .corrupt = error as? ClaimStoreError { true } else { false }
        }
    }
}
