import Directory
import DirectoryServer
import Foundation
import Identity
import Link
import Synchronization
import Wire

/// What it takes a client to read and audit a directory's whole log over a real link, and whether anything else that it asks meanwhile has to wait.
enum ReplicaBench {
    static func run(entries: Int) async throws -> [String: Double] {
        let keys = try IdentityKeys.generate()
        let log = try await DirectoryLog(
            store: MemoryClaimStore(), signer: LogSigner(LogKeyFile.generate(), directory: keys),
            lastSigned: MemoryLastSigned(),
            rules: ClaimRules(operator: keys.publicIdentity, handlesPerIdentity: 3))
        try await fill(log, entries)
        var options = ServiceOptions()
        // The pages are limited as they are everywhere; only the look-ups that time the others are more than one user makes.
        options.limits.lookupsPerIdentity = Rate(1_000_000, per: .seconds(1))
        options.limits.lookupsPerAddress = Rate(1_000_000, per: .seconds(1))
        let service = DirectoryService(
            identity: keys.publicIdentity, log: log, options: options, probe: { _, _ in .unroutable })
        let listener = try await LinkListener.bind(
            Endpoint("127.0.0.1:0"), purpose: .directory, identity: keys
        ) { _ in true }
        let serving = Task {
            for await link in listener.links { Task { await service.serve(link) } }
        }
        defer { serving.cancel() }
        let me = try IdentityKeys.generate()
        let link = try await LinkDialer.dial(
            listener.localEndpoint, expecting: keys.publicIdentity, purpose: .directory, identity: me)
        let counted = CountedLink(link)
        let client = DirectoryClient(link: counted, identity: me)
        let running = Task { await client.run() }
        try await client.checkLog()
        let before = residentMegabytes()
        let start = ContinuousClock.now
        let reading = Task(priority: .background) { try await client.replicate(limit: .max) }
        let asked = try await askMeanwhile(client, until: { client.book.memory.replica?.checked ?? 0 > 0 })
        let copy = try await reading.value
        let took = (ContinuousClock.now - start) / .seconds(1)
        let resident = residentMegabytes() - before
        running.cancel()
        await listener.close()
        guard copy?.size == UInt64(entries) else { throw CocoaError(.coderInvalidValue) }
        return [
            "log.replicate_s": took, "log.replicate_received_MB": Double(counted.received) / 1e6,
            "log.replicate_resident_MB": resident,
            "log.lookup_meanwhile_ms_p50": asked[asked.count / 2] * 1_000,
            "log.lookup_meanwhile_ms_p99": asked[asked.count * 99 / 100] * 1_000,
        ]
    }

    /// Look-ups, one after the other with a pause: what each takes, in seconds, in rising order.
    private static func askMeanwhile(
        _ client: DirectoryClient, until isOver: () -> Bool
    ) async throws -> [Double] {
        var times: [Double] = []
        while !isOver() {
            let start = ContinuousClock.now
            _ = try await client.holder(of: Handle("name\(times.count % 1_000)"))
            times.append((ContinuousClock.now - start) / .seconds(1))
            try await Task.sleep(for: .milliseconds(20))
        }
        return times.sorted()
    }

    private static func fill(_ log: DirectoryLog, _ entries: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<entries {
                if index >= 500 { try await group.next() }
                group.addTask {
                    let handle = try Handle("name\(index)")
                    let entry = try LogEntry.make(
                        .claim(recovery: .none), label: Label(handle), after: nil, time: 1,
                        by: IdentityKeys.generate())
                    _ = try await log.append(NewEntry(entry, handle: handle))
                }
            }
            try await group.waitForAll()
        }
    }
}

/// Counts what comes, as it is on the wire: padded to the size of a frame (docs/protocol.md, "Frames").
private final class CountedLink: EnvelopeLink {
    private let link: any EnvelopeLink
    private let count = Mutex(0)

    init(_ link: any EnvelopeLink) { self.link = link }

    /// Bytes.
    var received: Int { count.withLock { $0 } }

    var remote: PublicIdentity { link.remote }
    var isInitiator: Bool { link.isInitiator }
    var remoteEndpoint: Endpoint { link.remoteEndpoint }
    var localEndpoint: Endpoint { link.localEndpoint }

    func receive() async throws -> [UInt8]? {
        let envelope = try await link.receive()
        if let envelope { count.withLock { $0 += Frame.wireSize(forContent: envelope.count) } }
        return envelope
    }

    func send(_ envelope: [UInt8]) async throws { try await link.send(envelope) }
    func ping(timeout: Duration) async -> Bool { await link.ping(timeout: timeout) }
    func close() async { await link.close() }
    func cut() { link.cut() }
}
