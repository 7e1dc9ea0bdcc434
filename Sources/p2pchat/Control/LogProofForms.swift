import Directory
import FoundationEssentials
import Identity
import Sodium
import Transparency

struct HandleParameters: Codable, Sendable {
    let handle: String
}

/// With neither of the two the policy is only shown.
struct LogPolicyParameters: Codable, Sendable {
    /// A policy as C2SP tlog-policy has it, to be in force from now on.
    let text: String?
    /// No policy is to be in force.
    let removes: Bool?
}

struct LogPolicyJSON: Codable, Sendable {
    struct WitnessJSON: Codable, Sendable {
        let name: String
        /// A C2SP verifier key.
        let key: String
    }

    var v = 1
    /// As it was given; absent where there is none.
    let text: String?
    /// What it asks for, for people.
    let quorum: String?
    let witnesses: [WitnessJSON]

    init(_ policy: WitnessPolicy?) {
        text = policy?.text
        quorum = policy?.summary
        witnesses = policy?.witnesses.map { WitnessJSON(name: $0.name, key: $0.key.text) } ?? []
    }
}

/// What came of reading and auditing a whole log.
struct LogAuditJSON: Codable, Sendable {
    var v = 1
    let directory: String
    /// Up to which everything is audited.
    let checkpoint: LogStatusJSON.CheckpointJSON
    /// How many entries were read now; the others were before.
    let read: UInt64

    init(_ book: LogBook, before: UInt64) throws {
        let checked = book.memory.replica?.checked ?? 0
        guard let newest = book.view?.newest, checked == newest.checkpoint.size else {
            throw CommandError(.tryAgain, "the log was not read to its end; try again")
        }
        directory = book.directory.fingerprint
        checkpoint = LogStatusJSON.CheckpointJSON(newest.checkpoint)
        read = checked - min(checked, before)
    }
}

/// What the log says of a handle, and what proves it. Binary values are base64.
struct HandleProofJSON: Codable, Sendable {
    struct EntryJSON: Codable, Sendable {
        /// What it did, for people.
        let what: String
        let sequence: UInt64
        let time: String
        /// 32 bytes, as the map has it.
        let hash: String
        /// The whole entry.
        let bytes: String
    }

    var v = 1
    let directory: String
    let handle: String
    let label: String
    /// The fingerprint of whoever holds it now by this computer's clock; absent where nobody does.
    let holder: String?
    /// Absent where the handle has none.
    let entry: EntryJSON?
    let checkpoint: LogStatusJSON.CheckpointJSON
    /// It with its signatures.
    let note: String
    /// Seconds since the log called it its newest.
    let age: Int64?
    let map: MapProofForm
    /// The first checkpoint that this home saw, and when; the one above is of the same log.
    let first: LogStatusJSON.CheckpointJSON?
    let since: String?
    /// What the policy asks for; absent without one. Names of those that cosigned.
    let quorum: String?
    let witnesses: [String]

    init(_ proof: HandleProof, _ book: LogBook) {
        let memory = book.memory
        let now = UInt64(max(0, Date().timeIntervalSince1970))
        directory = book.directory.fingerprint
        handle = proof.handle.text
        label = Base64.encode(Label(proof.handle).bytes)
        holder = LabelState(proof.entry).holding(at: now)?.holder.fingerprint
        entry = proof.entry.map { entry in
            EntryJSON(
                what: LogText.text(entry), sequence: entry.sequence, time: LogText.time(entry.time),
                hash: Base64.encode(entry.nodeHash.bytes), bytes: Base64.encode(entry.bytes))
        }
        checkpoint = LogStatusJSON.CheckpointJSON(proof.signed.checkpoint)
        note = String(decoding: proof.signed.note.bytes, as: UTF8.self)
        age = proof.signed.renewed.map { Int64(clamping: now) - Int64(clamping: $0) }
        map = MapProofForm(proof.map)
        first = memory.first.map { LogStatusJSON.CheckpointJSON($0.checkpoint) }
        since = memory.first.map { LogText.time($0.time) }
        quorum = memory.policy?.summary
        witnesses =
            memory.policy.map { LogView.witnesses(of: $0, under: proof.signed, at: now).map(\.name) } ?? []
    }
}
