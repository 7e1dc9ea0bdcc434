import Chat
import Directory
import Files
import Foundation
import Identity
import Link
import Store
import Wire

/// One home at work: online (registered, listening, with a control socket), or visiting (only asking and sending).
final class Node: Sendable {
    let home: Home
    let keys: IdentityKeys
    let store: HomeStore
    let settings: HomeSettings
    let messenger: Messenger
    /// What was seen of the log of the directory in use; nil without one.
    let log: LogBook?
    private let kind: Kind
    private let stopping = StopSignal()

    private enum Kind: Sendable {
        case online(OnlineParts)
        case visiting(VisitingDirectory?)

        var isOnline: Bool { if case .online = self { true } else { false } }
    }

    struct OnlineParts: Sendable {
        /// Nil without a directory.
        let session: DirectorySession?
        let listener: LinkListener
        let control: ControlServer
    }

    var identity: PublicIdentity { keys.publicIdentity }

    private init(
        home: Home, keys: IdentityKeys, store: HomeStore, settings: HomeSettings, kind: Kind, log: LogBook?,
        directory: (any PeerDirectory)?, blocklist: Blocklist = Blocklist(), gossip: LogGossip? = nil,
        takesFilesInto: String? = nil,
        tellsShown: Bool = true
    ) throws {
        self.home = home
        self.keys = keys
        self.store = store
        self.settings = settings
        self.kind = kind
        self.log = log
        let (handle, identity) = (settings.handle, keys.publicIdentity)
        messenger = Messenger(
            identity: keys.publicIdentity, handle: settings.handle,
            book: try ContactBook(store: store, now: { Date() }), archive: store,
            files: FileTransfers(store: HomeTransfers(store: store)), network: LinkNetwork(keys: keys),
            directory: directory, blocklist: blocklist,
            options: Messenger.Options(
                delivers: kind.isOnline, sendsRead: settings.sendsRead && tellsShown,
                unshown: kind.isOnline ? 256 : 0, takesFilesInto: takesFilesInto,
                maySend: {
                    if let alert = log?.alert(of: handle, identity: identity) { throw alert }
                }),
            rotations: settings.rotations, gossip: gossip, now: { Date() })
    }

    // MARK: Visiting

    /// For a command that asks or sends something and ends.
    static func visiting(home: Home, keys: IdentityKeys) throws -> Node {
        let store = try HomeStore(path: home.databasePath, keys: keys)
        let settings = try store.settings()
        let log = try settings.directory.map { try LogBook.kept(in: store, of: $0.identity) }
        var directory: VisitingDirectory?
        if let reference = settings.directory, let log {
            directory = VisitingDirectory(reference: reference, keys: keys, log: log, handle: settings.handle)
        }
        return try Node(
            home: home, keys: keys, store: store, settings: settings, kind: .visiting(directory),
            log: log, directory: directory)
    }

