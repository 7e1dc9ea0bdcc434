import Directory
import DirectoryServer
import Foundation
import GRDB
import Identity
import TestSupport
import Testing

/// What every store has to do.
@Suite struct ClaimStoreTests {
    enum Kind: CaseIterable { case memory, sqlite }

    let folder: TemporaryFolder
    let alice: IdentityKeys
    let bob: IdentityKeys

    init() throws {
        folder = try TemporaryFolder()
        alice = try IdentityKeys.generate()
        bob = try IdentityKeys.generate()
    }

    func store(_ kind: Kind) throws -> any ClaimStore {
        switch kind {
        case .memory: MemoryClaimStore()
        case .sqlite: try SQLiteClaimStore(path: folder.path + "/directory.sqlite")
        }
    }

    func claim(_ handle: String, after newest: LogEntry? = nil, by keys: IdentityKeys) throws -> LogEntry {
        try LogEntry.make(
            .claim(recoveryHash: Array(repeating: 0, count: 32)), label: Label(Handle(handle)), after: newest,
            time: 1, by: keys)
    }

    @Test(arguments: Kind.allCases) func keepsClaimsAndReleasesInTheirOrder(kind: Kind) async throws {
        let store = try store(kind)
        let handle = try Handle("alice")
        #expect(try await store.newest(Label(handle)) == nil)
        let first = try claim("alice", by: alice)
        try await store.append(first, handle: handle, holding: 3)
        #expect(try await store.newest(Label(handle)) == first)
        let other = try claim("bob", by: bob)
        try await store.append(other, handle: Handle("bob"), holding: 3)
        let release = try LogEntry.make(.release, label: Label(handle), after: first, time: 2, by: alice)
        try await store.append(release, handle: handle, holding: 3)
        #expect(try await store.newest(Label(handle))?.holder == nil)
        let second = try claim("alice", after: release, by: bob)
        try await store.append(second, handle: handle, holding: 3)
        #expect(try await store.newest(Label(handle))?.holder == bob.publicIdentity)
        #expect(try await store.entries(from: 0, count: 9) == [first, other, release, second])
        #expect(try await store.entries(from: 1, count: 2) == [other, release])
        #expect(try await store.entries(from: 4, count: 2) == [])
    }

    @Test(arguments: Kind.allCases) func refusesWhatDoesNotFollow(kind: Kind) async throws {
        let store = try store(kind)
        let handle = try Handle("alice")
        let first = try claim("alice", by: alice)
        try await store.append(first, handle: handle, holding: 3)
        await #expect(throws: ClaimStoreError.handleTaken) {
            try await store.append(claim("alice", by: bob), handle: handle, holding: 3)
        }
        await #expect(throws: ClaimStoreError.handleTaken) {
            try await store.append(claim("alice", after: first, by: bob), handle: handle, holding: 3)
        }
        await #expect(throws: ClaimStoreError.outOfSequence) {
            try await store.append(first, handle: handle, holding: 3)
        }
        let theirs = try LogEntry.make(.release, label: Label(handle), after: first, time: 2, by: bob)
        await #expect(throws: ClaimStoreError.notClaimed) {
            try await store.append(theirs, handle: handle, holding: 3)
        }
        let release = try LogEntry.make(.release, label: Label(handle), after: first, time: 2, by: alice)
        try await store.append(release, handle: handle, holding: 3)
        await #expect(throws: ClaimStoreError.notClaimed) {
            try await store.append(release, handle: handle, holding: 3)
        }
        // A claim that skips the history begins a second one.
        await #expect(throws: ClaimStoreError.outOfSequence) {
            try await store.append(claim("alice", by: bob), handle: handle, holding: 3)
        }
        #expect(try await store.entries(from: 0, count: 9) == [first, release])
    }

    @Test(arguments: Kind.allCases) func historyBeginsWithAFirstClaim(kind: Kind) async throws {
        let store = try store(kind)
        let handle = try Handle("alice")
        let first = try claim("alice", by: alice)
        let release = try LogEntry.make(.release, label: Label(handle), after: first, time: 2, by: alice)
        await #expect(throws: ClaimStoreError.notClaimed) {
            try await store.append(release, handle: handle, holding: 3)
        }
        await #expect(throws: ClaimStoreError.outOfSequence) {
            try await store.append(claim("alice", after: release, by: bob), handle: handle, holding: 3)
        }
        #expect(try await store.entries(from: 0, count: 9) == [])
    }

    @Test(arguments: Kind.allCases) func limitsHandlesOfOneIdentity(kind: Kind) async throws {
        let store = try store(kind)
        for name in ["one", "two", "three"] {
            try await store.append(claim(name, by: alice), handle: Handle(name), holding: 3)
        }
        await #expect(throws: ClaimStoreError.tooManyHandles) {
            try await store.append(claim("four", by: alice), handle: Handle("four"), holding: 3)
        }
        try await store.append(claim("four", by: bob), handle: Handle("four"), holding: 3)
        let two = try #require(try await store.newest(Label(Handle("two"))))
        let release = try LogEntry.make(.release, label: two.label, after: two, time: 2, by: alice)
        try await store.append(release, handle: Handle("two"), holding: 3)
        try await store.append(claim("five", by: alice), handle: Handle("five"), holding: 3)
    }

    @Test(arguments: Kind.allCases) func ofManyClaimsAtOnceOneIsTaken(kind: Kind) async throws {
        let store = try store(kind)
        let claims = try (0..<20).map { _ in try claim("alice", by: IdentityKeys.generate()) }
        let taken = await withTaskGroup(of: Int.self) { group in
            for claim in claims {
                group.addTask {
                    do {
                        try await store.append(claim, handle: Handle("alice"), holding: 3)
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

    // MARK: The file

    var path: String { folder.path + "/directory.sqlite" }

    @Test func restartGivesNoHandleAway() async throws {
        let first = try claim("alice", by: alice)
        let before = try SQLiteClaimStore(path: path)
        try await before.append(first, handle: Handle("alice"), holding: 3)
        try before.close()
        let after = try SQLiteClaimStore(path: path)
        #expect(try await after.newest(first.label)?.bytes == first.bytes)
        await #expect(throws: ClaimStoreError.handleTaken) {
            try await after.append(claim("alice", by: bob), handle: Handle("alice"), holding: 3)
        }
    }

    @Test func commitsSurviveALossOfPower() throws {
        let store = try SQLiteClaimStore(path: path)
        #expect(try store.synchronousLevel() == 2)
    }

    @Test func filesAreTheirOwnersAlone() async throws {
        let store = try SQLiteClaimStore(path: path)
        try await store.append(claim("alice", by: alice), handle: Handle("alice"), holding: 3)
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
        try await store.append(first, handle: Handle("alice"), holding: 3)
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
