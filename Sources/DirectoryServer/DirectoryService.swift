package import Directory
package import FoundationEssentials
package import Identity
package import Wire

/// The rules of a directory: who may come in, what is accepted, what is served to whom (protocol.md §6–8).
///
/// Knows no sockets: links come through ``serve(_:)``, dial-backs go through the probe, time is given. Somebody
/// has to call ``run()``, which ends what has run out.
package actor DirectoryService {
    /// The directory's own identity: records are made for it.
    package nonisolated let identity: PublicIdentity
    let log: DirectoryLog
    let options: ServiceOptions
    private let allow: Set<PublicIdentity>?
    let probe: @Sendable (Endpoint, PublicIdentity) async -> Reachability
    let now: @Sendable () -> Date
    let uptime: @Sendable () -> Duration
    let report: @Sendable (ServerEvent) -> Void

    var presences = PresenceTable()
    var sealed = SealedTable()
    var sessions: [UInt64: Session] = [:]
    /// The links of each identity.
    var sessionsOf: [PublicIdentity: Set<UInt64>] = [:]
    /// Which link of an identity published last.
    var publishers: [PublicIdentity: UInt64] = [:]
    /// The links that watch.
    var watchers: Set<UInt64> = []
    var limits: RequestLimits
    var dialBacks = 0
    /// Counts releases of handles: see ``claim(of:by:)``.
    var releases: UInt64 = 0

    private var lastSession: UInt64 = 0
    private var linksPerAddress: [[UInt8]: Int] = [:]

    /// - Parameters:
    ///   - identity: the directory's own.
    ///   - log: of that directory's entries.
    ///   - allow: the only identities that are let in; nil lets everybody in.
    ///   - probe: dials an address and finds whether this identity answers there; takes 5 s at most.
    ///   - now: the wall clock, which the time in entries is compared with.
    ///   - uptime: a clock that nobody sets back, for lifetimes and limits.
    ///   - events: what the operator may see; called in order, must not block.
    package init(
        identity: PublicIdentity, log: DirectoryLog, allow: Set<PublicIdentity>? = nil,
        options: ServiceOptions = ServiceOptions(),
        probe: @escaping @Sendable (Endpoint, PublicIdentity) async -> Reachability,
        now: @escaping @Sendable () -> Date = { Date() },
        uptime: @escaping @Sendable () -> Duration = DirectoryService.systemUptime(),
        events: @escaping @Sendable (ServerEvent) -> Void = { _ in }
    ) {
        self.identity = identity
        self.log = log
        self.allow = allow
        self.options = options
        self.probe = probe
        self.now = now
        self.uptime = uptime
        report = events
        limits = RequestLimits(options.limits)
    }

    /// The time since this call, going on while the computer sleeps.
    package static func systemUptime() -> @Sendable () -> Duration {
        let start = ContinuousClock.now
        return { ContinuousClock.now - start }
    }

    /// Ends presences that have run out, about once a second, until cancelled.
    package func run(
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) async {
        while (try? await sleep(.seconds(1))) != nil { sweep() }
    }

    /// Ends presences that have run out by now.
    package func sweep() {
        sealed.removeEnded(at: uptime())
        for presence in presences.removeEnded(at: uptime()) {
            let reason: LeaveReason =
                presence.graceEnds.map { $0 < presence.expires } ?? false ? .linkEnded : .expired
            announceLeaving(of: presence, reason)
        }
    }

    /// How many identities are present.
    package var presenceCount: Int { presences.count }

    /// How many sealed presences there are, decoys included.
    package var sealedCount: Int { sealed.count }

    // MARK: Links

    /// Answers one link until it ends. Links of identities that are not let in, and those that are too many, are
    /// cut; so are those that send what no honest client does.
    package func serve(_ link: any EnvelopeLink) async {
        let (signals, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        guard let number = admit(link, signal: continuation) else {
            link.cut()
            return
        }
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.sendEvents(of: number, on: link, signals) }
                do {
                    while let bytes = try await link.receive() {
                        guard let request = try await Self.request(bytes) else { continue }
                        guard case .publish(let record, let handle, let giveWay) = request.body else {
                            try await send(answer(to: request.body, session: number), to: request, on: link)
                            continue
                        }
                        // Only publishing waits for something far away, so only it is not answered in turn.
                        let begun = await begin(record, handle, giveWay: giveWay, session: number)
                        group.addTask {
                            let answer = await self.finish(begun, session: number)
                            do {
                                try await self.send(answer, to: request, on: link)
                            } catch {
                                link.cut()
                            }
                        }
                    }
                } catch {
                    link.cut()
                }
                continuation.finish()
                group.cancelAll()
            }
        } onCancel: {
            link.cut()
        }
        if leave(number) { await log.withdraw(number) }
    }

    /// Closes all links properly, for a directory that stops.
    package func close() async {
        await withDiscardingTaskGroup { group in
            for session in sessions.values { group.addTask { await session.link.close() } }
        }
    }

    private func admit(_ link: any EnvelopeLink, signal: AsyncStream<Void>.Continuation) -> UInt64? {
        guard allow?.contains(link.remote) ?? true, sessions.count < options.limits.links,
            let ip = IPAddress(link.remoteEndpoint.host)
        else { return nil }
        guard linksPerAddress[ip.limitPrefix, default: 0] < options.limits.linksPerAddress else { return nil }
        linksPerAddress[ip.limitPrefix, default: 0] += 1
        lastSession += 1
        sessionsOf[link.remote, default: []].insert(lastSession)
        sessions[lastSession] = Session(link: link, identity: link.remote, ip: ip, signal: signal)
        return lastSession
    }

    /// Returns whether it was the link of a witness.
    private func leave(_ number: UInt64) -> Bool {
        guard let session = sessions.removeValue(forKey: number) else { return false }
        if let name = session.witness { report(.witnessLeft(name)) }
        watchers.remove(number)
        sealed.end(number, at: uptime() + options.grace)
        sessionsOf[session.identity]?.remove(number)
        if sessionsOf[session.identity]?.isEmpty ?? false { sessionsOf[session.identity] = nil }
        let prefix = session.ip.limitPrefix
        let others = (linksPerAddress[prefix] ?? 1) - 1
        linksPerAddress[prefix] = others > 0 ? others : nil
        if publishers[session.identity] == number { publishers[session.identity] = nil }
        if var presence = presences[session.identity], presence.session == number {
            presence.graceEnds = uptime() + options.grace
            presences.put(presence)
        }
        return session.witness != nil
    }

    /// Nil for what is to be ignored. Outside of the actor: checking identities takes its time, and whoever
    /// sends much of it must not hold up the others.
    private nonisolated static func request(_ bytes: [UInt8]) async throws(WireError) -> DirectoryRequest? {
        switch try DirectoryEnvelope(decoding: bytes) {
        case .request(let request): request
        case .unknown: nil
        case .response, .event: throw .invalid("body")
        }
    }

    private func send(
        _ body: DirectoryResponse.Body, to request: DirectoryRequest, on link: any EnvelopeLink
    ) async throws {
        let response = DirectoryResponse(id: request.id, body: body)
        try await link.send(DirectoryEnvelope.response(response).encoded())
    }

    private func answer(to request: DirectoryRequest.Body, session number: UInt64) async
        -> DirectoryResponse.Body
    {
        guard let session = sessions[number] else { return .failure(.unavailable) }
        do {
            switch request {
            case .observe: return .observed(session.ip)
            case .newest(let label): return try await newest(label, for: session)
            case .append(let entry, let handle): return try await append(entry, handle, for: session)
            case .unregister: return unregister(number)
            case .lookup(let query): return try lookup(query, for: session)
            case .list(let last): return try list(after: last, for: session)
            case .watch: return try watch(number)
            case .confirm(let handle, let identity): return try await confirm(handle, identity, for: session)
            case .log(let query): return try await answer(query, for: session)
            case .putSealed(let presences, let lifetime):
                return try put(presences, lifetime: lifetime, session: number)
            case .fetchSealed(let tags): return try fetchSealed(tags, for: session)
            case .witness: return try await admitWitness(number)
            case .cosign(let line): return try await cosign(line, for: session, number)
            case .publish, .unknown: return .failure(.unsupported)
            }
        } catch {
            return .failure(error)
        }
    }

    // MARK: Events

    private func sendEvents(of number: UInt64, on link: any EnvelopeLink, _ signals: AsyncStream<Void>) async
    {
        for await _ in signals {
            while let event = nextEvent(of: number) {
                do {
                    try await link.send(event)
                } catch {
                    link.cut()
                    return
                }
            }
            if sessions[number]?.isSuperseded ?? false { await link.close() }
        }
    }

    private func nextEvent(of number: UInt64) -> [UInt8]? {
        if sessions[number]?.bell.take() ?? false { return Self.encoded(.signed) }
        guard let next = sessions[number]?.events.first else { return nil }
        sessions[number]?.events.removeFirst()
        return next
    }

    /// Tells the operator and, of what strangers could see or can see now, the watchers.
    func announceComing(of presence: Presence, after former: Presence?) {
        let isSame =
            former.map {
                $0.named?.handle == presence.named?.handle
                    && $0.record.addresses == presence.record.addresses
                    && $0.record.discoverable == presence.record.discoverable
            } ?? false
        if isSame { return }
        report(former == nil ? .registered(Registration(presence)) : .changed(Registration(presence)))
        if presence.record.discoverable {
            tellWatchers(.came(presence.served))
        } else if former?.record.discoverable ?? false {
            tellWatchers(.left(presence.identity))
        }
    }

    func announceLeaving(of presence: Presence, _ reason: LeaveReason) {
        report(.left(Registration(presence), reason))
        if presence.record.discoverable { tellWatchers(.left(presence.identity)) }
    }

    private func tellWatchers(_ event: DirectoryEvent) {
        guard let bytes = Self.encoded(event), let missed = Self.encoded(.missed) else { return }
        for number in watchers {
            sessions[number]?.add(bytes, limit: options.limits.eventsPerWatcher, instead: missed)
        }
    }

    static func encoded(_ event: DirectoryEvent) -> [UInt8]? {
        try? DirectoryEnvelope.event(event).encoded()
    }
}
