import Directory
import Identity
import Sodium
import Transparency

/// What came of comparing with a peer what both believe of the directory's log.
struct ComparedJSON: Codable, Equatable, Sendable {
    /// The peer's fingerprint.
    let peer: String
    /// "agreed" where both hold this checkpoint; "unresolved" where the peer believes it, and nobody has shown that it is of the log
    /// that this home was shown.
    let state: String
    let size: UInt64
    /// Base64, as in the checkpoint.
    let root: String
    /// When they were compared, or since when it is unresolved.
    let time: String
    /// Whether the directory was asked about what is unresolved, and did not prove it.
    let wasAsked: Bool

    var isAgreed: Bool { state == Self.agreed }

    init(_ peer: PublicIdentity, agreed sighting: LogMemory.Sighting) {
        self.init(
            peer, Self.agreed, sighting.checkpoint, time: sighting.time, wasAsked: false)
    }

    init(_ peer: PublicIdentity, _ unresolved: PeerLog.Unresolved) {
        self.init(
            peer, "unresolved", unresolved.belief.signed.checkpoint, time: unresolved.time,
            wasAsked: unresolved.wasAsked)
    }

    private init(
        _ peer: PublicIdentity, _ state: String, _ checkpoint: Checkpoint, time: UInt64, wasAsked: Bool
    ) {
        self.peer = peer.fingerprint
        self.state = state
        size = checkpoint.size
        root = Base64.encode(checkpoint.root.bytes)
        self.time = LogText.time(time)
        self.wasAsked = wasAsked
    }

    /// With one peer; nil where nothing was compared. What is unresolved comes first.
    static func with(_ peer: PublicIdentity, in log: LogBook?) -> ComparedJSON? {
        guard let known = log?.memory.peers[peer] else { return nil }
        return known.unresolved.map { ComparedJSON(peer, $0) }
            ?? known.agreed.map { ComparedJSON(peer, agreed: $0) }
    }

    /// With everybody, what is unresolved first.
    static func all(in log: LogBook) -> [ComparedJSON] {
        let peers = log.memory.peers
        return peers.unresolved.map { ComparedJSON($0.peer, $0.unresolved) }
            + peers.agreed.map { ComparedJSON($0.peer, agreed: $0.sighting) }
    }

    private static let agreed = "agreed"
}
