package import Directory
package import Identity

/// Where a directory keeps its entries. Two implementations pass one suite of tests.
package protocol ClaimStore: Sendable {
    /// The newest entry of a label, or nil when it has none.
    func newest(_ label: Label) async throws(ClaimStoreError) -> LogEntry?

    /// Takes in an entry that follows the newest of its label, or refuses it; both in one step, so that of two
    /// claims at once one is refused. When this returns, the entry survives a loss of power.
    ///
    /// - Parameters:
    ///   - handle: the text behind the label.
    ///   - limit: how many handles one identity may hold.
    func append(_ entry: LogEntry, handle: Handle, holding limit: Int) async throws(ClaimStoreError)

    /// All entries in the order in which they were taken in, beginning with the given position, at most `count`.
    func entries(from position: Int, count: Int) async throws(ClaimStoreError) -> [LogEntry]
}

/// Why a store did not do what it was asked.
package enum ClaimStoreError: Error, Equatable, Sendable {
    /// The entry does not follow the newest one of its label.
    case outOfSequence
    /// Another identity holds the handle.
    case handleTaken
    /// The identity does not hold the handle that it wants to release.
    case notClaimed
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
    /// The rule of both stores: throws unless `entry` may follow `newest`.
    static func check(_ entry: LogEntry, after newest: LogEntry?) throws(ClaimStoreError) {
        if entry.follows(newest) { return }
        let holder = newest?.holder
        switch entry.operation {
        case .claim: if let holder, holder != entry.identity { throw .handleTaken }
        case .release: if holder != entry.identity { throw .notClaimed }
        }
        throw .outOfSequence
    }
}
