import Chat
import Directory
import FoundationEssentials
import Identity
import Store

/// The directory's log, as this home sees it.
extension Operations {
    /// What is known, after a look at the directory where it can be reached.
    func log(_: NoParameters) async throws -> LogStatusJSON {
        guard let log = node.log, let reference = node.settings.directory else { throw ChatError.noDirectory }
        let problem = await node.lookAtLog().map { CommandError(describing: $0).message }
        return LogStatusJSON(
            reference, log, handle: node.settings.handle, identity: node.identity, problem: problem)
    }

    /// Takes the newest entry of the own handle for one of this home.
    func acceptEntry(_: NoParameters) async throws -> AcceptedEntryJSON {
        guard let log = node.log else { throw ChatError.noDirectory }
        try await node.lookAtOwnHandle()
        guard let alert = log.alert(of: node.settings.handle, identity: node.identity) else {
            throw CommandError(
                .usage, "no entry of your handle waits for your look; there is nothing to accept")
        }
        await log.accept(alert)
        return AcceptedEntryJSON(
            handle: alert.handle.text, entry: LogText.text(alert.entry), time: LogText.time(alert.entry.time))
    }
}
