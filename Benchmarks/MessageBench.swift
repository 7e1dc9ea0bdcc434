import Chat
import Directory
import Foundation
import Identity
import Link
import Store
import Wire

extension Link: EnvelopeLink {}

/// Messages between two Messengers over real links, everything kept on disk on both sides, as the program has them.
enum MessageBench {
    struct Failed: Error {}

    private struct Network: PeerNetwork {
        let keys: IdentityKeys

        func dial(_ endpoint: Endpoint, expecting identity: PublicIdentity) async throws -> any EnvelopeLink {
            try await LinkDialer.dial(endpoint, expecting: identity, purpose: .peer, identity: keys)
        }
    }

    /// Two who have never met; the one can dial the other.
    private struct Ends {
        let sender: Messenger
        let receiver: Messenger
        let listener: LinkListener
        /// The receiver, as the sender knows it.
        let peer: ResolvedPeer

        init(_ folder: String) async throws {
            let (near, far) = (try IdentityKeys.generate(), try IdentityKeys.generate())
            sender = try Self.messenger(near, folder)
            receiver = try Self.messenger(far, folder)
            listener = try await LinkListener.bind(
                Endpoint("127.0.0.1:0"), purpose: .peer, identity: far
            ) { _ in true }
            peer = ResolvedPeer(
                identity: far.publicIdentity, handle: nil, addresses: [listener.localEndpoint])
        }

        private static func messenger(_ keys: IdentityKeys, _ folder: String) throws -> Messenger {
            let store = try HomeStore(
                path: "\(folder)/\(keys.publicIdentity.shortFingerprint).sqlite", keys: keys)
            return Messenger(
                identity: keys.publicIdentity, handle: nil,
                book: try ContactBook(store: store, now: { Date() }), archive: store,
                network: Network(keys: keys), directory: nil, now: { Date() })
        }

        /// Runs both while `body` uses them.
        func whileRunning<R: Sendable>(_ body: () async throws -> R) async throws -> R {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await sender.run() }
                group.addTask { await receiver.run() }
                group.addTask { for await link in listener.links { await receiver.accept(link) } }
                // Somebody looks at what comes, as at a screen.
                group.addTask { while await receiver.events.next() != nil {} }
                let result = try await body()
                await sender.close()
                await receiver.close()
                await listener.close()
                try await group.waitForAll()
                return result
            }
        }

        /// The first message, up to its acknowledgement; the receiver then accepts the sender.
        func meet() async throws {
            let first = try await sender.send("hello", to: peer)
            try await sender.waitDelivered(first.id, to: peer, timeout: .seconds(10))
            try await receiver.accept(sender.identity)
        }

        /// Waits until the sender hears that these were delivered.
        func delivered(_ wanted: Set<MessageID>) async throws {
            var missing = wanted
            while !missing.isEmpty {
                guard let event = await sender.events.next() else { throw Failed() }
                if case .state(_, let ids, .delivered) = event { missing.subtract(ids) }
            }
        }

        /// As `delivered`, where only how many is known.
        func delivered(_ count: Int) async throws {
            var missing = count
            while missing > 0 {
                guard let event = await sender.events.next() else { throw Failed() }
                if case .state(_, let ids, .delivered) = event { missing -= ids.count }
            }
        }
    }

    /// A folder on a disk: what is in memory only is durable in no time.
    private static func inFolder<R>(_ body: (String) async throws -> R) async throws -> R {
        let folder = "/var/tmp/p2pchat-bench-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await body(folder)
    }

    /// Seconds from dialling to the acknowledgement of the first message, each time between two who never met; the median.
    static func dialToFirstAcknowledged(times: Int) async throws -> Double {
        try await inFolder { folder in
            var all: [Double] = []
            for _ in 0..<times {
                let ends = try await Ends(folder)
                all.append(
                    try await ends.whileRunning {
                        let start = ContinuousClock.now
                        let first = try await ends.sender.send("hello", to: ends.peer)
                        try await ends.sender.waitDelivered(first.id, to: ends.peer, timeout: .seconds(10))
                        return (ContinuousClock.now - start).seconds
                    })
            }
            return median(all)
        }
    }

    /// Messages a second one way, from the first `send` to the last acknowledgement: durable in the sender's outbox before they
    /// leave, and in the receiver's store before they are acknowledged. So many senders at a time keep the pipeline full.
    static func durableMessages(count: Int, senders: Int = 512) async throws -> Double {
        try await inFolder { folder in
            let ends = try await Ends(folder)
            return try await ends.whileRunning {
                try await ends.meet()
                try await ends.delivered(1)
                let start = ContinuousClock.now
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for sender in 0..<senders {
                        let share = count * (sender + 1) / senders - count * sender / senders
                        group.addTask {
                            for number in 0..<share {
                                _ = try await ends.sender.send(
                                    "message \(number) of a hundred bytes or so", to: ends.peer)
                            }
                        }
                    }
                    group.addTask { try await ends.delivered(count) }
                    try await group.waitForAll()
                }
                return Double(count) / (ContinuousClock.now - start).seconds
            }
        }
    }

    /// Seconds from `send` to `delivered` of one message at a time, durable on both sides.
    static func sendToDelivered(times: Int) async throws -> (median: Double, p99: Double) {
        try await inFolder { folder in
            let ends = try await Ends(folder)
            return try await ends.whileRunning {
                try await ends.meet()
                try await ends.delivered(1)
                var all: [Double] = []
                for _ in 0..<times {
                    let start = ContinuousClock.now
                    let message = try await ends.sender.send("one message", to: ends.peer)
                    try await ends.delivered([message.id])
                    all.append((ContinuousClock.now - start).seconds)
                }
                all.sort()
                return (all[times / 2], all[times * 99 / 100])
            }
        }
    }
}
