import Chat
import Directory
import Foundation
import Identity
import Link
import Store

extension Link: EnvelopeLink {}

/// Messages between two Messengers over real links, contacts kept on disk on both sides, as the program has them.
enum MessageBench {
    private struct Network: PeerNetwork {
        let keys: IdentityKeys

        func dial(_ endpoint: Endpoint, expecting identity: PublicIdentity) async throws -> any EnvelopeLink {
            try await LinkDialer.dial(endpoint, expecting: identity, purpose: .peer, identity: keys)
        }
    }

    private static func messenger(_ keys: IdentityKeys, _ folder: String) throws -> Messenger {
        let store = try HomeStore(
            path: "\(folder)/\(keys.publicIdentity.shortFingerprint).sqlite", keys: keys)
        return Messenger(
            identity: keys.publicIdentity, handle: nil, book: try ContactBook(store: store, now: { Date() }),
            network: Network(keys: keys), directory: nil, now: { Date() })
    }

    /// Seconds from dialling to the acknowledgement of the first message, each time between two who never met; the median.
    static func dialToFirstAcknowledged(times: Int) async throws -> Double {
        let folder = FileManager.default.temporaryDirectory.path + "/p2pchat-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var all: [Double] = []
        for _ in 0..<times {
            let (near, far) = (try IdentityKeys.generate(), try IdentityKeys.generate())
            let (sender, receiver) = (try messenger(near, folder), try messenger(far, folder))
            let listener = try await LinkListener.bind(
                Endpoint("127.0.0.1:0"), purpose: .peer, identity: far
            ) { _ in true }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await sender.run() }
                group.addTask { await receiver.run() }
                group.addTask { for await link in listener.links { await receiver.accept(link) } }
                let peer = ResolvedPeer(
                    identity: far.publicIdentity, handle: nil, addresses: [listener.localEndpoint])
                let start = ContinuousClock.now
                let id = try await sender.send("hello", to: peer)
                try await sender.waitDelivered(id, to: peer, timeout: .seconds(10))
                all.append((ContinuousClock.now - start).seconds)
                await sender.close()
                await receiver.close()
                await listener.close()
                try await group.waitForAll()
            }
        }
        return median(all)
    }
}
