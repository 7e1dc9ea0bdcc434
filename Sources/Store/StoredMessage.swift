package import FoundationEssentials
package import Identity
package import Wire

/// Who wrote a message.
package enum MessageDirection: UInt8, Sendable {
    case incoming = 0
    case outgoing = 1
}

/// How far an outgoing message came. It never goes back.
package enum DeliveryState: UInt8, Sendable, Comparable, CustomStringConvertible {
    /// Durable here, and not handed to a link yet.
    case queued = 0
    /// Handed to a link; whether it arrived is not known.
    case sent
    /// The peer has it durably.
    case delivered
    /// The peer has shown it to a person.
    case read

    package var description: String {
        switch self {
        case .queued: "queued"
        case .sent: "sent"
        case .delivered: "delivered"
        case .read: "read"
        }
    }

    package static func < (left: DeliveryState, right: DeliveryState) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A message to be stored. Times are kept to the millisecond.
package struct NewMessage: Sendable, Equatable {
    package let id: MessageID
    /// The sender's clock.
    package let sentAt: Date
    package let content: MessageContent

    package init(id: MessageID, sentAt: Date, content: MessageContent) {
        self.id = id
        self.sentAt = sentAt
        self.content = content
    }
}

/// A message as it stands in the store.
package struct StoredMessage: Sendable, Equatable {
    /// Its place in the order of arrival and writing, over all conversations. Never used twice, except that a message
    /// that is restored from a backup gets a new one.
    package let row: Int64
    package let peer: PublicIdentity
    /// Means something only together with the sender.
    package let id: MessageID
    package let direction: MessageDirection
    /// The sender's clock, to the millisecond.
    package let sentAt: Date
    /// One's own clock when the message was stored, to the millisecond.
    package let storedAt: Date
    package let content: MessageContent
    /// Means something for outgoing messages only; `delivered` for incoming ones.
    package var state: DeliveryState

    package init(
        row: Int64, peer: PublicIdentity, id: MessageID, direction: MessageDirection, sentAt: Date,
        storedAt: Date, content: MessageContent, state: DeliveryState
    ) {
        self.row = row
        self.peer = peer
        self.id = id
        self.direction = direction
        self.sentAt = sentAt
        self.storedAt = storedAt
        self.content = content
        self.state = state
    }
}

/// What became of an edit.
package enum EditResult: Sendable, Equatable {
    case edited
    /// It was handed to a link before; it stays as it was.
    case alreadySent
    /// There is no such outgoing message.
    case unknown
}

/// A conversation's marks. Rows are those of ``StoredMessage``; 0 is before the first.
package struct ConversationState: Sendable, Equatable {
    /// Incoming messages up to this row were shown.
    package var seen: Int64
    /// Incoming messages up to this row were reported to the peer as read.
    package var reported: Int64
    /// Seconds after which messages are deleted; nil to keep them.
    package var retention: Int64?
    /// Incoming messages above `seen`.
    package var unread: Int
    /// The newest message's row; 0 when there is none.
    package var last: Int64

    package init(
        seen: Int64 = 0, reported: Int64 = 0, retention: Int64? = nil, unread: Int = 0, last: Int64 = 0
    ) {
        self.seen = seen
        self.reported = reported
        self.retention = retention
        self.unread = unread
        self.last = last
    }
}

/// One line of a list of conversations.
package struct ConversationSummary: Sendable, Equatable {
    package let peer: PublicIdentity
    /// Incoming messages that were not shown.
    package let unread: Int
    /// The newest message's row; 0 when there is none.
    package let last: Int64

    package init(peer: PublicIdentity, unread: Int, last: Int64) {
        self.peer = peer
        self.unread = unread
        self.last = last
    }
}
