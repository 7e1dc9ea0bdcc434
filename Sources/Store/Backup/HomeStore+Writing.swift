package import FoundationEssentials
package import Identity

extension HomeStore {
    /// Writes everything that a home holds besides its identity: settings, contacts and, if wanted, conversations with their
    /// messages. Transfers are left out: they name paths of this computer.
    ///
    /// - Parameter writer: its file is not finished yet when this returns.
    /// - Throws: `StoreError`, `IdentityError`.
    package func backUp(
        to writer: BackupWriter, history: Bool, at time: Date
    ) async throws -> BackupSummary {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func append(_ record: BackupRecord) throws {
            try writer.append(Array(try encoder.encode(record)) + [UInt8(ascii: "\n")])
        }
        let made = Milliseconds.of(time)
        try append(.begin(BackupRecord.Begin(made: made, history: history)))
        try append(.settings(StoredSettings(settings())))
        let contacts = try contacts()
        for contact in contacts { try append(.contact(StoredContact(contact))) }
        var messages = 0
        if history {
            var numbers: [PublicIdentity: Int] = [:]
            func number(of peer: PublicIdentity) async throws -> Int {
                if let known = numbers[peer] { return known }
                let retention = try await conversation(with: peer).retention
                try append(
                    .conversation(
                        BackupRecord.Conversation(peer: peer.fingerprint, retention: retention)))
                defer { numbers[peer] = numbers.count }
                return numbers.count
            }
            // Those without messages, too: they have a retention time.
            for summary in try await conversations() { _ = try await number(of: summary.peer) }
            try await forEachMessage { message in
                try append(
                    .message(
                        BackupRecord.Message(message, conversation: try await number(of: message.peer))))
                messages += 1
            }
        }
        try append(.end(BackupRecord.End(contacts: contacts.count, messages: messages)))
        return BackupSummary(
            made: Milliseconds.date(made), hasHistory: history, contacts: contacts.count,
            messages: messages)
    }
}
