import Directory
import DirectoryServer
import Foundation
import Identity
import Synchronization
import Testing
import Wire

/// A session, the directory that it dials, and the clock that the test holds.
final class SessionWorld: Sendable {
    let keys: IdentityKeys
    let directory: IdentityKeys
    let sleep = ManualSleep(ignoring: DirectoryClient.requestTimeout)
    let session: DirectorySession
    /// The keys of the directory's log.
    private let signer: LogSigner
    /// What is dialled; nil: nothing answers.
    private let world: Mutex<World?>
    private let links = Log<InMemoryLink>()
    private let dials = Log<Void>()
    private let running = Mutex<Task<Void, Never>?>(nil)

    init(
        keys: IdentityKeys? = nil, handle: String? = nil, discoverable: Bool = true,
        addresses: [String] = ["192.0.2.7:4000"], answersAs other: IdentityKeys? = nil,
        options: ServiceOptions = ServiceOptions()
    ) async throws {
        let (keys, directory) = (try keys ?? IdentityKeys.generate(), try IdentityKeys.generate())
        (self.keys, self.directory) = (keys, directory)
        let up = try await World(keys: other ?? directory, options: options)
        signer = up.log.signer
        world = Mutex(up)
        let endpoints = try addresses.map { try Endpoint($0) }
        let dial = Dial()
        let sleep = sleep
        session = DirectorySession(
            reference: DirectoryReference(
                endpoint: try Endpoint("192.0.2.1:7000"), identity: directory.publicIdentity),
            identity: keys,
            settings: DirectorySettings(
                handle: try handle.map { try Handle($0) }, discoverable: discoverable,
                addresses: { endpoints }),
            dial: { try dial.make() },
            sleep: { try await sleep.sleep($0) },
            now: { up.time.now })
        dial.set { [self] in try self.link() }
    }

    private func link() throws -> InMemoryLink {
        dials.add(())
        guard let world = world.withLock({ $0 }) else { throw Down() }
        let link = try world.link(keys).link
        links.add(link)
        return link
    }

    var current: World? { world.withLock { $0 } }
    var dialCount: Int { dials.all.count }

    func start() -> AsyncStream<DirectoryState>.Iterator {
        running.withLock { [session] in $0 = Task { await session.run() } }
        return states.makeAsyncIterator()
    }

    private var states: AsyncStream<DirectoryState> {
        let (states, continuation) = AsyncStream<DirectoryState>.makeStream()
        let session = session
        let forwarding = Task {
            for await state in await session.states() { continuation.yield(state) }
            continuation.finish()
        }
        continuation.onTermination = { _ in forwarding.cancel() }
        return states
    }

    func ended() async {
        await running.withLock { $0 }?.value
    }

    func goDown() {
        world.withLock { $0 = nil }
        links.all.last?.cut()
    }

    /// Another process of the same directory, which remembers no presence.
    func comeBack(store: any ClaimStore) async throws {
        let new = try await World(store: store, keys: directory, signer: signer)
        world.withLock { $0 = new }
    }
}

struct Down: Error, CustomStringConvertible {
    var description: String { "connection refused" }
}

/// Made before the session's world is, and filled in after.
private final class Dial: Sendable {
    private let dialled = Mutex<(@Sendable () throws -> InMemoryLink)?>(nil)

    func set(_ dial: @escaping @Sendable () throws -> InMemoryLink) {
        dialled.withLock { $0 = dial }
    }

    func make() throws -> InMemoryLink {
        guard let dial = dialled.withLock({ $0 }) else { throw Down() }
        return try dial()
    }
}

extension DirectoryState {
    var result: PublishResult? {
        if case .online(let result) = self { result } else { nil }
    }

    var isOffline: Bool {
        if case .offline = self { true } else { false }
    }
}

@Suite struct SessionTests {
    /// The first state that is online; nil when the states end before.
    func online(_ states: inout AsyncStream<DirectoryState>.Iterator) async -> PublishResult? {
        while let state = await states.next() {
            if let result = state.result { return result }
        }
        return nil
    }

    func offline(_ states: inout AsyncStream<DirectoryState>.Iterator) async -> DirectoryState? {
        while let state = await states.next() {
            if state.isOffline { return state }
        }
        return nil
    }

