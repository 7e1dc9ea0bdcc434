import Transparency
import Wire

/// Cosigns the checkpoints of one directory over one link, each after it has read and audited the log up to there: all entries by the rules, the map, and that it is the
/// log of every checkpoint that it saw before (docs/directory.md, "Witnesses").
package actor LogWitness {
    /// What was cosigned.
    package struct Cosigned: Equatable, Sendable {
        /// Entries.
        package let size: UInt64
        /// In seconds since 1970.
        package let time: UInt64
    }

    private let client: DirectoryClient
    private let signer: WitnessSigner
    private let sleep: @Sendable (Duration) async throws -> Void
    private let report: @Sendable (Cosigned) -> Void
    private var replica: LogReplica?
    private var last: Cosigned?

    /// - Parameters:
    ///   - client: a link of the witness' identity; somebody has to call its `run()`.
    ///   - sleep: how to wait, for tests.
    ///   - report: is told what was cosigned; must not block.
    package init(
        client: DirectoryClient, signer: WitnessSigner,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        report: @escaping @Sendable (Cosigned) -> Void
    ) {
        (self.client, self.signer, self.sleep, self.report) = (client, signer, sleep, report)
    }

    /// Cosigns what there is, each new checkpoint, and the newest one every half hour, until the link ends. Throws ``DirectoryError``, or what keeping the
    /// newest checkpoint throws: nothing is cosigned that is not kept.
    package func run() async throws {
        let bell = try await client.witness()
        let (work, begin) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        begin.yield()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in bell { begin.yield() }
                begin.finish()
            }
            group.addTask { [sleep] in
                while (try? await sleep(Self.renewal)) != nil { begin.yield() }
            }
            defer { group.cancelAll() }
            for await _ in work { try await cosignNewest() }
        }
    }

    private func cosignNewest() async throws {
        // Another entry may come while the last one is audited: then that is the next bell's work.
        for _ in 0..<Self.attempts {
            try await client.checkLog()
            replica = try await client.replicate(limit: .max, held: replica, sleep: sleep)
            guard let newest = client.book.view?.newest?.checkpoint,
                client.book.memory.replica?.checked ?? 0 == newest.size
            else { continue }
            let time = await client.time
            // Bells that ring at once are one.
            if let last, last.size == newest.size, time &- last.time < Self.pause { return }
            // First on disk: it must never cosign less than this, or anything beside it.
            try await client.book.saveDurably()
            if try await client.cosign(signer.cosign(newest, at: time).line) {
                let cosigned = Cosigned(size: newest.size, time: time)
                last = cosigned
                return report(cosigned)
            }
        }
    }

    private static let attempts = 8
    /// Seconds.
    private static let pause: UInt64 = 60
    /// As the log's own cosignature: clients warn of what nobody vouched for in an hour.
    private static let renewal = Duration.seconds(1_800)
}
