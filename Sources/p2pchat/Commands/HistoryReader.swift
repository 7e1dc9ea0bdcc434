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

    /// What a search found, the oldest first, each with what stands around it.
    ///
    /// - Returns: how many.
    func eachFound(context: Int, _ show: (MessageJSON, AroundJSON) throws -> Void) async throws -> Int {
        var query = query
        query.context = context
        guard var limit else {
            if query.after == nil { query.above = 0 }
            return try await eachFirst(query, .max, show)
        }
        query.limit = min(limit, Operations.page)
        var page = try await session.call(ControlMethods.history, query, { $0.history })
        var count = page.messages.count
        guard page.more, count < limit else {
            try Self.show(page, show)
            return count
        }
        // More than one answer holds: first where they begin, which takes no memory, and then from there on.
        query.context = nil
        while page.more, count < limit, let first = page.messages.first {
            query.below = first.position
            query.limit = min(limit - count, Operations.page)
            page = try await session.call(ControlMethods.history, query, { $0.history })
            count += page.messages.count
        }
        limit = count
        query.above = (page.messages.first?.position ?? query.below ?? 1) - 1
        (query.after, query.below, query.context) = (nil, nil, context)
        return try await eachFirst(query, limit, show)
    }

    private func eachFirst(
        _ query: HistoryParameters, _ limit: Int, _ show: (MessageJSON, AroundJSON) throws -> Void
    ) async throws -> Int {
        var query = query
        query.first = true
        var count = 0
        var size = Self.firstPage
        while true {
            query.limit = min(limit - count, size)
            let page = try await session.call(ControlMethods.history, query, { $0.history })
            try Self.show(page, show)
            count += page.messages.count
            guard page.more, let last = page.messages.last, count < limit else { return count }
            query.after = nil
            query.above = last.position
            size = Operations.page
        }
    }

    private static func show(
        _ page: MessagesResult, _ show: (MessageJSON, AroundJSON) throws -> Void
    ) throws {
        let around = page.around ?? []
        for (index, message) in page.messages.enumerated() {
            try show(message, index < around.count ? around[index] : AroundJSON())
        }
    }

    /// Few, so that whoever waits sees the first ones at once.
    private static let firstPage = 20

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
