package import Identity
package import Transparency

/// What a home knows of what one peer believes of the directory's log. Times are this computer's, in seconds since 1970.
package struct PeerLog: Equatable, Sendable {
    /// A checkpoint that the directory has signed and a peer believes.
    package struct Belief: Equatable, Sendable {
        /// Of the log's keys, each signed by the directory's identity, the oldest first.
        package let statements: [LogKeyStatement]
        /// Signed by one of those keys.
        package let signed: SignedCheckpoint
    }

    /// Nobody could show yet whether the peer's checkpoint and this home's are of one log.
    package struct Unresolved: Equatable, Sendable {
        package let belief: Belief
        /// When it was heard.
        package let time: UInt64
        /// Whether the directory was asked, and did not prove it.
        package let wasAsked: Bool
    }

    /// When this home told the peer last.
    var told: UInt64?
    /// When the peer's word was looked at last.
    var heard: UInt64?
    /// The newest checkpoint of the peer that is of the log that this home knows, and when they were compared.
    package var agreed: LogMemory.Sighting?
    package var unresolved: Unresolved?

    /// Whether this home may tell the peer again.
    func isDue(at time: UInt64) -> Bool { Self.passed(Self.pause, since: told, at: time) }

    /// Whether the peer's word is looked at. A little earlier than it may come, since clocks differ.
    func isHeard(at time: UInt64) -> Bool { Self.passed(Self.pause - Self.slack, since: heard, at: time) }

    /// A clock that was put back does not silence anybody.
    private static func passed(_ pause: UInt64, since last: UInt64?, at time: UInt64) -> Bool {
        guard let last else { return true }
        return time < last || time - last >= pause
    }

    private static let pause: UInt64 = 3_600
    private static let slack: UInt64 = 300
}

/// Of the peers that were compared with; bounded, so that no number of contacts makes a home's memory grow without end.
package struct PeerLogs: Equatable, Sendable {
    private(set) var all: [PublicIdentity: PeerLog] = [:]

    package subscript(peer: PublicIdentity) -> PeerLog? { all[peer] }

    /// Those of which it is not known whether they were told of one log, the latest first.
    package var unresolved: [(peer: PublicIdentity, unresolved: PeerLog.Unresolved)] {
        all.compactMap { peer, log in log.unresolved.map { (peer, $0) } }
            .sorted { ($1.unresolved.time, $0.peer) < ($0.unresolved.time, $1.peer) }
    }

    /// Those that believe in the same log, the latest first.
    package var agreed: [(peer: PublicIdentity, sighting: LogMemory.Sighting)] {
        all.compactMap { peer, log in log.agreed.map { (peer, $0) } }
            .sorted { ($1.sighting.time, $0.peer) < ($0.sighting.time, $1.peer) }
    }

    mutating func change<Value>(_ peer: PublicIdentity, _ body: (inout PeerLog) -> Value) -> Value {
        let value = body(&all[peer, default: PeerLog()])
        if all.count > Self.most, let oldest = all.filter({ $0.key != peer }).min(by: Self.isOlder) {
            all[oldest.key] = nil
        }
        for (peer, _) in unresolved.dropFirst(Self.mostUnresolved) { all[peer]?.unresolved = nil }
        return value
    }

    /// Forgets all others.
    mutating func keep(only peers: Set<PublicIdentity>) {
        all = all.filter { peers.contains($0.key) }
    }

    private static func isOlder(
        _ one: (key: PublicIdentity, value: PeerLog), _ other: (key: PublicIdentity, value: PeerLog)
    ) -> Bool {
        max(one.value.told ?? 0, one.value.heard ?? 0) < max(other.value.told ?? 0, other.value.heard ?? 0)
    }

    /// About 200 bytes each.
    private static let most = 1_000
    /// Each has a note and statements of keys with it: 25 KB at most.
    private static let mostUnresolved = 16
}
