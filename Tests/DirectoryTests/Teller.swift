import Directory
import Foundation
import Identity
import Synchronization
import Wire

/// A home that is online at a directory and compares with its peers what it was told there.
final class Teller: Sendable {
    let identity: PublicIdentity
    let world: World
    let keeper: MemoryKeeper
    let book: LogBook
    let client: DirectoryClient
    let gossip: LogGossip
    /// Whether the directory can be asked.
    let isConnected: Shared<Bool>
    private let running: Task<DirectoryError, Never>

    final class Shared<Value: Sendable>: Sendable {
        private let value: Mutex<Value>

        init(_ value: Value) { self.value = Mutex(value) }

        func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
            value.withLock { body(&$0) }
        }
    }

    init(at world: World, keeper: MemoryKeeper = MemoryKeeper()) throws {
        let keys = try IdentityKeys.generate()
        let book = try LogBook(of: world.keys.publicIdentity, keeper: keeper)
        let (time, isConnected) = (world.time, Shared(true))
        let client = DirectoryClient(
            link: try world.link(keys).link, identity: keys, log: book,
            sleep: { _ in try await Task.sleep(for: .seconds(3_600)) }, now: { time.now })
        identity = keys.publicIdentity
        (self.world, self.keeper, self.book, self.client) = (world, keeper, book, client)
        self.isConnected = isConnected
        gossip = LogGossip(
            book: book, client: { isConnected.withLock { $0 } ? client : nil }, now: { time.now })
        running = Task { await client.run() }
    }

    deinit { running.cancel() }

    /// Why the link to the directory ended; waits for that.
    func ended() async -> DirectoryError { await running.value }

    /// Whether what a peer tells is looked at.
    func hears(_ told: BelievedLog, from peer: Teller) -> Bool {
        if case .heard = gossip.hear(told, from: peer.identity) { true } else { false }
    }
}
