import Directory
import FoundationEssentials
import Identity
import Sodium
import Transparency

/// What this home knows of its directory's log.
struct LogStatusJSON: Codable, Sendable {
    struct CheckpointJSON: Codable, Sendable {
        let size: UInt64
        /// Base64, as in the checkpoint.
        let root: String
        let mapRoot: String

        init(_ checkpoint: Checkpoint) {
            size = checkpoint.size
            root = Base64.encode(checkpoint.root.bytes)
            mapRoot = Base64.encode(checkpoint.mapRoot.bytes)
        }
    }

    struct OwnJSON: Codable, Sendable {
        let handle: String
        /// The newest entry of the handle in words, its time, and whether this home made it; null where it has none.
        let entry: String?
        let time: String?
        let isOwn: Bool
        /// Of an entry that this home did not make: "own-key", "recovery-key", "operator" or "another".
        let origin: String?
    }

    var v = 1
    let directory: String
    /// The newest that was believed; null before the first.
    let checkpoint: CheckpointJSON?
    /// It with its signatures, as a C2SP signed note.
    let note: String?
    /// Seconds since the log called it its newest.
    let age: Int64?
    /// The first checkpoint that this home saw, and when.
    let first: CheckpointJSON?
    let since: String?
    let own: OwnJSON?
    /// "full" where all entries up to the checkpoint were read and audited, else "light".
    let audit: String
    /// How many entries were audited.
    let audited: UInt64
    /// What the directory is convicted of; evidence is kept of each.
    let convictions: [LogMemory.Conviction]
    /// What came of comparing with peers.
    let compared: [ComparedJSON]
    /// Whose cosignatures are asked for; null where nobody's are.
    let policy: LogPolicyJSON?
    /// Names of the witnesses of the policy that cosigned the newest checkpoint within a day.
    let witnesses: [String]
    /// Why the directory could not be asked now; null where it could.
    let problem: String?

    init(
        _ reference: DirectoryReference, _ log: LogBook, handle: Handle?, identity: PublicIdentity,
        problem: String?
    ) {
        let memory = log.memory
        directory = reference.description
        let newest = memory.view?.newest
        checkpoint = newest.map { CheckpointJSON($0.checkpoint) }
        note = newest.map { String(decoding: $0.note.bytes, as: UTF8.self) }
        age = newest?.renewed.map { Int64(Date().timeIntervalSince1970) - Int64(clamping: $0) }
        first = memory.first.map { CheckpointJSON($0.checkpoint) }
        since = memory.first.map { LogText.time($0.time) }
        own = handle.map { handle in
            let known = memory.own[Label(handle)]
            let alert = log.alert(of: handle, identity: identity)
            return OwnJSON(
                handle: handle.text, entry: known?.newest.map(LogText.text),
                time: known?.newest.map { LogText.time($0.time) },
                isOwn: known?.newest != nil && alert == nil, origin: alert.map { LogText.word($0.origin) })
        }
        let audited = memory.replica?.checked ?? 0
        self.audited = audited
        audit = newest.map { audited == $0.checkpoint.size } ?? false ? "full" : "light"
        convictions = memory.convictions
        compared = ComparedJSON.all(in: log)
        policy = memory.policy.map { LogPolicyJSON($0) }
        let now = UInt64(max(0, Date().timeIntervalSince1970))
        witnesses =
            memory.policy.flatMap { policy in
                newest.map { LogView.witnesses(of: policy, under: $0, at: now).map(\.name) }
            } ?? []
        self.problem = problem
    }
}

struct AcceptedEntryJSON: Codable, Sendable {
    var v = 1
    let handle: String
    let entry: String
    let time: String
}
