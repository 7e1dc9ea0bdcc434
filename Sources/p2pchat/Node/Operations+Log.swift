import Chat
import Directory
import FoundationEssentials
import Identity
import Store
import Terminal
import Transparency

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

    /// Shows the policy, after it was changed where that is asked for.
    func logPolicy(_ parameters: LogPolicyParameters) async throws -> LogPolicyJSON {
        guard let log = node.log else { throw ChatError.noDirectory }
        if let text = parameters.text {
            let policy: WitnessPolicy
            do {
                policy = try WitnessPolicy(text: text)
            } catch {
                throw CommandError(.badData, VisibleText("\(error)").description)
            }
            guard policy.isFor(log.directory, log.view?.statements ?? []) else {
                throw CommandError(
                    .badData,
                    "the policy is for other logs than \(LogKeyStatement.origin(of: log.directory)), that of your directory"
                )
            }
            try await log.set(policy: policy)
        } else if parameters.removes ?? false {
            try await log.set(policy: nil)
        }
        return LogPolicyJSON(log.memory.policy)
    }

    /// Reads what was not read yet of the whole log, however long it is, and audits it.
    func auditLog(_: NoParameters) async throws -> LogAuditJSON {
        let client = try await node.directoryClient()
        try await client.checkLog()
        let before = client.book.memory.replica?.checked ?? 0
        try await client.replicate(limit: .max)
        return try LogAuditJSON(client.book, before: before)
    }

    /// What the log says of a handle.
    func proveHandle(_ parameters: HandleParameters) async throws -> HandleProofJSON {
        let handle: Handle
        do { handle = try Handle(parameters.handle) } catch { throw CommandError(.usage, "\(error)") }
        let client = try await node.directoryClient()
        return HandleProofJSON(try await client.prove(handle), client.book)
    }
}

extension WitnessPolicy {
    /// Whether it is for the log of a directory: where it names logs, that one has to be among them, with one of the keys that the directory is known to have had.
    fileprivate func isFor(_ directory: PublicIdentity, _ known: [LogKeyStatement]) -> Bool {
        logs.isEmpty
            || logs.contains { log in
                log.name == LogKeyStatement.origin(of: directory)
                    && (known.isEmpty || known.contains { $0.keys.note == log })
            }
    }
}
