/// Reads history page by page, however long it is.
struct HistoryReader: Sendable {
    let session: HomeSession
    let query: HistoryParameters
    let limit: Int?

    /// Everything that is asked for, the oldest first.
    ///
    /// - Returns: how many.
    func each(_ show: (MessageJSON) throws -> Void) async throws -> Int {
        if let limit, query.after == nil, query.since == nil {
            let messages = try await last(limit)
            for message in messages { try show(message) }
            return messages.count
        }
        var query = query
        if query.after == nil { query.above = 0 }
        var count = 0
        while true {
            query.limit = limit.map { min($0 - count, Operations.page) }
            let page = try await session.call(ControlMethods.history, query, { $0.history })
            for message in page.messages { try show(message) }
            count += page.messages.count
            guard page.more, let last = page.messages.last, count < limit ?? .max else { return count }
            query.after = nil
            query.above = last.position
        }
    }

    /// What a search found, the oldest first.
    func found() async throws -> [MessageJSON] { try await last(limit ?? .max) }

    private func last(_ limit: Int) async throws -> [MessageJSON] {
        var query = query
        var pages: [[MessageJSON]] = []
        var count = 0
        while true {
            query.limit = min(limit - count, Operations.page)
            let page = try await session.call(ControlMethods.history, query, { $0.history })
            pages.append(page.messages)
            count += page.messages.count
            guard page.more, let first = page.messages.first, count < limit else { break }
            query.below = first.position
        }
        return pages.reversed().flatMap { $0 }
    }
}
