import Identity
import Store
import Synchronization

/// Writes to the store what happens to messages, behind what happens on links and screen: the states of own ones, and how far
/// those of peers were shown. Only the newest of each, many in one transaction. What is lost in a crash is learned again: the peer
/// acknowledges duplicates, and what was shown is shown as new.
final class StateKeeper: Sendable {
    private struct State {
        /// By row; those that are being written stay until they are durable.
        var pending: [Int64: DeliveryState] = [:]
        /// By peer, the row up to which was shown.
        var seen: [PublicIdentity: Int64] = [:]
        var isClosing = false
        /// How many look at the store now, and what became durable meanwhile: they may see it as it was before.
        var readers = 0
        var held: Set<Int64> = []
    }

    private let state = Mutex(State())
    private let bell = Bell()
    private let archive: HomeStore

    init(archive: HomeStore) {
        self.archive = archive
    }

    func raise(_ row: Int64, to new: DeliveryState) {
        raise([(row, new)])
    }

    func raise(_ states: [(row: Int64, state: DeliveryState)]) {
        state.withLock { state in
            for (row, new) in states where state.pending[row].map({ $0 < new }) ?? true {
                state.pending[row] = new
            }
        }
        bell.ring()
    }

    /// Whether the message was acknowledged, and the store does not know it yet.
    func isDelivered(_ row: Int64) -> Bool {
        state.withLock { $0.held.contains(row) || $0.pending[row].map { $0 >= .delivered } ?? false }
    }

    /// What waits in the store, without what was acknowledged before or while it is read.
    func undelivered(_ read: @Sendable () async throws -> [StoredMessage]) async rethrows -> [StoredMessage] {
        try await reading { try await read().filter { !isDelivered($0.row) } }
    }

    /// How far the messages of these rows are, what the store does not know yet included; those that are not there are left out.
    func reached(_ rows: [Int64]) async throws -> [Int64: DeliveryState] {
        try await reading {
            var reached = try await archive.states(of: rows)
            for (row, state) in reached where state < .delivered && isDelivered(row) {
                reached[row] = .delivered
            }
            return reached
        }
    }

    private func reading<R: Sendable>(_ read: @Sendable () async throws -> R) async rethrows -> R {
        state.withLock { $0.readers += 1 }
        defer {
            state.withLock { state in
                state.readers -= 1
                if state.readers == 0 { state.held = [] }
            }
        }
        return try await read()
    }

    func saw(_ row: Int64, of peer: PublicIdentity) {
        state.withLock { $0.seen[peer] = max($0.seen[peer] ?? 0, row) }
        bell.ring()
    }

    /// Writes until `close()`, and what is there then.
    ///
    /// - Parameter didSee: Called when it is durable that messages of the peer were shown.
    func run(didSee: @Sendable (PublicIdentity) async -> Void) async {
        while true {
            let (states, seen, isClosing) = state.withLock { ($0.pending, $0.seen, $0.isClosing) }
            if states.isEmpty, seen.isEmpty {
                if isClosing { return }
                _ = await bell.wait()
                if Task.isCancelled { return }
                continue
            }
            do {
                try await write(states, seen)
                for peer in seen.keys { await didSee(peer) }
            } catch {
                // A full disk, for example. Whoever sends or receives says so; here it is tried again.
                if isClosing { return }
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    private func write(_ states: [Int64: DeliveryState], _ seen: [PublicIdentity: Int64]) async throws {
        if !states.isEmpty { try await archive.raise(states) }
        for (peer, row) in seen { try await archive.markSeen(with: peer, upTo: row) }
        state.withLock { state in
            for (row, written) in states where state.pending[row] == written {
                state.pending[row] = nil
                if state.readers > 0, written >= .delivered { state.held.insert(row) }
            }
            for (peer, written) in seen where state.seen[peer] == written { state.seen[peer] = nil }
        }
    }

    func close() {
        state.withLock { $0.isClosing = true }
        bell.ring()
    }
}
