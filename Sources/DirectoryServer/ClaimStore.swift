package import Directory
package import Identity
package import Transparency

/// Where a directory keeps its entries, and the hashes of the log that they are. Two implementations pass one suite of tests.
package protocol ClaimStore: Sendable {
    /// The newest entry of a label, or nil when it has none.
    func newest(_ label: Label) async throws(ClaimStoreError) -> LogEntry?

    /// Takes in each entry that may follow the newest of its label, those before it in the batch included, and refuses the others: so that
    /// of two claims at once one is refused. All of it and the log's new hashes are one step: it happens whole or not at all. When this
    /// returns, it survives a loss of power.
    ///
    /// Carries on when the task is cancelled: others' entries are in the batch, too.
    func append(_ batch: [NewEntry], rules: ClaimRules) async throws(ClaimStoreError) -> AppendedBatch

    /// All entries in the order in which they were taken in, beginning with the given position, at most `count`; not checked anew.
    func entryBytes(from position: UInt64, count: Int) async throws(ClaimStoreError) -> [[UInt8]]

    /// The entries of one label from a sequence on, in their order, those at a position below `limit` only, at most `count`; not checked anew.
    func entryBytes(
        of label: Label, from sequence: UInt64, below limit: UInt64, count: Int
    ) async throws(ClaimStoreError) -> [[UInt8]]

    /// What the log and the map are now: reads all of it.
    func load() async throws(ClaimStoreError) -> (log: LogFrontier, map: MapTree)

    /// Makes something, a proof for instance, of the log's hashes as they are at one moment.
    func withNodes<Value: Sendable>(
        _ body: @escaping @Sendable (any LogStorage) throws -> Value
    ) async throws(ClaimStoreError) -> Value
}

/// An entry that asks to be taken in, and the text behind its label.
package struct NewEntry: Sendable {
    package let entry: LogEntry
    package let handle: Handle

    package init(_ entry: LogEntry, handle: Handle) {
        self.entry = entry
        self.handle = handle
    }
}

/// What became of a batch.
package struct AppendedBatch: Sendable {
    /// Of each entry its position in the log, or why it was refused.
    package let results: [Result<UInt64, ClaimStoreError>]
    /// The log's edge before and after.
    package let before: LogFrontier
    package let after: LogFrontier
    /// The hashes that came to the log.
    package let nodes: [(node: LogNode, hash: NodeHash)]
}

extension ClaimStore {
    /// A batch of one.
    ///
    /// - Returns: Its position.
    @discardableResult
    package func append(
        _ entry: LogEntry, handle: Handle, rules: ClaimRules
    ) async throws(ClaimStoreError) -> UInt64 {
        guard let result = try await append([NewEntry(entry, handle: handle)], rules: rules).results.first
        else {
            throw .unavailable("no answer to an entry")
        }
        return try result.get()
    }

    /// Entries as ``entryBytes(from:count:)`` gives them, with their signatures checked.
    package func entries(from position: UInt64, count: Int) async throws(ClaimStoreError) -> [LogEntry] {
        let pages = try await entryBytes(from: position, count: count)
        do {
            return try pages.map(LogEntry.init(bytes:))
        } catch {
            throw .corrupt("an entry in the store is not what was taken in")
        }
    }
}

/// What a directory asks of entries beyond their own rules.
package struct ClaimRules: Sendable {
    /// The directory's own identity, which alone may reassign handles.
    package let `operator`: PublicIdentity
    /// How many handles one identity may hold.
    package let handlesPerIdentity: Int

    package init(operator: PublicIdentity, handlesPerIdentity: Int) {
        self.operator = `operator`
        self.handlesPerIdentity = handlesPerIdentity
    }
}

/// Why a store did not do what it was asked.
package enum ClaimStoreError: Error, Equatable, Sendable {
    /// The entry does not follow the newest one of its label.
    case outOfSequence
    /// Another identity holds the handle.
    case handleTaken
    /// The identity does not hold the handle.
    case notClaimed
    /// Another key than the recovery key in force, or than the operator's, has signed.
    case notAllowed
    /// The identity holds as many handles as it may.
    case tooManyHandles
    /// A newer version of the program has written the file.
    case newerVersion(path: String)
    /// The file is damaged, or is no store of a directory.
    case corrupt(String)
    /// Reading or writing failed.
    case unavailable(String)
}

extension ClaimStoreError {
    /// What both stores say when an entry may not follow.
    init(_ refusal: EntryRefusal, _ entry: LogEntry, after newest: LogEntry?) {
        switch refusal {
        case .outOfSequence: self = .outOfSequence
        // One's own handle is not taken by somebody else: one's client has not seen it yet.
        case .held: self = newest?.holder(at: entry.time) == entry.identity ? .outOfSequence : .handleTaken
        case .revoked: self = .handleTaken
        case .notHeld: self = .notClaimed
        case .wrongRecovery, .notTheOperator: self = .notAllowed
        }
    }
}

extension LabelState {
    /// Among whose handles the label counts.
    var counted: PublicIdentity? {
        switch self {
        case .free, .revoked: nil
        case .held(let holding): holding.holder
        case .reassigned(_, let successor, _): successor
        }
    }
}
