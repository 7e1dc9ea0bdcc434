import Store
import Wire

/// What one link has still to send, and what it has sent: a window over the outbox in the store.
struct Outbox {
    /// Stored, not yet sent on the current link, oldest first.
    var unsent = Fifo<StoredMessage>()
    /// Sent on the current link and not acknowledged: the rows by id.
    var inFlight: [MessageID: Int64] = [:]
    /// The newest row that was ever in `unsent` since the restart.
    var loadedTo: Int64 = 0
    /// The newest row that was sent since the restart.
    var sentTo: Int64 = 0
    /// Whether there is nothing to send in the store behind `loadedTo`.
    var isComplete = false
    /// Counts what was stored, so that a load notices what came meanwhile.
    var appended = 0
    /// Counts restarts, so that a load notices that it is out of date.
    var restarts = 0
    /// How many changes of messages are under way; nothing is sent meanwhile.
    var holds = 0
    /// Messages that wait for the store, and those who wait for that.
    var drafts: [Draft] = []
    var isStoring = false

    struct Draft {
        let messages: [NewMessage]
        let turn: CheckedContinuation<Turn, any Error>
    }

    enum Turn {
        case stored([StoredMessage])
        /// The next batch is this one's to store.
        case lead
    }

    /// Begins anew with the oldest message that is not acknowledged.
    mutating func restart() {
        unsent.removeAll()
        inFlight = [:]
        loadedTo = 0
        sentTo = 0
        isComplete = false
        restarts += 1
    }

    /// Something that is not sent yet was changed in the store.
    mutating func reload() {
        unsent.removeAll()
        loadedTo = sentTo
        isComplete = false
        restarts += 1
    }

    /// So many are read from the store at once, and kept in memory.
    static let window = 256
    /// So many may be on their way unacknowledged.
    static let mostInFlight = 4096
}
