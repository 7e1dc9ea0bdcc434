import Directory
import DirectoryServer

extension CommandError {
    /// Why a directory does not start. It would have to contradict what it signed.
    static func log(_ error: LogStartError) -> CommandError {
        switch error {
        case .storeBehind(let signed, let stored):
            CommandError(
                .refused,
                "the store has \(stored.entries), but \(signed) were signed: it is an older copy, and clients would see a fork",
                hint:
                    "put the newest directory.sqlite back; docs/operations.md, \"A lost store\", says what to do without one"
            )
        case .storeDiffers(let signed):
            CommandError(
                .refused,
                "the store has other entries than the \(signed) that were signed: clients would see a fork",
                hint: "put back the directory.sqlite that belongs to what was signed")
        case .lastSignedUnreadable:
            CommandError(
                .badData, "last-signed is damaged, or was signed by other log keys than those in log.key",
                hint: "put back the log.key that belongs to it")
        case .publishedForeign:
            CommandError(
                .badData,
                "the checkpoint in the folder to publish in is damaged, or was not signed by this directory's log",
                hint: "name another folder with --publish DIR")
        case .keyMissing:
            CommandError(
                .refused, "there is no log.key, but something was signed: clients would not know a new one",
                hint: "put log.key back from a backup")
        case .foreignKeys:
            CommandError(
                .badData, "log.key belongs to another directory's identity",
                hint: "put back the log.key that belongs to identity.key")
        }
    }
}
