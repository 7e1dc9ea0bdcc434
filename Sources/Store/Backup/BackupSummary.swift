package import FoundationEssentials

/// What a backup holds.
package struct BackupSummary: Sendable, Equatable {
    /// When it was made, to the millisecond.
    package let made: Date
    /// Whether messages were included.
    package let hasHistory: Bool
    package let contacts: Int
    package let messages: Int

    /// What is restored without the messages.
    package var withoutMessages: BackupSummary {
        BackupSummary(made: made, hasHistory: false, contacts: contacts, messages: 0)
    }
}
