package import Directory
package import Identity

/// Entries in memory, for tests and throw-away directories: everything is lost when it ends.
package actor MemoryClaimStore: ClaimStore {
    private var log: [LogEntry] = []
    private var newest: [Label: LogEntry] = [:]
    private var holdings: [PublicIdentity: Set<Label>] = [:]

    package init() {}

    package func newest(_ label: Label) -> LogEntry? {
        newest[label]
    }

    package func append(
        _ entry: LogEntry, handle: Handle, holding limit: Int
    ) throws(ClaimStoreError) {
        try ClaimStoreError.check(entry, after: newest[entry.label])
        switch entry.operation {
        case .claim:
            guard holdings[entry.identity, default: []].count < limit else { throw .tooManyHandles }
            holdings[entry.identity, default: []].insert(entry.label)
        case .release:
            holdings[entry.identity]?.remove(entry.label)
        }
        log.append(entry)
        newest[entry.label] = entry
    }

    package func entries(from position: Int, count: Int) -> [LogEntry] {
        Array(log.dropFirst(max(0, position)).prefix(max(0, count)))
    }
}
