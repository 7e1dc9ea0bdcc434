import Directory
import DirectoryServer
import Foundation
import Identity
import TestSupport
import Testing
import Wire

/// Who has which handle.
@Suite struct HandleTests {
    let alice: IdentityKeys
    let bob: IdentityKeys
    let handle: Handle

    init() throws {
        alice = try IdentityKeys.generate()
        bob = try IdentityKeys.generate()
        handle = try Handle("alice")
    }

    @Test func firstComeFirstServed() async throws {
        let world = try await World()
        let (mine, theirs) = (try world.connect(alice), try world.connect(bob))
        try await mine.client.claim(handle, recoveryHash: Array(repeating: 9, count: 32))
        try await mine.client.claim(handle, recoveryHash: nil)
        await #expect(throws: DirectoryError.handleTaken) {
            try await theirs.client.claim(handle, recoveryHash: nil)
        }
        #expect(try await theirs.client.holder(of: handle) == alice.publicIdentity)
        #expect(try await theirs.client.confirm(handle, identity: alice.publicIdentity))
        #expect(try await !theirs.client.confirm(handle, identity: bob.publicIdentity))
        #expect(try await !theirs.client.confirm(Handle("nobody"), identity: alice.publicIdentity))
        // Claiming again made no second entry.
        #expect(try await world.store.entries(from: 0, count: 9).count == 1)
    }

    @Test func releasedHandleMayBeClaimedByAnybody() async throws {
        let world = try await World()
        let (mine, theirs) = (try world.connect(alice), try world.connect(bob))
        try await mine.client.claim(handle, recoveryHash: nil)
        await #expect(throws: DirectoryError.notClaimed) { try await theirs.client.release(handle) }
        try await mine.client.release(handle)
        #expect(try await mine.client.holder(of: handle) == nil)
        try await theirs.client.claim(handle, recoveryHash: nil)
        #expect(try await mine.client.holder(of: handle) == bob.publicIdentity)
        let log = try await world.store.entries(from: 0, count: 9)
        #expect(log.map(\.sequence) == [0, 1, 2])
        #expect(log[2].previous == log[1].hash && log[1].previous == log[0].hash)
    }

    @Test func releaseTakesTheHandleOffThePresence() async throws {
        let world = try await World()
        let (connection, keys) = try await world.join("alice")
        let other = try world.connect(bob)
        try await connection.client.release(handle)
        #expect(try await other.client.lookup(.handle(handle)) == nil)
        #expect(try await other.client.lookup(.identity(keys.publicIdentity))?.handle == nil)
    }

    @Test func nobodyIsPresentUnderAnothersHandle() async throws {
        let world = try await World()
        try await world.join("alice")
        let theirs = try world.connect(bob)
        for name in ["alice", "nobody"] {
            await #expect(throws: DirectoryError.notClaimed) {
                _ = try await theirs.client.publish(addresses: [], discoverable: true, handle: Handle(name))
            }
        }
    }

    @Test func restartGivesNoHandleAway() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/directory.sqlite"
        let store = try SQLiteClaimStore(path: path)
        let world = try await World(store: store)
        try await world.connect(alice).client.claim(handle, recoveryHash: nil)
        try store.close()
        let again = try await World(store: SQLiteClaimStore(path: path), keys: world.keys)
        await #expect(throws: DirectoryError.handleTaken) {
            try await again.connect(bob).client.claim(handle, recoveryHash: nil)
        }
        let mine = try again.connect(alice)
        #expect(
            try await mine.client.publish(addresses: [], discoverable: true, handle: handle).handle == handle)
    }

    @Test func entriesAreCheckedBeforeTheyAreTaken() async throws {
        let world = try await World()
        let raw = try world.raw(alice)
        func entry(by keys: IdentityKeys, _ handle: Handle, offBy seconds: Double = 0) throws -> LogEntry {
            try LogEntry.make(
                .claim(recovery: .none), label: Label(handle), after: nil,
                time: UInt64(world.time.now.timeIntervalSince1970 + seconds), by: keys)
        }
        let good = try entry(by: alice, handle)
        var altered = good.bytes
        altered[altered.count - 1] ^= 1
        let refused: [([UInt8], Handle)] = [
            (try entry(by: bob, handle).bytes, handle), (good.bytes, try Handle("another")),
            (altered, handle), ([1], handle),
        ]
        for (bytes, handle) in refused {
            #expect(try await raw.answer(.append(entry: bytes, handle: handle)) == .failure(.invalid))
        }
        let now = Int64(world.time.now.timeIntervalSince1970)
        for seconds in [-601.0, 601] {
            let bytes = try entry(by: alice, handle, offBy: seconds).bytes
            #expect(
                try await raw.answer(.append(entry: bytes, handle: handle))
                    == .failure(.wrongTime(directory: now)))
        }
        #expect(try await world.store.entries(from: 0, count: 9).isEmpty)
        let late = try entry(by: alice, handle, offBy: -600).bytes
        guard case .appended = try await raw.answer(.append(entry: late, handle: handle)) else {
            Issue.record("an entry that is 10 minutes off is refused")
            return
        }
    }

    @Test func clientIsToldHowFarItsClockIsOff() async throws {
        let world = try await World()
        let (link, _) = try world.link(alice)
        let client = DirectoryClient(
            link: link, identity: alice, sleep: { _ in try await Task.sleep(for: .seconds(3_600)) },
            now: { ManualTime.start - 3_600 })
        let running = Task { await client.run() }
        await #expect(throws: DirectoryError.wrongTime(difference: .seconds(3_600))) {
            try await client.claim(handle, recoveryHash: nil)
        }
        running.cancel()
    }

    @Test func handlesAndClaimsAreLimited() async throws {
        let world = try await World()
        let connection = try world.connect(alice)
        for number in 1...3 {
            try await connection.client.claim(Handle("name-\(number)"), recoveryHash: nil)
        }
        for number in 4...10 {
            await #expect(throws: DirectoryError.tooManyHandles) {
                try await connection.client.claim(Handle("name-\(number)"), recoveryHash: nil)
            }
        }
        await #expect(throws: DirectoryError.rateLimited(retryAfter: .seconds(361))) {
            try await connection.client.claim(Handle("name-11"), recoveryHash: nil)
        }
        world.time.advance(.seconds(361))
        try await connection.client.release(Handle("name-1"))
    }

    @Test func claimsAreLimitedByAddressToo() async throws {
        let world = try await World()
        for number in 1...100 {
            let keys = try IdentityKeys.generate()
            // All of one /64.
            let connection = try world.connect(keys, at: "[2001:db8::\(number)]:50000")
            try await connection.client.claim(Handle("name-\(number)"), recoveryHash: nil)
        }
        let late = try world.connect(alice, at: "[2001:db8::ffff:1]:50000")
        await #expect(throws: DirectoryError.rateLimited(retryAfter: .seconds(37))) {
            try await late.client.claim(handle, recoveryHash: nil)
        }
        try await world.connect(bob, at: "[2001:db8:0:1::1]:50000").client.claim(handle, recoveryHash: nil)
    }

    @Test func claimsTheClientHoldsAlreadyAreNotSentAgain() async throws {
        let world = try await World()
        let (connection, _) = try await world.join("alice")
        try await connection.client.claim(Handle("alice"), recoveryHash: nil)
        #expect(try await world.store.entries(from: 0, count: 9).count == 1)
    }
}
