package import FoundationEssentials
package import Identity
import Wire

/// Leaves a sealed presence for every contact at a directory, for as long as one is online there and not discoverable; over links of identities
/// that are made for that and thrown away.
package actor SealedPresenceKeeper {
    private let reference: DirectoryReference
    private let keys: IdentityKeys
    private let contacts: @Sendable () async -> [PublicIdentity]
    private let dial: @Sendable (IdentityKeys) async throws -> any EnvelopeLink
    private let sleep: @Sendable (Duration) async throws -> Void
    private let now: @Sendable () -> Date

    /// Where this identity can be called; nil when there is nothing to leave.
    private var addresses: [Endpoint]?
    private var isStopping = false
    private var isRunning = false
    private var ending: [CheckedContinuation<Void, Never>] = []
    private var waker: AsyncStream<Void>.Continuation?
    /// Something changed while nobody waited for it.
    private var hasChanged = false
    private var lastSequence: UInt64 = 0

    /// What is to lie at the directory. Whatever changes in it is put anew.
    private struct Wish: Equatable {
        var contacts: [PublicIdentity] = []
        var addresses: [NetworkAddress] = []
        var day: UInt64 = 0
    }

    /// - Parameters:
    ///   - keys: one's own.
    ///   - contacts: for whom a presence is left.
    ///   - dial: makes a link of purpose "directory" with the keys that it is given.
    ///   - sleep: how to wait, for tests.
    package init(
        reference: DirectoryReference, identity keys: IdentityKeys,
        contacts: @escaping @Sendable () async -> [PublicIdentity],
        dial: @escaping @Sendable (IdentityKeys) async throws -> any EnvelopeLink,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.reference = reference
        self.keys = keys
        self.contacts = contacts
        self.dial = dial
        self.sleep = sleep
        self.now = now
    }

    /// Follows how a session stands with its directory, until ``stop()`` or the end of the states.
    package func run(_ states: AsyncStream<DirectoryState>) async {
        isRunning = true
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await state in states { await self.follow(state) }
                await self.beginStopping()
            }
            await keep()
            group.cancelAll()
        }
        isRunning = false
        for continuation in ending { continuation.resume() }
        ending = []
    }

    /// Takes back what was left, within two seconds; ``run(_:)`` returns, and then this.
    package func stop() async {
        beginStopping()
        guard isRunning else { return }
        await withCheckedContinuation { ending.append($0) }
    }

    private func beginStopping() {
        isStopping = true
        wake()
    }

    private func wake() {
        hasChanged = true
        waker?.yield()
    }

    private func follow(_ state: DirectoryState) {
        switch state {
        case .online(let result):
            let reached = result.addresses.filter { $0.reachability == .reachable }.map(\.endpoint)
            addresses = result.discoverable ? nil : reached
            wake()
        case .connecting, .offline, .stopped: break
        }
    }

    private func keep() async {
        var pause = Self.look
        while !isStopping, !Task.isCancelled {
            if addresses == nil {
                await wait(Self.look)
                continue
            }
            // A directory that admits only those it knows lets no throw-away identity in: there is nothing to be done.
            let began = now()
            try? await keepOverOneLink()
            if now().timeIntervalSince(began) > 60 { pause = Self.look }
            if isStopping { return }
            await wait(pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }

    private func keepOverOneLink() async throws {
        let throwAway = try IdentityKeys.generate()
        let link = try await dial(throwAway)
        guard link.remote == reference.identity else {
            link.cut()
            return
        }
        let client = DirectoryClient(link: link, identity: throwAway, sleep: sleep, now: now)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await client.run() }
            group.addTask { try? await self.keepPut(by: client) }
            await group.next()
            link.cut()
            group.cancelAll()
        }
    }

    private func keepPut(by client: DirectoryClient) async throws {
        var done = Wish()
        var doneAt = now()
        var lying: [SealedBlob] = []
        while !Task.isCancelled {
            let wish = try await wish()
            let isDue = now().timeIntervalSince(doneAt) >= Double(WireLimits.lifetime) / 2
            if isStopping || wish == nil {
                try await takeBack(lying, by: client)
                return
            }
            if let wish, wish != done || isDue {
                let presences = try presences(wish)
                let tags = Set(presences.map(\.tag))
                // First what is out of date, so that nobody finds two.
                let old = lying.filter { !tags.contains($0.tag) }
                try await client.put(
                    old.map { try SealedBlob(tag: $0.tag, blob: []) } + presences,
                    lifetime: WireLimits.lifetime)
                (done, doneAt, lying) = (wish, now(), presences)
            }
            await wait(Self.look)
        }
    }

    private func takeBack(_ lying: [SealedBlob], by client: DirectoryClient) async throws {
        guard !lying.isEmpty else { return await client.close() }
        let sleep = sleep
        let nothing = try lying.map { try SealedBlob(tag: $0.tag, blob: []) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await client.put(nothing, lifetime: WireLimits.lifetime) }
            group.addTask { try? await sleep(.seconds(2)) }
            await group.next()
            group.cancelAll()
        }
        await client.close()
    }

    private func wish() async throws -> Wish? {
        guard let addresses else { return nil }
        return Wish(
            contacts: await contacts().sorted(),
            addresses: try addresses.map { try NetworkAddress($0) }, day: SealedPresence.day(now()))
    }

    /// One for each contact, and decoys up to a multiple of 16, in an order that says nothing.
    private func presences(_ wish: Wish) throws -> [SealedBlob] {
        lastSequence = max(lastSequence + 1, UInt64(max(0, now().timeIntervalSince1970 * 1_000)))
        let record = try PresenceRecord.make(
            PresenceFields(
                identity: keys.publicIdentity, directory: reference.identity, addresses: wish.addresses,
                discoverable: false, sequence: lastSequence, lifetime: WireLimits.lifetime), by: keys)
        var presences: [SealedBlob] = []
        for contact in wish.contacts.prefix(Self.mostContacts) {
            // One whose key has no X25519 form is left out, not everybody.
            if let sealed = try? SealedPresence.seal(record, for: contact, day: wish.day, by: keys) {
                presences.append(sealed)
            }
        }
        while presences.isEmpty || presences.count % Self.granule != 0 {
            presences.append(try SealedPresence.decoy())
        }
        return presences.sorted { $0.tag.lexicographicallyPrecedes($1.tag) }
    }

    /// Waits, at most until something has changed.
    private func wait(_ duration: Duration) async {
        defer { hasChanged = false }
        guard !hasChanged else { return }
        let (signals, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        waker = continuation
        defer { waker = nil }
        let sleep = sleep
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await sleep(duration) }
            group.addTask { for await _ in signals { return } }
            await group.next()
            group.cancelAll()
        }
    }

    /// After which contacts and the day are looked at again.
    private static let look = Duration.seconds(5)
    private static let longestPause = Duration.seconds(600)
    private static let granule = 16
    /// What a directory keeps for one link.
    package static let mostContacts = 1_008
}
