package import FoundationEssentials
package import Identity
import Wire

/// Keeps one online at a directory: connects, publishes, renews, and connects again when the link ends, with
/// pauses of 1, 2, 4 … 60 s (protocol.md §8; docs/directory.md has the diagram).
///
/// It never claims a handle: that is public and permanent, and for a person to decide.
package actor DirectorySession {
    package nonisolated let reference: DirectoryReference
    /// What was seen of the directory's log.
    package nonisolated let book: LogBook
    private let logLimit: UInt64
    private let keys: IdentityKeys
    private let dial: @Sendable () async throws -> any EnvelopeLink
    private let sleep: @Sendable (Duration) async throws -> Void
    let now: @Sendable () -> Date

    private(set) var settings: DirectorySettings
    /// Counts the wishes to publish; what was published last says up to which they are fulfilled.
    private var wish: UInt64 = 1
    private var fulfilled: UInt64 = 0
    private var waiting: [(wish: UInt64, continuation: AsyncStream<Outcome>.Continuation)] = []
    private typealias Outcome = Result<Void, DirectoryError>

    private var client: DirectoryClient?
    /// When the log was looked at last, and over which link.
    var checked: (client: DirectoryClient, time: Date)?
    private var stopping = false
    private var waker: AsyncStream<Void>.Continuation?
    private var wasOnline = false
    /// Whether another process took over and comes first until it is gone.
    private var givesWay = false
    /// Whether this session was ever online; if not, a person has just started it, and it may take over.
    private var hasBeenOnline = false

    /// How it stands now.
    package private(set) var state = DirectoryState.connecting
    private var observers: [AsyncStream<DirectoryState>.Continuation] = []
    private var watchers: [AsyncStream<PresenceEvent>.Continuation] = []
    private var watchWanted: AsyncStream<Void>.Continuation?
    /// Tells that one is online over this link, so that what is not urgent may begin.
    private var published: AsyncStream<Void>.Continuation?

    /// - Parameters:
    ///   - reference: the directory; a link to another identity is misbehaviour.
    ///   - identity: one's own keys.
    ///   - log: what was seen of the directory's log before.
    ///   - logLimit: entries up to which the whole log is read and audited in the background; 0: never.
    ///   - dial: makes a link of purpose "directory" to the reference, with these keys.
    ///   - sleep: how to wait, for tests.
    package init(
        reference: DirectoryReference, identity: IdentityKeys, settings: DirectorySettings,
        log: LogBook? = nil, logLimit: UInt64 = defaultLogLimit,
        dial: @escaping @Sendable () async throws -> any EnvelopeLink,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.reference = reference
        self.logLimit = logLimit
        book = log ?? LogBook(of: reference.identity)
        keys = identity
        self.settings = settings
        self.dial = dial
        self.sleep = sleep
        self.now = now
    }

    /// Stays online until ``stop()``, cancellation, or a directory that misbehaves, which is never tried again.
    package func run() async {
        var pause = Self.shortestPause
        while !stopping, !Task.isCancelled {
            set(.connecting)
            wasOnline = false
            let reason = await connect()
            failWaiting(reason)
            if stopping || Task.isCancelled { break }
            if reason.isFinal {
                finish(.offline(reason, retryIn: nil))
                return
            }
            if wasOnline { pause = Self.shortestPause }
            // Taking it back would begin a quarrel without end.
            if reason == .superseded { givesWay = true }
            if givesWay { pause = Self.longestPause }
            set(.offline(reason, retryIn: pause))
            let woken = await wait(pause)
            pause = woken ? Self.shortestPause : min(pause * 2, Self.longestPause)
        }
        finish(.stopped)
    }

    /// Ends the presence at once and closes the link; ``run()`` returns.
    package func stop() async {
        stopping = true
        if let client {
            // Short: whoever quits does not wait for a directory that is gone; the presence then ends with
            // the link.
            try? await client.unregister(within: .seconds(2))
            await client.close()
        }
        waker?.yield()
    }

    /// A person's own attempt: connects now instead of after the pause, or publishes again so that addresses
    /// are dialled back anew.
    package func retryNow() {
        wish += 1
        waker?.yield()
    }

    /// Whether strangers find this identity from now on. When online, returns after the directory took it;
    /// otherwise it holds from the next time that one is online.
    package func setDiscoverable(_ discoverable: Bool) async throws(DirectoryError) {
        try await change { $0.discoverable = discoverable }
    }

    /// Another handle, or none, from now on; otherwise as ``setDiscoverable(_:)``.
    package func setHandle(_ handle: Handle?) async throws(DirectoryError) {
        try await change { $0.handle = handle }
    }

    private func change(_ body: (inout DirectorySettings) -> Void) async throws(DirectoryError) {
        body(&settings)
        wish += 1
        guard client != nil else { return }
        let (outcomes, continuation) = AsyncStream<Outcome>.makeStream(bufferingPolicy: .bufferingOldest(1))
        waiting.append((wish, continuation))
        waker?.yield()
        for await outcome in outcomes { return try outcome.get() }
    }

    // MARK: What is seen of it

    /// The state now and each later one; ends when ``run()`` does.
    package func states() -> AsyncStream<DirectoryState> {
        let (states, continuation) = AsyncStream<DirectoryState>.makeStream(
            bufferingPolicy: .bufferingNewest(16))
        continuation.yield(state)
        if isFinished { continuation.finish() } else { observers.append(continuation) }
        return states
    }

    /// Comings and goings of the discoverable, for as long as this session runs. At its beginning, and each time
    /// that the link was lost or events were, ``PresenceEvent/missed`` says to list anew. A receiver that lags
    /// 1,024 events behind is ended.
    package func watch() -> AsyncStream<PresenceEvent> {
        let (events, continuation) = AsyncStream<PresenceEvent>.makeStream(
            bufferingPolicy: .bufferingOldest(1_024))
        if isFinished { continuation.finish() } else { watchers.append(continuation) }
        watchWanted?.yield()
        return events
    }

    package func lookup(_ query: PeerQuery) async throws(DirectoryError) -> PeerEntry? {
        try await connected().lookup(query)
    }

    package func list(limit: Int = 1_000) async throws(DirectoryError) -> [PeerEntry] {
        try await connected().list(limit: limit)
    }

    /// The same; waits when the directory was asked too often, a few times and longer each time, since each page is a question.
    package func listPatiently() async throws(DirectoryError) -> [PeerEntry] {
        for attempt in 1..<Self.listings {
            do {
                return try await list()
            } catch .rateLimited(let delay) {
                try? await sleep(delay * attempt)
            }
        }
        return try await list()
    }

    package func confirm(_ handle: Handle, identity: PublicIdentity) async throws(DirectoryError) -> Bool {
        try await connected().confirm(handle, identity: identity)
    }

    /// See ``DirectoryClient/holder(of:)``.
    package func holder(of handle: Handle) async throws(DirectoryError) -> PublicIdentity? {
        try await connected().holder(of: handle)
    }

    /// See ``DirectoryClient/standing(of:as:)``.
    package func standing(
        of identity: PublicIdentity, as handle: Handle
    ) async throws(DirectoryError) -> PinStanding {
        try await connected().standing(of: identity, as: handle)
    }

    /// The link of now.
    package func connected() throws(DirectoryError) -> DirectoryClient {
        if let client { return client }
        switch state {
        case .offline(let reason, _): throw reason
        case .stopped: throw .closed
        case .connecting, .online: throw .notReachable("not connected yet")
        }
    }

    private var isFinished: Bool {
        switch state {
        case .stopped, .offline(_, retryIn: nil): true
        default: false
        }
    }

    private func set(_ state: DirectoryState) {
        self.state = state
        observers.removeAll { observer in
            if case .terminated = observer.yield(state) { return true }
            return false
        }
    }

    private func finish(_ state: DirectoryState) {
        set(state)
        for observer in observers { observer.finish() }
        for watcher in watchers { watcher.finish() }
        observers = []
        watchers = []
        failWaiting(.closed)
    }

    // MARK: One connection

    /// Dials, publishes and renews until the link ends; returns why it did.
    private func connect() async -> DirectoryError {
        let link: any EnvelopeLink
        do {
            link = try await dial()
        } catch let error as DirectoryError {
            return error
        } catch {
            return .notReachable("\(error)")
        }
        guard link.remote == reference.identity else {
            link.cut()
            return .misbehaves("another identity answers than the reference names")
        }
        guard !stopping, !Task.isCancelled else {
            link.cut()
            return .closed
        }
        let client = DirectoryClient(link: link, identity: keys, log: book, sleep: sleep, now: now)
        self.client = client
        defer { self.client = nil }
        let (wanted, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        watchWanted = continuation
        if !watchers.isEmpty { continuation.yield() }
        let (published, publishedIn) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.published = publishedIn
        return await withTaskGroup(of: DirectoryError?.self) { group in
            group.addTask { await client.run() }
            group.addTask { await self.keepPublished(by: client) }
            group.addTask(priority: .background) { [logLimit, sleep] in
                await Self.audit(client, limit: logLimit, after: published, sleep: sleep)
            }
            group.addTask {
                for await _ in wanted { return await self.forwardEvents(from: client) }
                return nil
            }
            var reason: DirectoryError?
            while reason == nil, let next = await group.next() { reason = next }
            link.cut()
            group.cancelAll()
            // Whichever task noticed first: that the directory misbehaves outweighs that the link is gone.
            for await case let other? in group where other.isMisbehaviour { reason = other }
            return reason ?? .closed
        }
    }

    /// Publishes, renews at half the lifetime, and publishes again for each wish; returns why it cannot.
    private func keepPublished(by client: DirectoryClient) async -> DirectoryError? {
        var dialBackAnew = true
        while !stopping, !Task.isCancelled {
            let attempt = wish
            let result: PublishResult
            do {
                try await checkLog(by: client)
                result = try await publish(by: client, dialBackAnew: dialBackAnew)
            } catch .rateLimited(let delay) {
                // No reason to give up a link over which all else goes on.
                failWaiting(.rateLimited(retryAfter: delay))
                if !wasOnline { set(.offline(.rateLimited(retryAfter: delay), retryIn: delay)) }
                await wait(delay)
                continue
            } catch {
                return error
            }
            fulfilled = attempt
            wasOnline = true
            hasBeenOnline = true
            givesWay = false
            set(.online(result))
            published?.yield()
            for waiter in waiting where waiter.wish <= attempt { waiter.continuation.yield(.success(())) }
            waiting.removeAll { $0.wish <= attempt }
            if fulfilled == wish {
                let isComplete = result.addresses.allSatisfy { $0.reachability == .reachable }
                await wait(isComplete ? result.lifetime / 2 : min(result.lifetime / 2, Self.dialBackPause))
            }
            // Whoever hides does not wait for ports that do not answer.
            dialBackAnew = waiting.isEmpty
        }
        return nil
    }

    private func publish(
        by client: DirectoryClient, dialBackAnew: Bool
    ) async throws(DirectoryError) -> PublishResult {
        let endpoints = await settings.addresses()
        var addresses: [Endpoint] = []
        var observed: String?
        for endpoint in endpoints {
            guard endpoint.host == "0.0.0.0" || endpoint.host == "::" else {
                addresses.append(endpoint)
                continue
            }
            let host: String
            if let observed {
                host = observed
            } else {
                host = try await client.observe().description
                observed = host
            }
            if let known = try? Endpoint(host: host, port: endpoint.port) { addresses.append(known) }
        }
        // Read after the waiting above: what is published is what is wished now.
        let (wish, reachable) = (settings, addresses)
        @Sendable func publish(
            as handle: Handle?, givingWay: Bool
        ) async throws(DirectoryError) -> PublishResult {
            do {
                return try await client.publish(
                    addresses: reachable, discoverable: wish.discoverable, handle: handle,
                    dialBackAnew: dialBackAnew, givingWay: givingWay)
            } catch .notClaimed where handle != nil {
                return try await client.publish(
                    addresses: reachable, discoverable: wish.discoverable, handle: nil,
                    dialBackAnew: dialBackAnew, givingWay: givingWay)
            }
        }
        do {
            return try await publish(as: wish.handle, givingWay: givesWay || !hasBeenOnline)
        } catch .presentElsewhere where !givesWay {
            var result = try await publish(as: wish.handle, givingWay: false)
            result.tookOver = true
            return result
        }
    }

    private func forwardEvents(from client: DirectoryClient) async -> DirectoryError? {
        // Ended while the link goes on means that this side was too slow.
        while !Task.isCancelled {
            do {
                let events = try await client.watch()
                forward(.missed)
                for await event in events { forward(event) }
            } catch .rateLimited(let delay) {
                // One that gave its link up for this would ask for more with each new one, and never stop.
                try? await sleep(delay)
            } catch {
                return error
            }
        }
        return nil
    }

    private func forward(_ event: PresenceEvent) {
        watchers.removeAll { watcher in
            if case .enqueued = watcher.yield(event) { return false }
            watcher.finish()
            return true
        }
    }

    private func failWaiting(_ reason: DirectoryError) {
        for waiter in waiting { waiter.continuation.yield(.failure(reason)) }
        waiting = []
    }

    /// Waits, at most until somebody wakes this session; returns whether somebody did.
    @discardableResult
    private func wait(_ duration: Duration) async -> Bool {
        let (signals, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        waker = continuation
        defer { waker = nil }
        let sleep = sleep
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                try? await sleep(duration)
                return false
            }
            group.addTask {
                for await _ in signals { return true }
                return false
            }
            let woken = await group.next() ?? false
            group.cancelAll()
            return woken
        }
    }

    /// Entries; a copy of so many takes about 25 MB on disk.
    package static let defaultLogLimit: UInt64 = 100_000
    private static let listings = 5
    private static let shortestPause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(60)
    /// After which addresses that were not reached are tried again: a person may have opened a port meanwhile.
    private static let dialBackPause = Duration.seconds(600)
}
