import Directory
import DirectoryServer
import Foundation
import Identity
import Lies
import Testing
import Transparency
import Wire

/// A home watches its own handle: every entry that it did not make is an alert, and none that it made.
@Suite struct OwnHandleTests {
    let me: IdentityKeys
    let other: IdentityKeys
    let handle: Handle
    let directory: LyingDirectory
    let keeper = MemoryKeeper()

    init() async throws {
        me = try IdentityKeys.generate()
        other = try IdentityKeys.generate()
        handle = try Handle("alice")
        directory = try await LyingDirectory()
    }

    func book() throws -> LogBook {
        try LogBook(of: directory.world.keys.publicIdentity, keeper: keeper)
    }

    /// A process of this home.
    @discardableResult
    func home<Value: Sendable>(
        _ lie: @escaping Lie = { $1 }, _ body: (DirectoryClient) async throws -> Value
    ) async throws -> Value {
        try await directory.deceive(me, log: book(), lie, body)
    }

    /// Looks, in a process of its own, and tells what there is to tell.
    func look() async throws -> OwnHandleAlert? {
        try await home { try await $0.checkOwn(handle) }
        return try book().alert(of: handle, identity: me.publicIdentity)
    }

    func claim() async throws {
        try await home { try await $0.claim(handle, recoveryHash: nil) }
    }

    func elsewhere(_ keys: IdentityKeys) throws -> DirectoryClient {
        try directory.world.connect(keys).client
    }

    @Test func whatThisHomeMadeIsNoAlert() async throws {
        try await claim()
        #expect(try await look() == nil)
        try await home { client in
            try await client.release(handle)
            try await client.claim(handle, recoveryHash: nil)
        }
        #expect(try await look() == nil)
        #expect(try book().memory.own[Label(handle)]?.newest?.sequence == 2)
    }

    @Test func entriesByTheOwnKeyFromElsewhereAreToldApart() async throws {
        try await claim()
        let second = try elsewhere(me)
        try await second.release(handle)
        try await second.claim(handle, recoveryHash: nil)
        let alert = try #require(try await look())
        #expect(alert.origin == .ownKey)
        #expect(alert.entry.sequence == 2)
        // It stays until its user has looked, in every later process.
        #expect(try await look() == alert)
        try await book().accept(alert)
        #expect(try await look() == nil)
        // And is told again of the next one.
        try await second.release(handle)
        #expect(try #require(try await look()).entry.operation == .release)
    }

    @Test func anothersClaimIsAnAlert() async throws {
        try await claim()
        try await home { try await $0.release(handle) }
        #expect(try await look() == nil)
        try await elsewhere(other).claim(handle, recoveryHash: nil)
        let alert = try #require(try await look())
        #expect(alert.origin == .another)
        #expect(alert.entry.identity == other.publicIdentity)
    }

    /// A home that knows nothing of its handle: new, of an older version, restored from a backup.
    @Test func homesThatKnowNothingTakeWhatTheirKeyHas() async throws {
        try await elsewhere(me).claim(handle, recoveryHash: nil)
        #expect(try await look() == nil)
        // From then on it knows.
        let second = try elsewhere(me)
        try await second.release(handle)
        #expect(try await look()?.origin == .ownKey)
    }

    /// The identity got the handle from the one that it had before.
    @Test func handlesThatWereHandedOverAreOnesOwn() async throws {
        let former = try elsewhere(other)
        try await former.claim(handle, recoveryHash: nil)
        let claim = try #require(try await directory.world.store.newest(Label(handle)))
        let rotation = try LogEntry.make(
            .rotate(to: me.publicIdentity, recovery: .none), label: Label(handle), after: claim,
            time: UInt64(directory.world.time.now.timeIntervalSince1970), by: other, cosigner: me)
        _ = try await directory.world.log.append(NewEntry(rotation, handle: handle))
        #expect(try await look() == nil)
    }

    @Test func homesThatKnowNothingAreToldOfAStranger() async throws {
        #expect(try await look() == nil)
        try await elsewhere(other).claim(handle, recoveryHash: nil)
        #expect(try await look()?.origin == .another)
    }

