package import Directory
package import Identity

/// Where a directory keeps its entries. Two implementations pass one suite of tests.
package protocol ClaimStore: Sendable {
    /// The newest entry of a label, or nil when it has none.
    func newest(_ label: Label) async throws(ClaimStoreError) -> LogEntry?

    /// Takes in an entry that may follow the newest of its label, or refuses it; both in one step, so that of two
    /// claims at once one is refused. When this returns, the entry survives a loss of power.
    ///
    /// - Parameters:
    ///   - handle: the text behind the label.
    func append(_ entry: LogEntry, handle: Handle, rules: ClaimRules) async throws(ClaimStoreError)

    /// All entries in the order in which they were taken in, beginning with the given position, at most `count`.
    func entries(from position: Int, count: Int) async throws(ClaimStoreError) -> [LogEntry]
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
