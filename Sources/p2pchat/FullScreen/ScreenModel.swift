import Chat
import Files
import FoundationEssentials
import Identity
import Store
import Terminal

/// All that the full screen shows, as a value: the board writes it, `ScreenView` draws it.
struct ScreenModel: Equatable, Sendable {
    /// One's own handle, or the short fingerprint.
    var own = ""
    /// How it stands with the directory, in words, the short form first.
    var directory = DirectoryLine(isOnline: false, words: ["connecting"])
    /// In an order that stays, so that the numbers stay: contacts by when they became ones, then requests.
    var conversations: [ConversationItem] = []
    var selected: PublicIdentity?
    var isConnected = false
    /// What was said with the selected peer and what commands answered, oldest first; a part of it, at the end unless one has
    /// scrolled far up.
    var flow: [FlowItem] = []
    /// Nil at the end; otherwise the line that stands at the bottom.
    var bottom: FlowAnchor?
    /// Messages that came while one was scrolled up.
    var newBelow = 0
    /// Files that are moving, of everybody.
    var transfers: [String] = []
    var settings = Settings()
    /// Names of those who were discoverable when that was looked at last.
    var listed: [String] = []
    /// Files, as far as they are known.
    var files: [TransferKey: FileItem] = [:]
    /// What is over the lower part of the messages.
    var panel: Panel?
    /// What one is looking for, while one goes from hit to hit.
    var search: SearchMark?
}

/// A hit that one has gone to.
struct SearchMark: Equatable, Sendable {
    /// Fit for the terminal.
    let words: String
    /// The message's row.
    let row: Int64
    /// The newest hit is 1.
    let number: Int
    /// Hits that are known, and whether there are no more.
    let count: Int
    let isComplete: Bool
    /// That there is no next one.
    var note = ""
}

struct DirectoryLine: Equatable, Sendable {
    var isOnline: Bool
    /// From the most important on; what has no room is left out from the end.
    var words: [String]
}

/// One row of the list at the side.
struct ConversationItem: Equatable, Sendable {
    let peer: PublicIdentity
    /// Fit for the terminal.
    let name: String
    let trust: Trust
    let standing: Standing
    let isMuted: Bool
    var isOnline: Bool
    var unread: Int
    /// When the last line was written: the time today, else the day; empty without one.
    var last: String
}

/// Something in the middle of the screen. Its text is fit for the terminal only when it is laid out.
struct FlowItem: Equatable, Sendable {
    enum Content: Equatable, Sendable {
        case message(StoredMessage, sender: String)
        /// What the program says, already fit for the terminal; not stored.
        case notice(String)
    }

    /// Rises along the flow: twice the row of a message, one more for notices behind it.
    let place: Int64
    /// Among notices of one place.
    let number: Int
    var content: Content

    var message: StoredMessage? { if case .message(let message, _) = content { message } else { nil } }
}

/// A line of the flow: an item, and which of its lines.
struct FlowAnchor: Equatable, Sendable {
    var place: Int64
    var number: Int
    /// From 0; one beyond the item's last stands for the last.
    var line: Int

    func isBefore(_ item: FlowItem) -> Bool { (place, number) < (item.place, item.number) }
}
