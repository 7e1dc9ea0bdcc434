import Identity

/// The conversations by peer. One that has no link is kept for a while, because somebody may wait at it; then it is
/// dropped, so that strangers who come and go do not fill memory. What it has still to send is in the store.
struct Conversations {
    private struct Kept {
        let conversation: Conversation
        var links = 0
        var lastUse: ContinuousClock.Instant
    }

    private var kept: [PublicIdentity: Kept] = [:]
    private let now: @Sendable () -> ContinuousClock.Instant

    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.now = now
    }

    var all: [Conversation] { kept.values.map(\.conversation) }

    /// The conversation with the peer, which counts as used now.
    subscript(peer: PublicIdentity) -> Conversation? {
        mutating get {
            kept[peer]?.lastUse = now()
            return kept[peer]?.conversation
        }
    }

    /// Adds a conversation, and drops what is long out of use when there are many.
    ///
    /// - Returns: The peers whose conversations were dropped.
    mutating func add(_ conversation: Conversation) -> [PublicIdentity] {
        var dropped: [PublicIdentity] = []
        if kept.count >= Self.many {
            let limit = now() - Self.keptUnused
            dropped = kept.filter {
                $0.value.links == 0 && $0.value.lastUse < limit
            }.map(\.key)
            for peer in dropped { kept[peer] = nil }
        }
        kept[conversation.peer] = Kept(conversation: conversation, lastUse: now())
        return dropped
    }

    mutating func remove(_ peer: PublicIdentity) -> Conversation? {
        kept.removeValue(forKey: peer)?.conversation
    }

    /// A link of the conversation is read from now on.
    mutating func began(_ conversation: Conversation) {
        // One that was removed meanwhile may have a successor with the same peer.
        guard kept[conversation.peer]?.conversation === conversation else { return }
        kept[conversation.peer]?.links += 1
    }

    mutating func ended(_ conversation: Conversation) {
        guard kept[conversation.peer]?.conversation === conversation else { return }
        kept[conversation.peer]?.links -= 1
        kept[conversation.peer]?.lastUse = now()
    }

    private static let many = 64
    /// Longer than a dial through a list of addresses, and than a sender goes on sending again.
    private static let keptUnused: Duration = .seconds(120)
}
