import FoundationEssentials
package import Identity

/// What a peer believes of a directory's log. Nothing in it is checked but its form.
package struct BelievedLog: Equatable, Sendable {
    package let directory: PublicIdentity
    /// The directory's statements of its log's keys, 136 bytes each, 1 to 64, the oldest first.
    package let statements: [[UInt8]]
    /// A signed note, 1 to 16,384 bytes.
    package let checkpoint: [UInt8]

    package init(directory: PublicIdentity, statements: [[UInt8]], checkpoint: [UInt8]) {
        (self.directory, self.statements, self.checkpoint) = (directory, statements, checkpoint)
    }

    init(_ message: P2pchat_V1_BelievedLog) throws(WireError) {
        directory = try identity(message.directory, "believed_log.directory")
        guard (1...WireLimits.logKeys).contains(message.statements.count) else {
            throw .invalid("believed_log.statements")
        }
        var statements: [[UInt8]] = []
        for statement in message.statements {
            statements.append(
                try fixed(statement, WireLimits.logKeyStatement, "believed_log.statements"))
        }
        self.statements = statements
        checkpoint = try note(message.checkpoint, "believed_log.checkpoint")
    }

    var message: P2pchat_V1_BelievedLog {
        get throws(WireError) {
            guard (1...WireLimits.logKeys).contains(statements.count) else {
                throw .invalid("believed_log.statements")
            }
            var message = P2pchat_V1_BelievedLog()
            message.directory = Data(directory.bytes)
            message.statements = statements.map { Data($0) }
            message.checkpoint = Data(checkpoint)
            return message
        }
    }
}
