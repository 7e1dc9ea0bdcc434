import Wire

/// The ids of one sender's last messages, so that a message sent again is acknowledged and not shown twice.
struct SeenMessages {
    private var ids: Set<MessageID> = []
    private var order: [MessageID] = []
    private var oldest = 0
    /// Far more than can be on its way unacknowledged (1 MiB of frames of 256 bytes).
    private static let limit = 8192

    /// Takes an id back whose message nobody took.
    mutating func remove(_ id: MessageID) { ids.remove(id) }

    /// False when the id was here before.
    mutating func insert(_ id: MessageID) -> Bool {
        guard ids.insert(id).inserted else { return false }
        if order.count < Self.limit {
            order.append(id)
        } else {
            ids.remove(order[oldest])
            order[oldest] = id
            oldest = (oldest + 1) % Self.limit
        }
        return true
    }
}
