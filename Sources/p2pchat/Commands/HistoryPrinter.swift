import Synchronization

/// Prints stored messages: for people by day, or as JSON.
final class HistoryPrinter: Sendable {
    private struct State {
        var day: String?
        /// By peer, the position of the last one printed.
        var last: [String: Int64] = [:]
        var lastPeer: String?
    }

    /// Nil for JSON.
    private let names: PeerNames?
    private let isAmongOthers: Bool
    private let state = Mutex(State())

    init(names: PeerNames?, isAmongOthers: Bool) {
        self.names = names
        self.isAmongOthers = isAmongOthers
    }

    func show(_ message: MessageJSON) throws {
        guard let names else { return try Output.json(message) }
        let day = MessageLine.day(message)
        let isNew = state.withLock { state in
            defer { state.day = day }
            return state.day != day
        }
        if isNew { try Output.line("-- \(day)") }
        try Output.line(MessageLine.said(message, names, isAmongOthers: isAmongOthers))
    }

    /// A found message with what stands around it in its conversation. What belongs to two of them is printed once.
    func show(_ hit: MessageJSON, _ around: AroundJSON) throws {
        let (before, after) = (around.before, around.after)
        let (shownTo, isNewPeer) = state.withLock { state in
            defer {
                state.last[hit.peer] = after.last?.position ?? hit.position
                state.lastPeer = hit.peer
            }
            return (state.last[hit.peer] ?? 0, state.lastPeer != hit.peer)
        }
        let new = before.filter { $0.position > shownTo }
        guard let names else {
            for message in new { try Output.json(Around(message)) }
            try Output.json(hit)
            for message in after { try Output.json(Around(message)) }
            return
        }
        // Without a gap it goes on under the same heading.
        let isFollowing = shownTo > 0 && !isNewPeer && new.count < before.count
        if !isFollowing { try Output.line("-- with \(names.name(hit.peer)), \(MessageLine.day(hit))") }
        for message in new { try Output.line("  " + line(message, names)) }
        try Output.line("> " + line(hit, names))
        for message in after { try Output.line("  " + line(message, names)) }
    }

    private func line(_ message: MessageJSON, _ names: PeerNames) -> String {
        MessageLine.said(message, names, isAmongOthers: false)
    }

    /// A message that was not found itself.
    private struct Around: Encodable {
        let message: MessageJSON

        init(_ message: MessageJSON) { self.message = message }

        private enum CodingKeys: CodingKey { case context }

        func encode(to encoder: any Encoder) throws {
            try message.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(true, forKey: .context)
        }
    }
}
