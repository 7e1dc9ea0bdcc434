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
        _ entry: LogEntry, handle: Handle, rules: ClaimRules
    ) throws(ClaimStoreError) {
        let former = newest[entry.label]
        do {
            try entry.check(after: former, operator: rules.operator)
        } catch {
            throw ClaimStoreError(error, entry, after: former)
        }
        let (before, after) = (LabelState(former).counted, LabelState(entry).counted)
        if let after, after != before {
            guard holdings[after, default: []].count < rules.handlesPerIdentity else { throw .tooManyHandles }
            holdings[after, default: []].insert(entry.label)
        }
        if let before, after != before { holdings[before]?.remove(entry.label) }
        log.append(entry)
        newest[entry.label] = entry
    }

    package func entries(from position: Int, count: Int) -> [LogEntry] {
        Array(log.dropFirst(max(0, position)).prefix(max(0, count)))
    }
}