    /// Runs `body` with the links that it needs, and closes them.
    func visit<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        guard case .visiting(let directory) = kind else { return try await body() }
        await loadFiles()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.messenger.run() }
            group.addTask { await directory?.run() }
            let result: Swift.Result<Value, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            await messenger.close()
            await directory?.close()
            try await group.waitForAll()
            let value = try result.get()
            for notice in log?.told ?? [] {
                for line in LogText.lines(notice) { Output.note(line) }
            }
            return value
        }
    }

    /// Before anybody asks for them. When the store cannot be read, transfers rest.
    private func loadFiles() async { try? await messenger.files?.load() }

    // MARK: Online

    /// Listens, and gets ready to register; `run()` does it. The caller holds the home's lock.
    ///
    /// - Parameters:
    ///   - takesFilesInto: The folder, absolute, for every file that a contact offers; nil: the user is asked.
    ///   - tellsShown: Whether showing a message tells its sender that it was read, where the user allows that. Not where a
    ///     program takes it: that says so by itself.
    static func online(
        home: Home, keys: IdentityKeys, settings given: HomeSettings? = nil, takesFilesInto: String? = nil,
        tellsShown: Bool = true
    ) async throws -> Node {
        let store = try HomeStore(path: home.databasePath, keys: keys)
        var settings = try given ?? store.settings()
        // The user's file decides where it says something; the home keeps that for when it does not.
        let chosen = home.settingsFile.read().settings
        if let sendsRead = chosen.readReceipts, sendsRead != settings.sendsRead {
            settings.sendsRead = sendsRead
            try store.save(settings)
        }
        guard settings.directory != nil || settings.goesWithoutDirectory else { throw ChatError.noDirectory }
        let wanted = try settings.listen ?? Endpoint(host: "0.0.0.0", port: 0)
        let blocklist = Blocklist()
        let listener: LinkListener
        do {
            listener = try await LinkListener.bind(wanted, purpose: .peer, identity: keys) {
                !blocklist.contains($0)
            }
        } catch let error as LinkError {
            throw CommandError(
                .inputOutput, "\(wanted): \(error)",
                hint: "choose another port with: p2pchat register --listen HOST:PORT")
        }
        let advertised = settings.advertise ?? listener.localEndpoint
        let log = try settings.directory.map { try LogBook.kept(in: store, of: $0.identity) }
        let session = settings.directory.map { reference in
            DirectorySession(
                reference: reference, identity: keys,
                settings: DirectorySettings(handle: settings.handle, discoverable: settings.isDiscoverable) {
                    [advertised]
                },
                log: log, logLimit: chosen.logAudit.limit,
                dial: { try await LinkNetwork(keys: keys).dial(reference) })
        }
        let parts = OnlineParts(
            session: session, listener: listener, control: try await ControlServer.bind(home))
        return try Node(
            home: home, keys: keys, store: store, settings: settings, kind: .online(parts),
            log: log, directory: session.map { SessionDirectory(session: $0, keys: keys) },
            blocklist: blocklist, gossip: session?.gossip,
            takesFilesInto: takesFilesInto, tellsShown: tellsShown)
    }

    /// Stays online until `stop()`; then says goodbye to everybody and unregisters.
    func run() async throws {
        guard case .online(let parts) = kind else { return }
        await loadFiles()
        let keeper = parts.session.map { sealedPresenceKeeper($0.reference) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.messenger.run() }
            if let session = parts.session {
                group.addTask { await session.run() }
                group.addTask { await self.watch(session) }
                group.addTask { await keeper?.run(session.states()) }
            }
            group.addTask { await self.expire() }
            group.addTask { await self.compareLogs() }
            group.addTask {
                for await link in parts.listener.links { await self.messenger.accept(link) }
            }
            group.addTask { await parts.control.run(Operations(node: self)) }
            await stopping.wait()
            async let unregistered: Void? = parts.session?.stop()
            async let takenBack: Void? = keeper?.stop()
            async let closed: Void = parts.listener.close()
            await messenger.close()
            _ = await (unregistered, takenBack, closed)
            group.cancelAll()
        }
        try? FileManager.default.removeItem(atPath: home.controlPath)
    }

    /// For the contacts of a user who is not discoverable.
    private func sealedPresenceKeeper(_ reference: DirectoryReference) -> SealedPresenceKeeper {
        let messenger = messenger
        return SealedPresenceKeeper(
            reference: reference, identity: keys,
            contacts: { await messenger.contacts.filter { $0.standing == .accepted }.map(\.identity) },
            dial: { try await LinkNetwork(keys: $0).dial(reference) })
    }

    /// Tells the Messenger who comes and leaves.
    private func watch(_ session: DirectorySession) async {
        for await event in await session.watch() {
            switch event {
            case .came(let entry): await messenger.peerCame(entry.identity)
            case .left(let identity): await messenger.peerLeft(identity)
            case .missed:
                // A directory that cannot be asked now is asked at the next event.
                if let there = try? await session.listPatiently() {
                    await messenger.peersAre(there.map(\.identity))
                }
            }
        }
    }

    /// Deletes what is older than the user wants to keep, now and every minute.
    private func expire() async {
        while !Task.isCancelled {
            _ = try? await store.expire(at: Date())
            try? await Task.sleep(for: .seconds(60))
        }
    }

    /// Looks every minute which peers are to be told what is believed of the directory's log.
    private func compareLogs() async {
        while !Task.isCancelled {
            await messenger.compareLogs()
            try? await Task.sleep(for: .seconds(60))
        }
    }

    /// Asks `run()` to end. From any thread, any number of times.
    func stop() { stopping.raise() }

    /// Returns when the node is asked to end, or the task is cancelled.
    func stopped() async { await stopping.wait() }

    /// Calls `body` once when the node is asked to end.
    func onStop(_ body: @escaping @Sendable () -> Void) { stopping.onRaise(body) }

    // MARK: What commands need

    private var directory: (any DirectoryAccess)? {
        switch kind {
        case .online(let parts): parts.session.map { SessionDirectory(session: $0, keys: keys) }
        case .visiting(let directory): directory
        }
    }

    /// The discoverable peers that are online, oneself left out, by name.
    func entries() async throws -> [PeerEntry] {
        guard let directory else { throw ChatError.noDirectory }
        return try await directory.list().filter { $0.identity != identity }
            .sorted { ($0.handle?.text ?? "~", $0.identity) < ($1.handle?.text ?? "~", $1.identity) }
    }

    /// Comings and goings of the discoverable; ends where one is not online, or without a directory.
    func presence() async -> AsyncStream<PresenceEvent> {
        guard case .online(let parts) = kind, let session = parts.session else {
            return AsyncStream { $0.finish() }
        }
        return await session.watch()
    }

    /// How it stands with the directory, now and from now on; ends at once without one.
    func directoryStates() async -> AsyncStream<DirectoryState> {
        guard case .online(let parts) = kind, let session = parts.session else {
            return AsyncStream { $0.finish() }
        }
        return await session.states()
    }

    /// Before a command of the moment sends: looks at the own handle's entry where that is due.
    ///
    /// - Throws: `DirectoryError.misbehaves`. That the directory is not reached is for the sending to find out.
    func lookAtOwnHandle() async throws {
        guard case .visiting(let directory?) = kind, directory.isOwnHandleDue else { return }
        do {
            _ = try await directory.connected()
        } catch DirectoryError.misbehaves(let what) {
            throw DirectoryError.misbehaves(what)
        } catch {}
    }

    /// Looks at the log now.
    ///
    /// - Returns: Why it could not be done.
    func lookAtLog() async -> (any Error)? {
        do {
            switch kind {
            case .online(let parts): try await parts.session?.lookAtLog()
            case .visiting(let directory): _ = try await directory?.connected()
            }
            return nil
        } catch {
            return error
        }
    }

    /// A link to the directory.
    func directoryClient() async throws -> DirectoryClient {
        switch kind {
        case .online(let parts):
            guard let session = parts.session else { throw ChatError.noDirectory }
            return try await session.connected()
        case .visiting(let directory):
            guard let directory else { throw ChatError.noDirectory }
            return try await directory.connected()
        }
    }

    /// What the user is to know of the directory's log; ends at once without one.
    func logNews() -> AsyncStream<LogNotice> { log?.news() ?? AsyncStream { $0.finish() } }

    /// Waits for the first attempt to register.
    ///
    /// - Throws: `DirectoryError` when it failed.
    func firstPresence() async throws -> PublishResult {
        for await state in await directoryStates() {
            switch state {
            case .connecting: continue
            case .online(let presence): return presence
            case .offline(let reason, _): throw reason
            case .stopped: throw DirectoryError.closed
            }
        }
        throw DirectoryError.closed
    }

    /// Whether peers are told what was shown, as it was chosen last.
    var sendsRead: Bool { (try? store.settings().sendsRead) ?? settings.sendsRead }

    /// Whether peers are told what was shown, from now on and after a restart.
    func setSendsRead(_ sendsRead: Bool) async throws {
        var changed = try store.settings()
        if changed.sendsRead != sendsRead {
            changed.sendsRead = sendsRead
            try store.save(changed)
        }
        await messenger.setSendsRead(sendsRead)
    }

    func setDiscoverable(_ isDiscoverable: Bool) async throws {
        guard case .online(let parts) = kind else { return }
        var changed = try store.settings()
        changed.isDiscoverable = isDiscoverable
        try store.save(changed)
        try await parts.session?.setDiscoverable(isDiscoverable)
    }

    func status() async -> StatusJSON {
        var reachable = false
        var problem: String?
        var presence: PublishResult?
        var listening: String?
        switch kind {
        case .online(let parts):
            listening = parts.listener.localEndpoint.description
            switch await parts.session?.state {
            case .online(let result):
                reachable = true
                presence = result
            case .connecting: problem = "connecting"
            case .offline(let reason, _): problem = CommandError(describing: reason).message
            case .stopped: problem = "stopped"
            // Nobody has looked whether the address can be reached.
            case nil: problem = "without a directory only those can call who have your address"
            }
        case .visiting(let directory):
            do {
                _ = try await directory?.connected()
                reachable = directory != nil
            } catch {
                problem = CommandError(describing: error).message
            }
        }
        let isOnline = kind.isOnline
        let callableProblem: String? =
            if let presence { DirectoryStateText.problem(presence) } else if isOnline { problem } else {
                "not online"
            }
        let handle = presence?.handle ?? settings.handle
        let reached =
            presence?.addresses.first { $0.reachability == .reachable }?.endpoint
            ?? (settings.directory == nil ? settings.fixedAddress : nil)
        let invite = Invite(
            identity: identity, directory: settings.directory, address: reached, handle: handle)
        return StatusJSON(
            home: home.path, fingerprint: identity.fingerprint, directory: settings.directory?.description,
            handle: handle?.text,
            discoverable: presence?.discoverable ?? settings.isDiscoverable, online: isOnline,
            directoryReachable: reachable, problem: problem, listening: listening,
            callable: presence?.isCallable ?? false, callableProblem: callableProblem,
            invite: invite.description)
    }
}

extension HomeSettings {
    /// The address that the user named, where it is one that others can dial and that stays; nobody has tried it.
    fileprivate var fixedAddress: Endpoint? {
        if let advertise { return advertise }
        guard let listen, listen.port != 0, listen.host != "0.0.0.0", listen.host != "::" else { return nil }
        return listen
    }
}
