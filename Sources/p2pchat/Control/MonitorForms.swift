import Directory
import Identity
import Sodium
import Transparency

/// One entry of a log, as a monitor prints it.
struct MonitoredEntryJSON: Encodable {
    var v = 1
    let type = "entry"
    let position: UInt64
    /// "claim", "amend", "rotate", "revoke", "release" or "reassign".
    let operation: String
    /// 32 bytes in base64.
    let label: String
    /// Absent where no handle of this label is known here.
    let handle: String?
    let sequence: UInt64
    let time: String
    let identity: String
    /// To whom the label goes, or who alone may claim it after a revocation; absent where that is nobody.
    let successor: String?
    /// SHA-256 of the entry as a leaf, in base64.
    let hash: String
    private let what: String

    init(_ entry: LogEntry, at position: UInt64, handle: Handle?) {
        self.position = position
        label = Base64.encode(entry.label.bytes)
        self.handle = handle?.text
        sequence = entry.sequence
        time = LogText.time(entry.time)
        identity = entry.identity.fingerprint
        hash = Base64.encode(entry.nodeHash.bytes)
        what = LogText.text(entry)
        let (operation, successor): (String, PublicIdentity?) =
            switch entry.operation {
            case .claim: ("claim", nil)
            case .amend: ("amend", nil)
            case .rotate(let successor, _): ("rotate", successor)
            case .revoke(let heir, _): ("revoke", heir)
            case .release: ("release", nil)
            case .reassign(_, let successor): ("reassign", successor)
            }
        self.operation = operation
        self.successor = successor?.fingerprint
    }

    /// For people.
    var text: String { "\(position) \(time) \(handle ?? String(label.prefix(12)) + "\u{2026}") \(what)" }

    private enum CodingKeys: CodingKey {
        case v, type, position, operation, label, handle, sequence, time, identity, successor, hash
    }
}

/// Up to where everything was printed and audited.
struct MonitoredCheckpointJSON: Encodable {
    var v = 1
    let type = "checkpoint"
    let size: UInt64
    let root: String
    let mapRoot: String

    init(_ checkpoint: Checkpoint) {
        size = checkpoint.size
        root = Base64.encode(checkpoint.root.bytes)
        mapRoot = Base64.encode(checkpoint.mapRoot.bytes)
    }
}
