import Identity

/// Going online with a home: lock, passphrase, node, signals.
struct Online {
    let options: HomeOptions
    /// The folder, absolute, for every file that a contact offers; nil: the user is asked.
    var takesFilesInto: String?
    var tellsShown = true

    /// Runs a node, and beside it `body`, until the body ends or a signal comes.
    func run(_ body: @escaping @Sendable (Node) async throws -> Void) async throws {
        try await run(await options.open(), body)
    }

    func run(_ open: OpenHome, _ body: @escaping @Sendable (Node) async throws -> Void) async throws {
        defer { withExtendedLifetime(open) {} }
        let node = try await Node.online(
            home: open.home, keys: open.keys, takesFilesInto: takesFilesInto, tellsShown: tellsShown)
        try await run(node, body)
    }

    func run(_ node: Node, _ body: @escaping @Sendable (Node) async throws -> Void) async throws {
        let service = OnlineService {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await node.run() }
                let result: Result<Void, any Error>
                do { result = .success(try await body(node)) } catch { result = .failure(error) }
                // Also after an error the node says its goodbyes and unregisters, uncancelled.
                node.stop()
                try await group.waitForAll()
                try result.get()
            }
        } stop: {
            Output.hurry()
            node.stop()
        }
        try await service.runUntilSignal()
    }
}
