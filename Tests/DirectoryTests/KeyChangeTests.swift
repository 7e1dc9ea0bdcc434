import Directory
import DirectoryServer
import Foundation
import Identity
import TestSupport
import Testing
import Wire

/// Rotations, revocations and recoveries at a directory.
@Suite struct KeyChangeTests {
    let handle: Handle
    let old: IdentityKeys
    let new: IdentityKeys
    let words: String

    init() throws {
        handle = try Handle("alice")
        old = try IdentityKeys.generate()
        new = try IdentityKeys.generate()
        words = try RecoveryKey.generate().words().joined(separator: " ")
    }

    @Test func aRotationHandsTheHandleOnAndIsAppendedOnce() async throws {
        let world = try await World()
        let (mine, other) = (try world.connect(old), try world.connect(IdentityKeys.generate()))
        try await mine.client.claim(handle, recoveryHash: RecoveryKey(words: words).hash)
        _ = try await mine.client.publish(addresses: [], discoverable: true, handle: handle)
        #expect(try await other.client.standing(of: old.publicIdentity, as: handle) == .holds)

        let chain = try await mine.client.rotate(handle, to: new)
        #expect(chain.identities == [old.publicIdentity, new.publicIdentity])
        // Asked again after a crash: nothing is appended a second time.
        #expect(try await mine.client.rotate(handle, to: new) == chain)
        #expect(try await world.store.entries(from: 0, count: 9).count == 2)
        #expect(try await other.client.holder(of: handle) == new.publicIdentity)
        #expect(
            try await other.client.standing(of: old.publicIdentity, as: handle)
                == .movedTo(new.publicIdentity))
        // The old one goes on without the handle, and cannot hand it on a second time.
        #expect(try await other.client.lookup(.identity(old.publicIdentity))?.handle == nil)
        await #expect(throws: DirectoryError.notClaimed) {
            _ = try await mine.client.rotate(handle, to: IdentityKeys.generate())
        }
        let successor = try world.connect(new)
        let third = try IdentityKeys.generate()
        let longer = try await successor.client.rotate(handle, to: third)
        #expect(longer.identities == [old, new, third].map(\.publicIdentity))
        #expect(
            try await other.client.standing(of: old.publicIdentity, as: handle)
                == .movedTo(third.publicIdentity))
    }

    @Test func theNewOneIsServedUnderTheHandle() async throws {
        let world = try await World()
        let mine = try world.connect(old)
        try await mine.client.claim(handle, recoveryHash: nil)
        _ = try await mine.client.rotate(handle, to: new)
        let successor = try world.connect(new)
        _ = try await successor.client.publish(addresses: [], discoverable: true, handle: handle)
        let other = try world.connect(IdentityKeys.generate())
        #expect(try await other.client.lookup(.handle(handle))?.identity == new.publicIdentity)
        #expect(try await other.client.confirm(handle, identity: new.publicIdentity))
    }

    @Test func moreEntriesThanOneAnswerHolds() async throws {
        let world = try await World()
        let keys = try (0...70).map { _ in try IdentityKeys.generate() }
        try await world.connect(keys[0]).client.claim(handle, recoveryHash: nil)
        for (number, pair) in zip(keys, keys.dropFirst()).enumerated() {
            // Each from an address of its own, for the limits.
            let connection = try world.connect(pair.0, at: "192.0.2.\(number + 1):5")
            let chain = try await connection.client.rotate(handle, to: pair.1)
            #expect(chain.entries.count == min(number + 1, 64))
            await connection.cut()
        }
        let other = try world.connect(IdentityKeys.generate())
        let newest = keys[70].publicIdentity
        #expect(try await other.client.standing(of: keys[6].publicIdentity, as: handle) == .movedTo(newest))
        #expect(
            try await other.client.standing(of: keys[5].publicIdentity, as: handle) == .gone(holder: newest))
    }

    @Test func revocationWithTheIdentity() async throws {
        let world = try await World()
        let (mine, other) = (try world.connect(old), try world.connect(new))
        try await mine.client.claim(handle, recoveryHash: RecoveryKey(words: words).hash)
        await #expect(throws: DirectoryError.notClaimed) { try await other.client.revoke(handle) }
        try await mine.client.revoke(handle)
        try await mine.client.revoke(handle)
        #expect(try await world.store.entries(from: 0, count: 9).count == 2)
        #expect(try await other.client.standing(of: old.publicIdentity, as: handle) == .revoked(heir: nil))
        // Nobody gets the handle any more.
        await #expect(throws: DirectoryError.handleTaken) {
            try await other.client.claim(handle, recoveryHash: nil)
        }
    }

    @Test func recoveryWordsRevokeAndNameTheOnlyOneWhoGetsTheHandle() async throws {
        let world = try await World()
        try await world.connect(old).client.claim(handle, recoveryHash: RecoveryKey(words: words).hash)
        // Whoever has the words need not have the identity.
        let heir = try world.connect(new)
        let wrong = try RecoveryKey.generate()
        await #expect(throws: RecoveryError.otherWords(holder: old.publicIdentity)) {
            _ = try await heir.client.revoke(handle, with: wrong, heir: new.publicIdentity)
        }
        let typed = try RecoveryKey(words: words)
        #expect(
            try await heir.client.revoke(handle, with: typed, heir: new.publicIdentity) == old.publicIdentity)
        #expect(
            try await heir.client.revoke(handle, with: typed, heir: new.publicIdentity) == old.publicIdentity)
        let stranger = try world.connect(IdentityKeys.generate(), at: "192.0.2.8:5")
        await #expect(throws: RecoveryError.revokedOtherwise(heir: new.publicIdentity)) {
            _ = try await stranger.client.revoke(handle, with: typed, heir: nil)
        }
        await #expect(throws: DirectoryError.handleTaken) {
            try await stranger.client.claim(handle, recoveryHash: nil)
        }
        try await heir.client.claim(handle, recoveryHash: nil)
        #expect(
            try await stranger.client.standing(of: old.publicIdentity, as: handle)
                == .revoked(heir: new.publicIdentity))
        #expect(try await stranger.client.holder(of: handle) == new.publicIdentity)
        await #expect(throws: RecoveryError.notHeld) {
            _ = try await stranger.client.revoke(Handle("nobody"), with: typed, heir: nil)
        }
    }

    /// A thief who has rotated the handle away still loses it to the words, since the recovery hash stays.
    @Test func recoveryWordsOutlastARotationByAThief() async throws {
        let world = try await World()
        let thief = try IdentityKeys.generate()
        let stolen = try world.connect(old)
        try await stolen.client.claim(handle, recoveryHash: RecoveryKey(words: words).hash)
        _ = try await stolen.client.rotate(handle, to: thief)
        let heir = try world.connect(new)
        let typed = try RecoveryKey(words: words)
        #expect(
            try await heir.client.revoke(handle, with: typed, heir: new.publicIdentity)
                == thief.publicIdentity)
        #expect(
            try await heir.client.standing(of: old.publicIdentity, as: handle)
                == .revoked(heir: new.publicIdentity))
    }

    @Test func aHistoryThatIsNotThatOfItsNewestEntryIsMisbehaviour() async throws {
        let directory = try await LyingDirectory()
        let mine = try directory.world.connect(old)
        try await mine.client.claim(handle, recoveryHash: nil)
        _ = try await mine.client.rotate(handle, to: new)
        let entries = try await directory.world.store.entryBytes(from: 0, count: 9)
        let forged = try LogEntry.make(
            .claim(recovery: .none), label: Label(handle), after: nil, time: 1, by: IdentityKeys.generate())
        let lies: [[[UInt8]]] = [
            [], [entries[0]], [entries[1]], [entries[1], entries[0]], [forged.bytes, entries[1]],
            [[1], entries[1]],
        ]
        for lie in lies {
            await #expect(throws: DirectoryError.self) {
                try await directory.deceive(IdentityKeys.generate()) { request, answer in
                    if case .log(.history) = request { .entries(lie) } else { answer }
                } _: { client in
                    do {
                        _ = try await client.standing(of: old.publicIdentity, as: handle)
                    } catch DirectoryError.misbehaves(let what) {
                        throw DirectoryError.misbehaves(what)
                    } catch {
                        Issue.record("not as misbehaviour: \(error)")
                    }
                }
            }
        }
    }
}
