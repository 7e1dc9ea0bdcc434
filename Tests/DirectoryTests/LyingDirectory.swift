import Directory
import DirectoryServer
import Foundation
import Identity
import Lies
import Transparency

/// An honest directory, and somebody between it and the client who changes its answers and has its log's keys.
struct LyingDirectory {
    let world: World
    let forger: Forger

    init(witnessing: DirectoryLog.Witnessing? = nil) async throws {
        let keys = try IdentityKeys.generate()
        let signer = try LogSigner(LogKeyFile.generate(), directory: keys)
        let world = try await World(keys: keys, signer: signer, witnessing: witnessing)
        self.world = world
        forger = Forger(signer, directory: keys.publicIdentity) {
            UInt64(world.time.now.timeIntervalSince1970)
        }
    }

    /// A client whose answers pass through the lie.
    ///
    /// - Parameter log: what it has seen before.
    @discardableResult
    func deceive<Value: Sendable>(
        _ keys: IdentityKeys, log: LogBook? = nil, _ lie: @escaping Lie,
        _ ask: (DirectoryClient) async throws -> Value
    ) async throws -> Value {
        let (near, far) = try InMemoryLink.pair(
            from: keys.publicIdentity, at: Endpoint("192.0.2.7:1"), to: world.keys.publicIdentity)
        let time = world.time
        // A busy machine's seconds are not what these tests are about.
        let client = DirectoryClient(
            link: near, identity: keys, log: log, sleep: { _ in try await Task.sleep(for: .seconds(3_600)) },
            now: { time.now })
        let running = Task { await client.run() }
        let (service, lying) = (world.service, LyingLink(far) { lie })
        let serving = Task { await service.serve(lying) }
        defer {
            running.cancel()
            serving.cancel()
        }
        return try await ask(client)
    }

    /// A claim, by its owner's key, that is in no log.
    func claim(_ handle: Handle, by keys: IdentityKeys) throws -> LogEntry {
        try LogEntry.make(.claim(recovery: .none), label: Label(handle), after: nil, time: 1, by: keys)
    }

    /// The entries of the honest log.
    func entries() async throws -> [[UInt8]] {
        try await world.store.entries(from: 0, count: 99).map(\.bytes)
    }
}

/// A map that has one label, or none.
struct MapTreeOfOne {
    private var map = MapTree()
    private let label: NodeHash

    init(label: Label, entry: LogEntry?) {
        self.label = label.nodeHash ?? .emptyLog
        if let entry { map.set(self.label, to: entry.nodeHash) }
    }

    mutating func prove() -> (root: NodeHash, proof: MapProof) { (map.root(), map.prove(label)) }
}
