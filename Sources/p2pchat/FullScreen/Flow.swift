import Chat
import Identity
import Store
import Wire

/// The part of a conversation that is in memory, with what the program said between its messages. At most some hundreds of
/// messages, wherever in the conversation they are.
struct Flow {
    private(set) var peer: PublicIdentity?
    private(set) var items: [FlowItem] = []
    /// Whether the newest message is among them.
    private(set) var reachesEnd = true
    private var reachesBeginning = true
    /// What the program said, by conversation; gone with the program.
    private var notices: [PublicIdentity?: [FlowItem]] = [:]
    private var lastNumber = 0
    /// Came while the store is being read.
    private var arrived: [StoredMessage] = []
    private var isReading = false
    private var told = ToldStates()
    private var peerName = ""

    var newestIncoming: StoredMessage? {
        items.last { $0.message?.direction == .incoming }?.message
    }

    /// The oldest and the newest row of messages that are here; nil where there is none.
    var firstRow: Int64? { items.first { $0.message != nil }?.message?.row }
    var lastRow: Int64? { lastMessage?.row }
    var endsWithNotice: Bool { items.last.map { $0.message == nil } ?? false }
    var mayHaveOlder: Bool { peer != nil && !reachesBeginning }

    /// The end of a conversation, after `willRead()`.
    mutating func open(_ peer: PublicIdentity?, called name: String, _ newest: [StoredMessage]) {
        let since = self.peer == peer ? arrived.filter { $0.row > newest.last?.row ?? 0 } : []
        self.peer = peer
        peerName = name
        (reachesEnd, reachesBeginning) = (true, newest.count < Self.page)
        set(newest + since)
    }

    /// A part in the middle, after `willRead()`: what is older than a message, and it with what is newer.
    mutating func open(
        _ peer: PublicIdentity, called name: String, older: [StoredMessage], newer: [StoredMessage]
    ) {
        let isSame = self.peer == peer
        self.peer = peer
        peerName = name
        (reachesEnd, reachesBeginning) = (newer.count < Self.page, older.count < Self.page)
        let read = older + newer
        let since = isSame && reachesEnd ? arrived.filter { $0.row > read.last?.row ?? 0 } : []
        set(read + since)
    }

    mutating func openBeginning(_ oldest: [StoredMessage]) {
        (reachesEnd, reachesBeginning) = (oldest.count < Self.page, true)
        set(oldest)
    }

    /// The store is about to be read: what comes meanwhile may not be in what was read.
    mutating func willRead() { (isReading, arrived) = (true, []) }

    /// The same part again, as the store has it now, after `willRead()`.
    mutating func reload(_ found: [StoredMessage]) {
        set(found + arrived.filter { $0.row > found.last?.row ?? 0 })
    }

    mutating func add(older: [StoredMessage]) {
        reachesBeginning = older.count < Self.page
        var all = older + messages
        if all.count > Self.most {
            all.removeLast(all.count - Self.most)
            reachesEnd = false
        }
        set(all)
    }

    mutating func add(newer: [StoredMessage]) {
        reachesEnd = newer.count < Self.page
        var all = messages + newer.filter { $0.row > lastRow ?? 0 }
        if all.count > Self.most {
            all.removeFirst(all.count - Self.most)
            reachesBeginning = false
        }
        set(all)
    }

    /// Only at the end.
    mutating func append(_ message: StoredMessage) {
        // It may have been loaded meanwhile.
        guard message.row > lastRow ?? 0 else { return }
        if isReading { arrived.append(message) }
        if arrived.count > Self.most { arrived.removeFirst() }
        items.append(item(message))
        if items.count > Self.most + Self.page {
            items.removeFirst(Self.page)
            reachesBeginning = false
        }
    }

    mutating func append(notice text: String) {
        lastNumber += 1
        let place = (lastRow ?? 0) * 2 + 1
        let item = FlowItem(place: place, number: lastNumber, content: .notice(text))
        var kept = notices[peer] ?? []
        kept.append(item)
        if kept.count > Self.mostNotices { kept.removeFirst(kept.count - Self.mostNotices) }
        notices[peer] = kept
        items.append(item)
    }

    /// - Returns: Whether one of them is here.
    mutating func raise(_ ids: Set<MessageID>, to state: DeliveryState) -> Bool {
        told.raise(ids, to: state)
        var isChanged = false
        // The newest are at the end; a receipt is about few.
        for index in items.indices.reversed() {
            guard var message = items[index].message, message.direction == .outgoing,
                ids.contains(message.id), message.state < state
            else { continue }
            message.state = state
            items[index] = item(message)
            isChanged = true
        }
        return isChanged
    }

    private var messages: [StoredMessage] { items.compactMap(\.message) }
    private var lastMessage: StoredMessage? { items.last { $0.message != nil }?.message }

    private func item(_ message: StoredMessage) -> FlowItem {
        var message = message
        if message.direction == .outgoing, let state = told[message.id] {
            message.state = max(message.state, state)
        }
        return FlowItem(
            place: message.row * 2, number: 0,
            content: .message(message, sender: message.direction == .outgoing ? "you" : peerName))
    }

    private mutating func set(_ messages: [StoredMessage]) {
        (isReading, arrived) = (false, [])
        let first = messages.first.map { $0.row * 2 } ?? 0
        let last = reachesEnd ? Int64.max : messages.last.map { $0.row * 2 + 1 } ?? Int64.max
        let said = (notices[peer] ?? []).filter {
            ($0.place > first || reachesBeginning) && $0.place <= last
        }
        var merged: [FlowItem] = []
        merged.reserveCapacity(messages.count + said.count)
        var rest = said[...]
        for message in messages {
            while let notice = rest.first, notice.place < message.row * 2 {
                merged.append(rest.removeFirst())
            }
            merged.append(item(message))
        }
        items = merged + rest
    }

    /// Messages that are read at a time.
    static let page = 200
    /// Messages in memory.
    static let most = 1000
    private static let mostNotices = 500
}
