/// Why a directory must not start: what it would sign could contradict what it signed before.
package enum LogStartError: Error, Equatable, Sendable {
    /// The store has fewer entries than were signed: an older copy of it.
    case storeBehind(signed: UInt64, stored: UInt64)
    /// The store has other entries than those that were signed.
    case storeDiffers(signed: UInt64)
    /// What was signed last cannot be read, or is not signed by a key of this log.
    case lastSignedUnreadable
    /// The checkpoint in the folder that the log is published in cannot be read, or is not signed by a key of this log.
    case publishedForeign
    /// There is something signed, and no key that could have signed it.
    case keyMissing
    /// The log's keys belong to another directory's identity.
    case foreignKeys
}
