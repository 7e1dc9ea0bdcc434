package import Directory
import Identity
package import Transparency

/// Entries in memory, for tests and throw-away directories: everything is lost when it ends.
package actor MemoryClaimStore: ClaimStore {
    private var log: [LogEntry] = []
    private var newest: [Label: LogEntry] = [:]
    private var holdings: [PublicIdentity: Set<Label>] = [:]
    private var frontier = LogFrontier()
    private var nodes = MemoryLogStorage()

    package init() {}

    package func newest(_ label: Label) -> LogEntry? {
        newest[label]
    }

    package func append(_ batch: [NewEntry], rules: ClaimRules) throws(ClaimStoreError) -> AppendedBatch {
        let before = frontier
        var added: [(node: LogNode, hash: NodeHash)] = []
        var results: [Result<UInt64, ClaimStoreError>] = []
        for new in batch {
            do {
                let position = frontier.size
                try take(new.entry, rules)
                added += frontier.append(new.entry.nodeHash)
                results.append(.success(position))
            } catch let error as ClaimStoreError {
                results.append(.failure(error))
            } catch {
                throw .unavailable("\(error)")
            }
        }
        do {
            try nodes.add(added)
        } catch {
            throw .corrupt("\(error)")
        }
        return AppendedBatch(results: results, before: before, after: frontier, nodes: added)
    }

    private func take(_ entry: LogEntry, _ rules: ClaimRules) throws {
        let (before, after) = try BatchCheck.change(entry, after: newest[entry.label], rules: rules) {
            holdings[$0, default: []].count
        }
        if before != after {
            if let after { holdings[after, default: []].insert(entry.label) }
            if let before { holdings[before]?.remove(entry.label) }
        }
        log.append(entry)
        newest[entry.label] = entry
    }

    package func entryBytes(from position: UInt64, count: Int) -> [[UInt8]] {
        log.dropFirst(Int(clamping: position)).prefix(max(0, count)).map(\.bytes)
    }

    package func entryBytes(
        of label: Label, from sequence: UInt64, below limit: UInt64, count: Int
    ) -> [[UInt8]] {
        log.prefix(Int(clamping: limit)).filter { $0.label == label && $0.sequence >= sequence }
            .prefix(max(0, count)).map(\.bytes)
    }

    package func load() -> (log: LogFrontier, map: MapTree) {
        var map = MapTree(capacity: newest.count)
        for entry in newest.values {
            if let label = entry.label.nodeHash { map.set(label, to: entry.nodeHash) }
        }
        return (frontier, map)
    }

    package func withNodes<Value: Sendable>(
        _ body: @escaping @Sendable (any LogStorage) throws -> Value
    ) throws(ClaimStoreError) -> Value {
        do {
            return try body(nodes)
        } catch {
            throw .corrupt("\(error)")
        }
    }
}