    /// A home that was put back from an older copy sees what it made since as made with its key.
    @Test func olderCopiesAreAsked() async throws {
        try await claim()
        let old = keeper.state()
        try await home { client in
            try await client.release(handle)
            try await client.claim(handle, recoveryHash: nil)
        }
        let restored = try LogBook(
            of: directory.world.keys.publicIdentity, keeper: MemoryKeeper(old))
        try await directory.deceive(me, log: restored, { $1 }) { try await $0.checkOwn(handle) }
        #expect(restored.alert(of: handle, identity: me.publicIdentity)?.origin == .ownKey)
    }

    /// The answer to an entry never came: the entry is this home's all the same.
    @Test func entriesWhoseAnswerWasLostAreKnown() async throws {
        await #expect(throws: DirectoryError.refused(.unavailable)) {
            try await home(
                { _, answer in if case .appended = answer { .failure(.unavailable) } else { answer } },
                { try await $0.claim(handle, recoveryHash: nil) })
        }
        #expect(try await directory.world.store.newest(Label(handle))?.identity == me.publicIdentity)
        #expect(try await look() == nil)
    }

    /// The directory shows a map in which the own entry is not there any more, or an older one.
    @Test func lostEntriesAreMisbehaviour() async throws {
        try await claim()
        let first = try #require(try await directory.world.store.newest(Label(handle)))
        try await home { try await $0.release(handle) }
        // The log goes on, so that the map is all that is wrong.
        try await elsewhere(other).claim(Handle("bob"), recoveryHash: nil)
        let directory = directory
        for shown in [nil, first] {
            var map = MapTreeOfOne(label: Label(handle), entry: shown)
            let (root, proof) = map.prove()
            await #expect(
                throws: DirectoryError.misbehaves(
                    "an entry of your handle that its log had is not there any more")
            ) {
                let copy = try LogBook(
                    of: directory.world.keys.publicIdentity, keeper: MemoryKeeper(keeper.state()))
                try await directory.deceive(
                    me, log: copy,
                    { _, answer in
                        guard case .newest(_, let log?) = answer else { return answer }
                        let told = try directory.forger.read(log.checkpoint)
                        let false_ = Checkpoint(
                            origin: told.origin, size: told.size, root: told.root, mapRoot: root)
                        return .newest(
                            entry: shown?.bytes,
                            log: LogEvidence(checkpoint: try directory.forger.sign(false_), map: proof))
                    },
                    { try await $0.checkOwn(handle) })
            }
        }
    }

    @Test func oldCheckpointsAreTold() async throws {
        try await claim()
        let directory = directory
        let book = try book()
        try await directory.deceive(
            me, log: book,
            { _, answer in
                guard case .checkpoint(let note, let proof) = answer else { return answer }
                return .checkpoint(
                    try directory.forger.sign(directory.forger.read(note), age: 7_200), consistency: proof)
            }
        ) { client in
            try await client.checkLog()
            try await client.checkLog()
        }
        #expect(book.told == [.old(.seconds(7_200))])
    }

    /// Sessions look at each link.
    @Test func sessionsLookAtEachLink() async throws {
        let world = try await SessionWorld(handle: "alice")
        var states = world.start()
        func next(_ isWanted: (DirectoryState) -> Bool) async {
            while let state = await states.next(), !isWanted(state) {}
        }
        await next { $0.result != nil }
        let (book, identity) = (world.session.book, world.keys.publicIdentity)
        #expect(book.alert(of: handle, identity: identity) == nil)
        let current = try #require(world.current)
        try await current.connect(other).client.claim(handle, recoveryHash: nil)
        world.goDown()
        await next { $0.isOffline }
        try await world.comeBack(store: current.store)
        await world.session.retryNow()
        // It is online all the same.
        await next { $0.result != nil }
        #expect(book.alert(of: handle, identity: identity)?.origin == .another)
        #expect(book.told.count == 1)
        await world.session.stop()
        await world.ended()
    }
}
