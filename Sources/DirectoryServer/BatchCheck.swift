import Directory
import Identity

/// What both stores ask of an entry before it is taken in.
enum BatchCheck {
    /// Among whose handles the label counted and counts from now on. Throws when the entry may not follow.
    static func change(
        _ entry: LogEntry, after newest: LogEntry?, rules: ClaimRules,
        held: (PublicIdentity) throws -> Int
    ) throws -> (before: PublicIdentity?, after: PublicIdentity?) {
        do throws(EntryRefusal) {
            try entry.check(after: newest, operator: rules.operator)
        } catch {
            throw ClaimStoreError(error, entry, after: newest)
        }
        let (before, after) = (LabelState(newest).counted, LabelState(entry).counted)
        if let after, after != before {
            guard try held(after) < rules.handlesPerIdentity else { throw ClaimStoreError.tooManyHandles }
        }
        return (before, after)
    }
}
