import Identity
import Wire

extension DirectoryClient {
    /// Looks one peer up. Nil: unknown, offline or not discoverable, which nobody can tell apart. That its handle is its own is checked in the
    /// directory's log.
    package func lookup(_ query: PeerQuery) async throws(DirectoryError) -> PeerEntry? {
        // The second time because the handle may have changed hands between the two answers.
        for _ in 0..<2 {
            let found = try await find(query)
            guard let entry = found, let handle = entry.handle else { return found }
            let newest = try await newest(Label(handle))
            if LabelState(newest).holders.contains(entry.identity) { return entry }
        }
        throw misbehaved("it serves a handle with another key than its log has")
    }

    private func find(_ query: PeerQuery) async throws(DirectoryError) -> PeerEntry? {
        guard case .lookedUp(let served) = try await request(.lookup(Self.wire(query))) else {
            throw misbehaved("it answers a look-up with something else")
        }
        guard let served else { return nil }
        return try checked { () throws(DirectoryError) in
            let entry = try PeerEntry(checking: served, from: directory)
            guard Self.answers(query, entry) else { throw .misbehaves("it answers another look-up") }
            return entry
        }
    }

    /// The discoverable peers that are online, in the order of their identities; asked page by page.
    ///
    /// - Parameter limit: after so many no further page is asked for: each costs one of the look-ups that a
    ///   directory allows a minute.
    package func list(limit: Int = 1_000) async throws(DirectoryError) -> [PeerEntry] {
        var entries: [PeerEntry] = []
        while true {
            let last = entries.last?.identity
            guard case .listed(let page, let more) = try await request(.list(after: last)) else {
                throw misbehaved("it answers a listing with something else")
            }
            try checked { () throws(DirectoryError) in
                for served in page {
                    let entry = try PeerEntry(checking: served, from: directory)
                    // In order, so that it can neither repeat an entry nor list without end.
                    guard entries.last.map({ $0.identity < entry.identity }) ?? true else {
                        throw .misbehaves("its list is not in order")
                    }
                    entries.append(entry)
                }
            }
            if !more || entries.count >= limit { return entries }
        }
    }

    /// Comings and goings of the discoverable from now on, until the link ends. A receiver that lags 1,024
    /// events behind is ended.
    package func watch() async throws(DirectoryError) -> AsyncStream<PresenceEvent> {
        // Before asking: the first event may come with the answer.
        let events = addWatcher()
        guard case .watching = try await request(.watch) else {
            throw misbehaved("it answers watching with something else")
        }
        return events
    }

    private static func wire(_ query: PeerQuery) throws(DirectoryError) -> LookupQuery {
        switch query {
        case .handle(let handle): return .handle(handle)
        case .identity(let identity): return .identity(identity)
        case .address(let endpoint):
            guard let address = try? NetworkAddress(endpoint) else {
                throw .invalidRequest("\(endpoint) is no ip address with a port")
            }
            return .address(address)
        }
    }

    private static func answers(_ query: PeerQuery, _ entry: PeerEntry) -> Bool {
        switch query {
        case .handle(let handle): entry.handle == handle
        case .identity(let identity): entry.identity == identity
        case .address(let endpoint):
            (try? NetworkAddress(endpoint)).map { entry.addresses.contains($0.endpoint) } ?? false
        }
    }
}
