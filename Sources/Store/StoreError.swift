/// Why the home's database could not be used.
package enum StoreError: Error, Equatable, Sendable {
    /// The file is not a database of this program, is damaged, or was written by a newer version.
    case unreadable(reason: String)
    /// A row does not open under this identity's key: altered, moved from another row, or another identity's.
    case altered(table: String, row: Int64)
    /// The system refused to read or write.
    case inputOutput(reason: String)
}