    /// The log is looked at before anything is published.
    @Test func publishesNothingWhereTheLogWentBack() async throws {
        let world = try await SessionWorld()
        var states = world.start()
        _ = await online(&states)
        let other = try #require(world.current).connect(IdentityKeys.generate()).client
        try await other.claim(Handle("alice"), recoveryHash: nil)
        #expect(try await world.session.holder(of: Handle("alice")) != nil)
        world.goDown()
        _ = await offline(&states)
        try await world.comeBack(store: MemoryClaimStore())
        await world.session.retryNow()
        let rewound = DirectoryState.offline(
            .misbehaves("its log is shorter than it was"), retryIn: nil)
        #expect(await offline(&states) == rewound)
        #expect(await states.next() == nil)
        let observer = try #require(world.current).connect(IdentityKeys.generate()).client
        #expect(try await observer.list().isEmpty)
        await world.ended()
    }

    @Test func comesOnlineAndStops() async throws {
        let world = try await SessionWorld()
        var states = world.start()
        let result = try #require(await online(&states))
        #expect(result.isCallable && result.discoverable && result.lifetime == .seconds(7_200))
        #expect(try await world.session.lookup(.identity(world.keys.publicIdentity)) != nil)
        #expect(try await world.session.list().count == 1)
        await world.session.stop()
        await world.ended()
        while let state = await states.next() { #expect(state == .stopped) }
        #expect(await world.session.state == .stopped)
        guard case .left(_, .unregistered)? = world.current?.operatorLog.all.last else {
            Issue.record("did not unregister")
            return
        }
        await #expect(throws: DirectoryError.closed) { _ = try await world.session.list() }
    }

    @Test func saysWhyOneCannotBeCalled() async throws {
        let world = try await SessionWorld(addresses: ["192.0.2.7:4000", "198.51.100.7:4000"])
        try world.current?.network.set("192.0.2.7:4000", .timedOut)
        var states = world.start()
        let result = try #require(await online(&states))
        #expect(!result.isCallable)
        #expect(result.addresses.map(\.reachability) == [.timedOut, .otherAddress])
        // Tried again after ten minutes; a person need not wait so long.
        #expect(try #require(await world.sleep.next()).duration == .seconds(600))
        try world.current?.network.set("192.0.2.7:4000", .reachable)
        await world.session.retryNow()
        #expect(try #require(await online(&states)).isCallable)
        #expect(try #require(await world.sleep.next()).duration == .seconds(600))
        await world.session.stop()
    }

    @Test func unspecifiedAddressBecomesTheOneThatIsSeen() async throws {
        let world = try await SessionWorld(addresses: ["0.0.0.0:4000", "[::]:4001"])
        var states = world.start()
        let result = try #require(await online(&states))
        #expect(result.addresses.map(\.endpoint.description) == ["192.0.2.7:4000", "192.0.2.7:4001"])
        #expect(result.isCallable)
        await world.session.stop()
    }

    @Test func pausesGrowUpToAMinuteAndAPersonNeedNotWait() async throws {
        let world = try await SessionWorld()
        world.goDown()
        var states = world.start()
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            #expect(
                await offline(&states)
                    == .offline(.notReachable("connection refused"), retryIn: .seconds(seconds)))
            let sleeper = try #require(await world.sleep.next())
            #expect(sleeper.duration == .seconds(seconds))
            world.sleep.wake(sleeper)
        }
        _ = await offline(&states)
        _ = await world.sleep.next()
        await #expect(throws: DirectoryError.notReachable("connection refused")) {
            _ = try await world.session.list()
        }
        // A person's own attempt, and from there on the pauses begin anew.
        let dials = world.dialCount
        await world.session.retryNow()
        #expect(
            await offline(&states) == .offline(.notReachable("connection refused"), retryIn: .seconds(1)))
        #expect(world.dialCount == dials + 1)
        await world.session.stop()
        await world.ended()
    }

    @Test func registersAgainAfterTheDirectoryRestarted() async throws {
        let world = try await SessionWorld(handle: "alice")
        let before = try #require(world.current)
        try await before.connect(world.keys).client.claim(Handle("alice"), recoveryHash: nil)
        var states = world.start()
        #expect(await online(&states)?.handle == (try Handle("alice")))
        #expect(try #require(await world.sleep.next()).duration == .seconds(3_600))
        world.goDown()
        _ = await offline(&states)
        try await world.comeBack(store: before.store)
        let pause = try #require(await world.sleep.next())
        #expect(pause.duration == .seconds(1))
        world.sleep.wake(pause)
        #expect(await online(&states)?.handle == (try Handle("alice")))
        #expect(await world.current?.service.presenceCount == 1)
        await world.session.stop()
    }

    @Test func goesOnWithoutAHandleThatTheDirectoryDoesNotKnow() async throws {
        let world = try await SessionWorld(handle: "alice")
        var states = world.start()
        let result = try #require(await online(&states))
        #expect(result.handle == nil && result.isCallable)
        await world.session.stop()
    }

    @Test func renewsAtHalfOfTheLifetime() async throws {
        let world = try await SessionWorld()
        var states = world.start()
        _ = await online(&states)
        let up = try #require(world.current)
        for _ in 0..<3 {
            let sleeper = try #require(await world.sleep.next())
            #expect(sleeper.duration == .seconds(3_600))
            up.time.advance(.seconds(3_600))
            await up.service.sweep()
            world.sleep.wake(sleeper)
            _ = await online(&states)
        }
        #expect(up.operatorLog.all.count == 1)
        #expect(up.dialled.all.count == 1)
        await world.session.stop()
    }

    @Test func hidingReturnsWhenTheDirectoryTookIt() async throws {
        let world = try await SessionWorld(addresses: ["192.0.2.7:4000", "192.0.2.7:4001"])
        let up = try #require(world.current)
        try up.network.set("192.0.2.7:4001", .timedOut)
        var states = world.start()
        _ = await online(&states)
        _ = await world.sleep.next()
        let bob = try up.connect(IdentityKeys.generate())
        #expect(try await bob.client.list().count == 1)
        try await world.session.setDiscoverable(false)
        #expect(try await bob.client.list().isEmpty)
        #expect(await online(&states)?.discoverable == false)
        // What did not answer was not dialled again meanwhile, and is still reported.
        #expect(up.dialled.all.count == 2)
        _ = await world.sleep.next()
        try await world.session.setDiscoverable(true)
        #expect(try await bob.client.list().count == 1)
        #expect(await online(&states)?.addresses.map(\.reachability) == [.reachable, .timedOut])
        await world.session.stop()
    }

    @Test func askedTooOftenItWaitsAndKeepsItsLink() async throws {
        var options = ServiceOptions()
        options.limits.publicationsPerIdentity = Rate(1, per: .seconds(30))
        let world = try await SessionWorld(options: options)
        var states = world.start()
        _ = await online(&states)
        _ = await world.sleep.next()
        await #expect(throws: DirectoryError.rateLimited(retryAfter: .seconds(31))) {
            try await world.session.setDiscoverable(false)
        }
        let sleeper = try #require(await world.sleep.next())
        #expect(sleeper.duration == .seconds(31))
        #expect(await world.session.state.result?.discoverable == true)
        // The wish holds still, and is fulfilled as soon as it may be.
        try #require(world.current).time.advance(.seconds(31))
        world.sleep.wake(sleeper)
        #expect(await online(&states)?.discoverable == false)
        #expect(world.dialCount == 1)
        await world.session.stop()
    }

    @Test func askedTooOftenItWatchesAndListsLater() async throws {
        var options = ServiceOptions()
        options.limits.lookupsPerIdentity = Rate(1, per: .seconds(30))
        let world = try await SessionWorld(options: options)
        let up = try #require(world.current)
        // Uses up what this identity may ask.
        _ = try await up.connect(world.keys).client.list()
        var states = world.start()
        _ = await online(&states)
        // Until it publishes anew.
        _ = await world.sleep.next()
        var events = await world.session.watch().makeAsyncIterator()
        let watching = try #require(await world.sleep.next())
        #expect(watching.duration == .seconds(31))
        up.time.advance(.seconds(31))
        world.sleep.wake(watching)
        #expect(await events.next() == .missed)
        let listed = Task { try await world.session.listPatiently() }
        let listing = try #require(await world.sleep.next())
        #expect(listing.duration == .seconds(31))
        up.time.advance(.seconds(31))
        world.sleep.wake(listing)
        #expect(try await listed.value.map(\.identity) == [world.keys.publicIdentity])
        #expect(world.dialCount == 1)
        await world.session.stop()
    }

    @Test func wishWhileOfflineHoldsFromTheNextTime() async throws {
        let world = try await SessionWorld()
        let store = try #require(world.current).store
        world.goDown()
        var states = world.start()
        _ = await offline(&states)
        _ = await world.sleep.next()
        try await world.session.setDiscoverable(false)
        try await world.comeBack(store: store)
        await world.session.retryNow()
        #expect(await online(&states)?.discoverable == false)
        await world.session.stop()
    }

    @Test func anotherIdentityIsNeverTriedAgain() async throws {
        let world = try await SessionWorld(answersAs: IdentityKeys.generate())
        var states = world.start()
        await world.ended()
        #expect(
            await offline(&states)
                == .offline(.misbehaves("another identity answers than the reference names"), retryIn: nil))
        #expect(await states.next() == nil)
        #expect(world.dialCount == 1)
        #expect(world.current?.operatorLog.all == [])
    }

    @Test func givesWayToANewerLinkOfItsIdentity() async throws {
        let world = try await SessionWorld()
        var states = world.start()
        _ = await online(&states)
        _ = await world.sleep.next()
        let newer = try #require(world.current).connect(world.keys)
        _ = try await newer.client.publish(addresses: [], discoverable: true, handle: nil)
        #expect(await offline(&states) == .offline(.superseded, retryIn: .seconds(60)))
        await world.session.stop()
    }

    /// Two homes with one identity: the one that was there first gives way, and comes back only when the other is gone.
    @Test func twoHomesDoNotThrowEachOtherOut() async throws {
        let world = try await SessionWorld()
        var states = world.start()
        let first = try #require(await online(&states))
        #expect(!first.tookOver)
        _ = await world.sleep.next()
        let newer = try #require(world.current).connect(world.keys)
        _ = try await newer.client.publish(addresses: [], discoverable: true, handle: nil)
        #expect(await offline(&states) == .offline(.superseded, retryIn: .seconds(60)))
        for _ in 0..<3 {
            world.sleep.wake(try #require(await world.sleep.next()))
            #expect(await offline(&states) == .offline(.presentElsewhere, retryIn: .seconds(60)))
        }
        // The other one noticed nothing of that.
        #expect(try await newer.client.lookup(.identity(world.keys.publicIdentity))?.addresses == [])
        try await newer.client.unregister()
        world.sleep.wake(try #require(await world.sleep.next()))
        let back = try #require(await online(&states))
        #expect(back.isCallable && !back.tookOver)
        await world.session.stop()
    }

    /// A restored home, started while the first one is online, with a clock that is a day behind: the sequence of its records
    /// rises above what the directory has seen.
    @Test func aRestoredHomeTakesOverAndKnowsIt() async throws {
        let world = try await SessionWorld()
        let directory = try #require(world.current)
        let (older, _) = try await directory.join("alice", keys: world.keys)
        directory.time.setWallClock(by: -86_400)
        var states = world.start()
        let result = try #require(await online(&states))
        #expect(result.tookOver && result.isCallable)
        #expect(await older.running.value == .superseded)
        await world.session.stop()
    }

    @Test func eventsGoOnAcrossConnections() async throws {
        let world = try await SessionWorld()
        let before = try #require(world.current)
        var states = world.start()
        _ = await online(&states)
        _ = await world.sleep.next()
        var events = await world.session.watch().makeAsyncIterator()
        #expect(await events.next() == .missed)
        let (_, alice) = try await before.join(nil, at: [])
        #expect(
            await events.next()
                == .came(PeerEntry(identity: alice.publicIdentity, handle: nil, addresses: [])))
        world.goDown()
        _ = await offline(&states)
        try await world.comeBack(store: before.store)
        world.sleep.wake(try #require(await world.sleep.next()))
        #expect(await events.next() == .missed)
        await world.session.stop()
        while await events.next() != nil {}
    }

    @Test func cancellingEndsIt() async throws {
        let world = try await SessionWorld()
        let session = world.session
        let running = Task { await session.run() }
        var states = await session.states().makeAsyncIterator()
        _ = await online(&states)
        running.cancel()
        await running.value
        #expect(await session.state == .stopped)
    }
}
