/// Why the home's database could not be used.
package enum StoreError: Error, Equatable, Sendable {
    /// The file is not a database of this program, or is damaged.
    case unreadable(reason: String)
    /// The file was written by a newer version of this program; `migration` names the first step that this one
    /// does not know.
    case newerVersion(migration: String)
    /// A row does not open under this identity's key: altered, moved from another row, or another identity's.
    case altered(table: String, row: Int64)
    /// There is no room for what was to be written; what was there before is unchanged.
    case full
    /// The system refused to read or write.
    case inputOutput(reason: String)
}
