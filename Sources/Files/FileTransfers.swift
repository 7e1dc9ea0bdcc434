package import Identity
package import Wire

/// Moves files between this side and its peers: what is offered, who may fetch what, what comes and where it is put.
///
/// It knows no socket, no database and no terminal. Whoever has those calls `connected`, `disconnected` and `handle`, keeps
/// transfers in a `TransferStore`, and shows `events`. `run` must be running for anything to move.
package actor FileTransfers {
    /// What happened, for the one who shows it. Nothing waits for it to be read.
    package nonisolated let events: FileEventQueue

    let store: any TransferStore
    let limits: FileLimits
    let calls: DiskCalls
    let now: @Sendable () -> ContinuousClock.Instant
    var entries: [TransferKey: Entry] = [:]
    var peers: [PublicIdentity: PeerLink] = [:]
    /// Incoming and unfinished, of each peer.
    private var unfinished: [PublicIdentity: Int] = [:]
    /// Over for good, oldest first.
    private var finished: [TransferKey] = []
    private var lastOrder = 0
    private var lastLink = 0
    /// Transfers being received.
    var activeCount = 0
    /// Chunks that came and are not written, over all peers.
    var waitingChunks = 0
    /// Of the trees that are kept.
    private(set) var leafBytes = 0
    private var gate: [CheckedContinuation<Void, Never>] = []
    private(set) var isClosed = false
    private let jobs: AsyncStream<@Sendable () async -> Void>
    let jobsIn: AsyncStream<@Sendable () async -> Void>.Continuation

    /// - Parameter now: A clock that never goes back; for rates and patience.
    package init(
        store: any TransferStore, limits: FileLimits = .standard,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.init(store: store, limits: limits, calls: DiskCalls(), now: now)
    }

    init(
        store: any TransferStore, limits: FileLimits, calls: DiskCalls,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.store = store
        self.limits = limits
        self.calls = calls
        self.now = now
        events = FileEventQueue(limit: limits.events)
        (jobs, jobsIn) = AsyncStream.makeStream()
    }

    /// Does the work; returns after `close()`, once what came is synced and noted. Cancelling the task instead leaves everything as a
    /// crash would.
    package nonisolated func run() async {
        await withDiscardingTaskGroup { watch in
            watch.addTask { await self.watchPatience() }
            await withDiscardingTaskGroup { group in
                for await job in jobs { group.addTask { await job() } }
            }
            watch.cancelAll()
        }
        await shut()
        events.finish()
    }

    /// Stops all transfers; they go on after the next start.
    package func close() {
        shut()
        jobsIn.finish()
    }

    private func shut() {
        isClosed = true
        for peer in Array(peers.keys) { drop(peer) }
        openGate()
    }

    /// Takes over what the store has; once, before anything else.
    package func load() async throws {
        for transfer in try await store.transfers() where entries[transfer.key] == nil {
            add(Entry(transfer, order: nextOrder(), chunk: limits.chunk))
            // A crash may have come between the end and the removing.
            if !transfer.state.keepsPart { jobsIn.yield { await self.removeRest(transfer.key) } }
        }
        await prune()
    }

    // MARK: Offers

    /// Hashes a file, to offer it. Takes about a second for two gigabytes.
    ///
    /// - Throws: `FileError`: not a regular file, not readable, or written to meanwhile.
    package func prepare(_ path: String) async throws -> PreparedFile {
        let path = try absolute(path)
        do {
            let tree = try await FileTree.hash(path, chunk: limits.chunk, keeping: limits.leaves)
            let name = path.split(separator: "/").last.map(String.init) ?? ""
            let offer = try FileOffer(
                name: name.utf8.count > WireLimits.fileName ? FileName.clean(name) : name,
                size: tree.shape.size, root: tree.root)
            return PreparedFile(path: path, offer: offer, tree: tree)
        } catch let fault as SourceFile.Fault {
            switch fault {
            case .notRegular: throw FileError.notRegular(path: path)
            case .changed: throw FileError.changing(path: path)
            case .failed(let code): throw FileError.inputOutput(doing: "read", path: path, code: code)
            }
        }
    }

    /// Registers an offer, durably; to be called before the message with it is put into the outbox.
    ///
    /// - Parameter id: The message's.
    package func offer(_ file: PreparedFile, id: MessageID, to peer: PublicIdentity) async throws {
        let key = TransferKey(peer: peer, id: id, direction: .outgoing)
        guard entries[key] == nil else { return }
        guard entries.count < limits.transfers else { throw FileError.tooMany }
        let entry = Entry(
            Transfer(key: key, offer: file.offer, path: file.path, state: .offered, chunksDone: 0),
            order: nextOrder(), chunk: limits.chunk)
        add(entry)
        if leafBytes + (file.tree.leaves?.count ?? 0) <= limits.leaves { keep(file.tree, for: entry) }
        do {
            try await save(entry)
        } catch {
            keep(nil, for: entry)
            entries[key] = nil
            throw error
        }
    }

    /// An offer of just this file to the peer that is not over.
    package func openOffer(of file: PreparedFile, to peer: PublicIdentity) -> TransferKey? {
        entries.values.first {
            $0.key.peer == peer && $0.key.direction == .outgoing && $0.isUnfinished
                && $0.transfer.path == file.path && $0.transfer.offer == file.offer
        }?.key
    }

    /// Notes an offer of a peer, durably. One that is known is ignored. One beyond 10,000 unfinished ones of a peer is declined, and not
    /// stored.
    package func offered(_ offer: FileOffer, id: MessageID, by peer: PublicIdentity) async throws {
        let key = TransferKey(peer: peer, id: id, direction: .incoming)
        // An end does not say whose offer it is about: an id means one transfer with a peer.
        guard entries[key] == nil,
            entries[TransferKey(peer: peer, id: id, direction: .outgoing)] == nil
        else { return }
        guard unfinished[peer, default: 0] < limits.unfinishedPerPeer else {
            tell(peer, FileEnd(id: id, reason: .declined))
            return
        }
        let entry = Entry(
            Transfer(key: key, offer: offer, path: nil, state: .offered, chunksDone: 0),
            order: nextOrder(), chunk: limits.chunk)
        add(entry)
        do {
            try await save(entry)
        } catch {
            if entries[key] === entry {
                count(entry, -1)
                entries[key] = nil
            }
            throw error
        }
        events.put(.offered(entry.transfer))
    }

    /// All that are not over, and the last 200 that are, oldest first.
    package func list() -> [TransferStatus] {
        let now = now()
        return entries.values.sorted { $0.order < $1.order }.map { $0.status(at: now) }
    }

    /// One transfer as it is now; nil when it is not known, or not any more.
    package func status(_ key: TransferKey) -> TransferStatus? { entries[key]?.status(at: now()) }

    /// The peers with whom something is to go on as soon as there is a link.
    package var peersUnderWay: Set<PublicIdentity> {
        Set(entries.values.lazy.filter { $0.transfer.state == .accepted }.map(\.key.peer))
    }

    package func isUnderWay(with peer: PublicIdentity) -> Bool {
        entries.values.contains { $0.key.peer == peer && $0.transfer.state == .accepted }
    }

    /// Forgets everything with a peer: ends what is under way, and removes parts of files. Files that are whole stay.
    package func forget(_ peer: PublicIdentity) async throws {
        for entry in entries.values.filter({ $0.key.peer == peer }) {
            if entry.transfer.state != .complete, entry.transfer.state != .cancelled {
                try? await cancel(entry.key)
            }
            if entries[entry.key] === entry {
                if entry.isUnfinished { count(entry, -1) }
                entries[entry.key] = nil
                finished.removeAll { $0 == entry.key }
            }
            try await store.remove(entry.key)
        }
    }

    /// Ends what goes over links to the peer, and waits until nothing more of it is written or noted.
    package func release(_ peer: PublicIdentity) async {
        drop(peer)
        // A write that hangs is not waited for longer than this: what it notes then is found at the next start and of no use.
        for _ in 0..<Self.releasePatience {
            guard entries.values.contains(where: { $0.key.peer == peer && $0.isBusy }) else { return }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    private static let releasePatience = 500

    /// A peer has a new key: its transfers go on under that one. The store has them there already, and it was released under the old key.
    package func moved(from old: PublicIdentity, to new: PublicIdentity) async throws {
        var parts: [MessageID: String] = [:]
        for entry in entries.values.filter({ $0.key.peer == old }) {
            if entry.key.direction == .incoming { parts[entry.key.id] = entry.transfer.path }
            if entry.isUnfinished { count(entry, -1) }
            keep(nil, for: entry)
            entries[entry.key] = nil
            finished.removeAll { $0 == entry.key }
        }
        let moved = parts
        await DiskQueue("p2pchat.file").run {
            for (id, path) in moved {
                PartPath(path, TransferKey(peer: old, id: id, direction: .incoming))
                    .rename(to: PartPath(path, TransferKey(peer: new, id: id, direction: .incoming)))
            }
        }
        for transfer in try await store.transfers()
        where transfer.key.peer == new && entries[transfer.key] == nil {
            let entry = Entry(transfer, order: nextOrder(), chunk: limits.chunk)
            add(entry)
            wait(entry)
        }
    }

    // MARK: Keeping

    private func nextOrder() -> Int {
        lastOrder += 1
        return lastOrder
    }

    private func add(_ entry: Entry) {
        entries[entry.key] = entry
        if entry.isUnfinished {
            count(entry, 1)
        } else {
            finished.append(entry.key)
        }
    }

    private func count(_ entry: Entry, _ change: Int) {
        guard entry.key.direction == .incoming else { return }
        let count = unfinished[entry.key.peer, default: 0] + change
        unfinished[entry.key.peer] = count > 0 ? count : nil
    }

    /// Every change of state goes through here.
    func set(_ entry: Entry, _ state: TransferState) {
        guard entry.transfer.state != state else { return }
        let was = entry.isUnfinished
        entry.transfer.state = state
        if was, !entry.isUnfinished {
            count(entry, -1)
            finished.append(entry.key)
            if finished.count > limits.finished { jobsIn.yield { await self.prune() } }
        } else if !was, entry.isUnfinished {
            count(entry, 1)
            finished.removeAll { $0 == entry.key }
        }
        if state != .offered, state != .accepted { entry.meter.reset() }
        if state.isOver { keep(nil, for: entry) }
    }

    /// Forgets the oldest of those that are over.
    private func prune() async {
        while finished.count > limits.finished {
            let key = finished.removeFirst()
            guard let entry = entries.removeValue(forKey: key) else { continue }
            if entry.transfer.state != .complete { await removePart(entry) }
            // One that stays in the store is tried again after the next start.
            try? await store.remove(key)
        }
    }

    /// Removes what came of a file.
    func removePart(_ entry: Entry) async {
        guard entry.key.direction == .incoming, let path = entry.transfer.path else { return }
        let part = PartPath(path, entry.key)
        await DiskQueue("p2pchat.file").run { part.remove() }
        entry.prefix = nil
        entry.transfer.chunksDone = 0
        entry.bytesDone = 0
    }

    /// Removes what came of one that has ended so that it is of no use, where no task that receives it does.
    func removeRest(_ key: TransferKey) async {
        guard let entry = entries[key], entry.receiving == nil, !entry.transfer.state.keepsPart else {
            return
        }
        let had = entry.transfer.chunksDone
        // Accepted again meanwhile, it waits: what begins anew is not to be removed.
        entry.isRemoving = true
        await removePart(entry)
        entry.isRemoving = false
        if had > 0 { try? await save(entry) }
        wait(entry)
    }

    /// Keeps a tree with the offer; without its leaves when those of all offers together would be too large.
    func keep(_ tree: FileTree?, for entry: Entry) {
        leafBytes -= entry.tree?.leaves?.count ?? 0
        let size = tree?.leaves?.count ?? 0
        entry.tree = leafBytes + size <= limits.leaves ? tree : tree?.withoutLeaves
        leafBytes += entry.tree?.leaves?.count ?? 0
    }

    /// Stores the transfer as it is now, or is by then: never an older state over a newer one.
    func save(_ entry: Entry) async throws {
        entry.saving.wanted += 1
        let wanted = entry.saving.wanted
        while entry.saving.isBusy {
            await withCheckedContinuation { entry.saving.waiters.append($0) }
            if entry.saving.saved >= wanted { return }
        }
        entry.saving.isBusy = true
        let version = entry.saving.wanted
        defer {
            entry.saving.isBusy = false
            let waiters = entry.saving.waiters
            entry.saving.waiters = []
            for waiter in waiters { waiter.resume() }
        }
        try await store.save(entry.transfer)
        entry.saving.saved = version
    }

    /// For what a restart finds out again by itself.
    func saveLater(_ entry: Entry) {
        let key = entry.key
        jobsIn.yield {
            await self.saveQuietly(key)
        }
    }

    private func saveQuietly(_ key: TransferKey) async {
        guard let entry = entries[key] else { return }
        try? await save(entry)
    }

    // MARK: Links

    /// A link to the peer is there: what was accepted goes on. A link that was there before counts as gone.
    ///
    /// - Returns: A number for this link, with which `handle` and `disconnected` know what comes late from an older one.
    @discardableResult
    package func connected(_ peer: PublicIdentity, _ channel: any FileChannel) -> Int {
        drop(peer)
        lastLink += 1
        guard !isClosed else { return lastLink }
        let link = PeerLink(number: lastLink, channel: channel)
        peers[peer] = link
        let own = entries.values.filter { $0.key.peer == peer }.sorted { $0.order < $1.order }
        link.waiting = own.filter(isWaiting).map(\.key)
        // An end is not acknowledged, so the last ones are said again: a link may have been cut before they arrived.
        let ends = own.compactMap { entry in entry.ownEnd.map { FileEnd(id: entry.key.id, reason: $0) } }
        link.control = ends.suffix(Self.repeatedEnds).map { .end($0) }
        let number = lastLink
        jobsIn.yield { await self.serve(peer, number) }
        fill(link)
        return number
    }

    /// The link is gone.
    ///
    /// - Parameter link: What `connected` returned; nil for the newest one.
    package func disconnected(_ peer: PublicIdentity, _ link: Int? = nil) {
        if let link, peers[peer]?.number != link { return }
        drop(peer)
    }

    private func drop(_ peer: PublicIdentity) {
        guard let link = peers.removeValue(forKey: peer) else { return }
        link.end()
        for key in link.active {
            guard let receiving = entries[key]?.receiving, receiving.link == link.number else { continue }
            receiving.expected = []
            receiving.intake.stop(.pause)
        }
    }

    /// Takes what a peer sent about files; others of its envelopes are ignored. Suspends while too much waits for a disk.
    ///
    /// - Parameter link: What `connected` returned; nil for the newest one.
    /// - Returns: False when the peer does what no honest one does, and the link is to be cut.
    package func handle(
        _ envelope: PeerEnvelope, from peer: PublicIdentity, on number: Int? = nil
    ) async -> Bool {
        guard let link = peers[peer], number == nil || number == link.number else { return true }
        switch envelope {
        case .fetch(let fetch): take(fetch, peer, link)
        case .span(let span): guard take(span, peer, link) else { return false }
        case .chunk(let chunk):
            guard take(chunk, peer, link) else { return false }
            while waitingChunks > limits.waitingChunks, !isClosed {
                await withCheckedContinuation { gate.append($0) }
            }
        case .end(let end): take(end, peer, link)
        case .hello, .text, .delivered, .read, .offer, .rotation, .believedLog, .unknown: break
        }
        return link.control.count <= limits.answers
    }

    func openGate() {
        guard waitingChunks <= limits.waitingChunks || isClosed else { return }
        let waiters = gate
        gate = []
        for waiter in waiters { waiter.resume() }
    }

    /// Tells the peer, if it is there.
    func tell(_ peer: PublicIdentity, _ end: FileEnd) {
        guard let link = peers[peer] else { return }
        link.control.append(.end(end))
        link.wake()
    }

    private func watchPatience() async {
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(5))
            } catch {
                return
            }
            endSilent()
        }
    }

    private static let repeatedEnds = 64
}
