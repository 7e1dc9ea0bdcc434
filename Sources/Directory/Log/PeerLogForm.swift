import FoundationEssentials
import Identity
import Transparency

/// What is kept of what a peer believes; its parts are checked again on the way in.
struct PeerLogForm: Codable {
    struct Agreed: Codable {
        /// A checkpoint without signatures.
        let text: String
        let time: UInt64
    }

    struct Unresolved: Codable {
        let statements: [Data]
        /// A signed note.
        let note: String
        let time: UInt64
        let wasAsked: Bool
    }

    let peer: Data
    let told: UInt64?
    let heard: UInt64?
    let agreed: Agreed?
    let unresolved: Unresolved?

    init(_ peer: PublicIdentity, _ log: PeerLog) {
        self.peer = Data(peer.bytes)
        (told, heard) = (log.told, log.heard)
        agreed = log.agreed.map { Agreed(text: $0.checkpoint.text, time: $0.time) }
        unresolved = log.unresolved.map {
            Unresolved(
                statements: $0.belief.statements.map { Data($0.bytes) },
                note: String(decoding: $0.belief.signed.note.bytes, as: UTF8.self), time: $0.time,
                wasAsked: $0.wasAsked)
        }
    }

    func log(of directory: PublicIdentity) throws -> (peer: PublicIdentity, log: PeerLog) {
        var log = PeerLog()
        (log.told, log.heard) = (told, heard)
        if let agreed {
            guard let checkpoint = Checkpoint(text: agreed.text) else { throw LogMemoryUnreadable() }
            log.agreed = LogMemory.Sighting(checkpoint: checkpoint, time: agreed.time)
        }
        if let unresolved {
            let view = try LogView(
                statements: unresolved.statements.map { Array($0) }, by: directory,
                newest: Array(unresolved.note.utf8))
            guard let signed = view.newest else { throw LogMemoryUnreadable() }
            log.unresolved = PeerLog.Unresolved(
                belief: PeerLog.Belief(statements: view.statements, signed: signed), time: unresolved.time,
                wasAsked: unresolved.wasAsked)
        }
        return (try PublicIdentity(bytes: Array(peer)), log)
    }
}
