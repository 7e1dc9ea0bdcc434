package import Identity
import Synchronization
package import Transparency

/// The one place where everything that a directory tells of its log is compared with what was seen before: in this link, in another
/// one, or by a process that ended long ago. All of a home's clients of one directory share it.
package final class LogBook: Sendable {
    package let directory: PublicIdentity
    /// Nil where nothing outlives the process.
    private let keeper: (any LogKeeper)?
    private let state: Mutex<LogMemory>
    private let notices = Mutex(Notices())

    /// Goes on from what was kept. Throws ``LogMemoryUnreadable``, or what the keeper throws.
    package init(of directory: PublicIdentity, keeper: any LogKeeper) throws {
        self.directory = directory
        self.keeper = keeper
        state = Mutex(try keeper.state().map { try LogMemory(bytes: $0, of: directory) } ?? LogMemory())
    }

    /// Goes on from what another one knows, without the copy of the log, of which the keeper has nothing.
    package init(of directory: PublicIdentity, from memory: LogMemory, keeper: any LogKeeper) {
        var memory = memory
        memory.replica = nil
        self.directory = directory
        self.keeper = keeper
        state = Mutex(memory)
    }

    /// Begins without knowing anything, and keeps nothing.
    package init(of directory: PublicIdentity) {
        self.directory = directory
        keeper = nil
        state = Mutex(LogMemory())
    }

    package var memory: LogMemory { state.withLock { $0 } }
    package var view: LogView? { memory.view }

    /// The size of the largest checkpoint that is known: what is asked from now on has to be answered with no smaller one.
    var floor: UInt64 { view?.newest?.checkpoint.size ?? 0 }

    /// See ``LogView/learn(_:)``.
    func learn(_ statements: [[UInt8]]) throws(LogFault) {
        try state.withLock { memory throws(LogFault) in
            if memory.view == nil {
                memory.view = try LogView(statements: statements, by: directory)
            } else {
                try memory.view?.learn(statements)
            }
        }
    }

    /// See ``LogView/accept(_:notBelow:consistency:)``; `gap` is what the proof was asked for, and where another answer has
    /// changed that since, nothing happens.
    ///
    /// - Parameter keeps: whether it is believed; otherwise it is compared with what was seen before, and that is all.
    /// - Returns: Whether it was compared.
    func accept(
        _ told: SignedCheckpoint, after gap: LogGap?, notBelow floor: UInt64, consistency: [NodeHash],
        at time: UInt64, keeps: Bool = true
    ) throws(LogFault) -> Bool {
        try state.withLock { memory throws(LogFault) in
            guard memory.view?.gap(to: told) == gap else { return false }
            var view = memory.view
            try view?.accept(told, notBelow: floor, consistency: consistency)
            guard keeps else { return true }
            memory.view = view
            if memory.first == nil {
                memory.first = LogMemory.Sighting(checkpoint: told.checkpoint, time: time)
            }
            return true
        }
    }

    /// Keeps what is known now. Where that cannot be written, it holds for as long as the process runs: whoever chats is told of a full
    /// disk by what cannot be sent.
    func save() async {
        try? await keeper?.keep { [self] in try memory.bytes }
    }

    /// The same, where nothing may be said that is not kept. Throws what writing throws.
    func saveDurably() async throws {
        try await keeper?.keep { [self] in try memory.bytes }
    }

    /// Whose cosignatures a checkpoint has to have from now on; nil: nobody's. Throws what writing throws, and nothing changes then.
    package func set(policy: WitnessPolicy?) async throws {
        let former = memory.policy
        state.withLock { $0.policy = policy }
        do {
            try await saveDurably()
        } catch {
            state.withLock { $0.policy = former }
            throw error
        }
    }

    // MARK: Lies

    /// Why nothing is asked of the directory any more; nil where nothing convicts it.
    package var conviction: LogMemory.Conviction? { memory.convictions.first }

    /// Keeps evidence of a lie; nothing happens where it does not convict.
    ///
    /// - Parameter other: statements of keys that may not be known here; the longer ones go with the evidence.
    func convict(_ lie: Evidence.Lie, at time: UInt64, statements other: [LogKeyStatement] = []) async {
        let known = view?.statements ?? []
        let evidence = Evidence(
            directory: directory, statements: (other.count > known.count ? other : known).map(\.bytes),
            lie: lie, time: time)
        guard let what = try? evidence.check() else { return }
        state.withLock { $0.convictions.append(LogMemory.Conviction(what: what, time: time)) }
        if let bytes = try? evidence.bytes { try? await keeper?.keep(evidence: bytes) }
        await save()
    }

    // MARK: What peers believe

    @discardableResult
    func change<Value: Sendable>(_ peer: PublicIdentity, _ body: (inout PeerLog) -> Value) -> Value {
        state.withLock { $0.peers.change(peer, body) }
    }

    /// Returns whether anything was forgotten.
    func keep(only peers: Set<PublicIdentity>) -> Bool {
        state.withLock { memory in
            let before = memory.peers
            memory.peers.keep(only: peers)
            return memory.peers != before
        }
    }

    // MARK: The whole log

    func set(replica: LogMemory.Replica?) { state.withLock { $0.replica = replica } }

    func page(_ number: Int) async throws -> [UInt8]? { try await keeper?.page(number) }

    func keep(page: [UInt8], number: Int) async throws { try await keeper?.keep(page: page, number: number) }

    // MARK: The own handle

    /// The newest entry of the own handle, where this home did not make it.
    package func alert(of handle: Handle?, identity: PublicIdentity) -> OwnHandleAlert? {
        guard let handle, let foreign = memory.own[Label(handle)]?.foreign else { return nil }
        return OwnHandleAlert(handle: handle, entry: foreign, identity: identity)
    }

    /// The user has looked at the entry; it counts as this home's from now on.
    package func accept(_ alert: OwnHandleAlert) async {
        state.withLock { $0.own[alert.entry.label]?.accept() }
        await save()
    }

    /// This home makes an entry.
    package func remember(_ entry: LogEntry) {
        state.withLock { $0.own[entry.label, default: OwnHandle()].remember(entry) }
    }

    /// See ``OwnHandle``.
    func compare(
        _ newest: LogEntry?, _ sight: Evidence.Sight, size: UInt64, of handle: Handle,
        identity: PublicIdentity, at time: UInt64
    ) throws(LogFault) {
        try state.withLock { memory throws(LogFault) in
            try memory.own[Label(handle), default: OwnHandle()].compare(
                newest, sight, size: size, of: identity, at: time)
        }
        if let alert = alert(of: handle, identity: identity) { tell(.ownHandle(alert)) }
    }

    // MARK: What the user is told

    private struct Notices {
        var told: [LogNotice] = []
        var observers: [AsyncStream<LogNotice>.Continuation] = []
        var isOld = false
    }

    /// What was found so far that a user is to know.
    package var told: [LogNotice] { notices.withLock { $0.told } }

    /// What a user is to know, each once: what was found already, and what will be. Ends with the task that reads it.
    package func news() -> AsyncStream<LogNotice> {
        let (news, continuation) = AsyncStream<LogNotice>.makeStream(bufferingPolicy: .bufferingNewest(16))
        notices.withLock { notices in
            for notice in notices.told { continuation.yield(notice) }
            notices.observers.append(continuation)
        }
        return news
    }

    /// - Parameter age: of the newest checkpoint where it is old; nil where it is not.
    func noteAge(_ age: Duration?) {
        let isNews = notices.withLock { notices in
            defer { notices.isOld = age != nil }
            return !notices.isOld
        }
        if let age, isNews { tell(.old(age)) }
    }

    func tell(_ notice: LogNotice) {
        notices.withLock { notices in
            if case .ownHandle = notice, notices.told.contains(notice) { return }
            notices.told = Array((notices.told + [notice]).suffix(16))
            notices.observers.removeAll {
                if case .terminated = $0.yield(notice) { true } else { false }
            }
        }
    }
}
