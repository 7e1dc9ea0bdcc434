import Directory
import Foundation
import Identity
import Sodium
import Store
import Synchronization
import TestSupport
import Testing

@testable import p2pchat

/// A home that changes over to a new key, killed behind every step.
@Suite struct KeyChangeTests {
    struct Killed: Error {}

    let folder: TemporaryFolder
    let home: Home
    let old: IdentityKeys
    let bob: PublicIdentity
    let passphrase = "secret"

    init() throws {
        folder = try TemporaryFolder()
        home = Home(option: folder.path)
        old = try IdentityKeys.generate()
        bob = try IdentityKeys.generate().publicIdentity
        try KeyFile.write(
            old, recoveryHash: Array(repeating: 5, count: 32), passphrase: secret(), directory: home.path,
            cost: .least)
        let store = try HomeStore(path: home.databasePath, keys: old)
        let directory = try DirectoryReference("192.0.2.1:7600#\(bob.fingerprint)")
        try store.save(HomeSettings(directory: directory, handle: Handle("alice")))
        try store.save(Contact(identity: bob, since: Date(timeIntervalSince1970: 1)))
        try store.close()
    }

    func secret() throws -> SecretBytes { try SecretBytes(copying: Array(passphrase.utf8)) }

    func unlocked() throws -> Unlocked { try Unlocked(home, passphrase: secret()) }

    /// A directory that takes a rotation once, and says so again when it is asked again.
    final class Log: Sendable {
        let entries = Mutex<[LogEntry]>([])

        func handOn(_ old: IdentityKeys, _ handle: Handle, _ new: IdentityKeys) throws -> RotationChain {
            try entries.withLock { entries in
                if entries.isEmpty {
                    let claim = try LogEntry.make(
                        .claim(recovery: .none), label: Label(handle), after: nil, time: 1, by: old)
                    entries.append(
                        try LogEntry.make(
                            .rotate(to: new.publicIdentity, recovery: .none), label: Label(handle),
                            after: claim, time: 1, by: old, cosigner: new))
                }
                guard case .rotate(new.publicIdentity, _) = entries[0].operation else {
                    throw DirectoryError.notClaimed
                }
                return try RotationChain(entries)
            }
        }
    }

    func change(_ log: Log, killedBehind step: KeyChange.Step? = nil) throws -> KeyChange {
        var change = KeyChange(home: home, present: try unlocked())
        change.isOwn = { _, _ in true }
        change.handOn = { visit, handle, new in try log.handOn(visit.keys, handle, new) }
        change.reached = { if $0 == step { throw Killed() } }
        change.cost = .least
        return change
    }

    func names() throws -> [String] { try folder.names().filter { $0.hasPrefix("identity") }.sorted() }

    @Test(arguments: KeyChange.Step.allCases) func killedBehind(_ step: KeyChange.Step) async throws {
        let log = Log()
        await #expect(throws: Killed.self) { _ = try await change(log, killedBehind: step).run() }
        // Whatever was done, the key file opens, the database with it, and nothing of it is lost.
        let between = try unlocked().keys
        let store = try HomeStore(path: home.databasePath, keys: between)
        #expect(try store.contacts().map(\.identity) == [bob])
        try store.close()
        #expect(
            [.made, .handedOn, .prepared].contains(step) == (between.publicIdentity == old.publicIdentity))
        // The next start ends it.
        let keys = try await change(log).settle()
        #expect(keys.publicIdentity != old.publicIdentity)
        #expect(try KeyFile.readPublic(directory: home.path).identity == keys.publicIdentity)
        #expect(try KeyFile.readPublic(directory: home.path).recoveryHash == Array(repeating: 5, count: 32))
        #expect(try names() == ["identity.key", "identity.pub"])
        #expect(try unlocked().keys.publicIdentity == keys.publicIdentity)
        let after = try HomeStore(path: home.databasePath, keys: keys)
        #expect(try after.contacts().map(\.isUntold) == [true])
        #expect(try RotationChain(bytes: after.settings().rotations).successor == keys.publicIdentity)
        try after.close()
        #expect(throws: StoreError.altered(table: "meta", row: 1)) {
            try HomeStore(path: home.databasePath, keys: old)
        }
        #expect(try await change(log).settle().publicIdentity == keys.publicIdentity)
        // Twice is another key, and not the same one again.
        log.entries.withLock { $0 = [] }
        let outcome = try await change(log).run()
        #expect(outcome.former == keys.publicIdentity && outcome.untold == 1)
        #expect(outcome.keys.publicIdentity != keys.publicIdentity)
    }

    /// Between the two files, and between a file's writing and its name.
    @Test func killedBetweenTheKeyFileAndItsPublicHalf() async throws {
        let log = Log()
        let former = try Data(contentsOf: URL(filePath: home.path + "/identity.pub"))
        await #expect(throws: Killed.self) { _ = try await change(log, killedBehind: .taken).run() }
        try former.write(to: URL(filePath: home.path + "/identity.pub"))
        for name in ["identity.key", "identity.next"] {
            try Data("half".utf8).write(to: URL(filePath: home.path + "/\(name).x.unfinished"))
        }
        let known = try KeyFile.readPublic(directory: home.path)
        #expect(try await change(log).settle().publicIdentity == known.identity)
        #expect(try names().filter { $0.hasPrefix("identity.next") }.isEmpty)
        // Without a change under way files that differ are refused, as before.
        try former.write(to: URL(filePath: home.path + "/identity.pub"))
        #expect(throws: IdentityError.self) { try KeyFile.readPublic(directory: home.path) }
    }

    @Test func aDirectoryThatIsNotReachedLeavesItForLater() async throws {
        let log = Log()
        await #expect(throws: Killed.self) { _ = try await change(log, killedBehind: .made).run() }
        var silent = try change(log)
        for error in [DirectoryError.notReachable("nobody"), CommandError(.refused, "another")] as [any Error]
        {
            silent.handOn = { _, _, _ in throw error }
            #expect(try await silent.settle().publicIdentity == old.publicIdentity)
        }
        #expect(try names() == ["identity.key", "identity.next", "identity.pub"])
        #expect(try await change(log).settle().publicIdentity != old.publicIdentity)
    }

    @Test func whatTheDirectoryCannotTakeIsGivenUp() async throws {
        let log = Log()
        var refused = try change(log)
        refused.handOn = { _, _, _ in throw DirectoryError.notClaimed }
        await #expect(throws: DirectoryError.notClaimed) { _ = try await refused.run() }
        #expect(try names() == ["identity.key", "identity.pub"])
        var another = try change(log)
        another.isOwn = { _, _ in throw DirectoryError.notReachable("nobody") }
        await #expect(throws: DirectoryError.notReachable("nobody")) { _ = try await another.run() }
        #expect(try names() == ["identity.key", "identity.pub"])
        #expect(try unlocked().keys.publicIdentity == old.publicIdentity)
    }
}
