import Chat
import Store

/// What arrived before somebody looked.
enum Arrived: Sendable {
    case nothing
    /// What was not shown before.
    case unshown
    /// What arrived after this position.
    case since(Int64)

    /// Hands it over in the order of arrival, page by page.
    ///
    /// Positions only rise, and every message that is stored after the last page was read is an event. So whoever gets events
    /// from before the first page on, and passes over messages up to the position that is returned, misses none and gets none twice.
    func replay(
        from node: Node, _ show: (IncomingMessage) async throws -> Void
    ) async throws -> Int64 {
        var position: Int64 =
            switch self {
            case .nothing, .unshown: 0
            case .since(let position): position
            }
        while true {
            let page: [StoredMessage] =
                switch self {
                case .nothing: []
                case .unshown: try await node.store.unseen(with: nil, after: position, limit: Self.page)
                case .since:
                    try await node.store.history(with: nil, after: position, before: nil, limit: Self.page)
                }
            guard let last = page.last else { return position }
            for stored in page where stored.direction == .incoming {
                let summary = await node.messenger.summary(of: stored.peer)
                try await show(IncomingMessage(peer: summary, stored: stored))
            }
            position = last.row
        }
    }

    private static let page = 500
}
