import Store
import Wire

/// How far messages are, of which one was told lately. The store learns it a little later: what was read from it, and a message that
/// was just sent, may be behind.
struct ToldStates {
    private var recent: [MessageID: DeliveryState] = [:]
    private var former: [MessageID: DeliveryState] = [:]

    mutating func raise(_ ids: Set<MessageID>, to state: DeliveryState) {
        if recent.count >= Self.most { (former, recent) = (recent, [:]) }
        for id in ids { recent[id] = max(self[id] ?? state, state) }
    }

    subscript(id: MessageID) -> DeliveryState? { recent[id] ?? former[id] }

    /// Of each generation; as many as are in memory of a conversation.
    private static let most = 1000
}
