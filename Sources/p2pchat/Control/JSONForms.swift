import Chat
import Directory
import FoundationEssentials
import Identity
import Store

/// The JSON that scripts see, on standard output and over the control socket. Every object on standard output has `v` 1.
struct PeerJSON: Codable, Sendable {
    let fingerprint: String
    /// Only what the directory confirmed; null otherwise.
    let handle: String?
    let trust: String

    init(_ peer: PeerSummary) {
        fingerprint = peer.identity.fingerprint
        handle = peer.handle?.text
        trust = peer.trust.rawValue
    }

    private enum CodingKeys: CodingKey { case fingerprint, handle, trust }

    /// By hand, so that an unknown handle is `null` and not left out.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(fingerprint, forKey: .fingerprint)
        try container.encode(handle, forKey: .handle)
        try container.encode(trust, forKey: .trust)
    }
}

/// One peer as the directory gives it.
struct EntryJSON: Codable, Sendable {
    var v = 1
    let fingerprint: String
    let handle: String?
    let addresses: [String]
    let trust: String

    init(_ entry: PeerEntry, trust: Trust) {
        fingerprint = entry.identity.fingerprint
        handle = entry.handle?.text
        addresses = entry.addresses.map(\.description)
        self.trust = trust.rawValue
    }
}

struct ContactJSON: Codable, Sendable {
    struct HandleJSON: Codable, Sendable {
        let directory: String
        let handle: String
    }

    var v = 1
    let fingerprint: String
    let handles: [HandleJSON]
    let trust: String
    /// The key that the handle leads to now, where it changed.
    let replacement: String?
    let since: String

    init(_ contact: Contact) {
        fingerprint = contact.identity.fingerprint
        handles = contact.handles.map {
            HandleJSON(directory: $0.directory.fingerprint, handle: $0.handle.text)
        }
        trust = contact.trust.rawValue
        replacement = contact.replacement?.fingerprint
        since = contact.since.ISO8601Format()
    }
}

struct StatusJSON: Codable, Sendable {
    var v = 1
    let home: String
    let fingerprint: String
    let directory: String?
    let handle: String?
    let discoverable: Bool
    /// Whether a process of this home is online.
    let online: Bool
    let directoryReachable: Bool
    /// Why the directory is not reached, or why one is not registered there.
    let problem: String?
    let listening: String?
    let callable: Bool
    /// Why one cannot be called.
    let callableProblem: String?
}

// MARK: Requests over the control socket

struct NoParameters: Codable, Sendable {}

struct PeerParameters: Codable, Sendable {
    let peer: String
}

struct SendParameters: Codable, Sendable {
    let peer: String
    let text: String
    /// Seconds.
    let timeout: Double
}

struct SendResult: Codable, Sendable {
    let id: String
    let peer: PeerJSON
}

struct VerifyParameters: Codable, Sendable {
    let peer: String
    let number: String?
}

struct VerifyResult: Codable, Sendable {
    let fingerprint: String
    let name: String
    let safetyNumber: String
    let trust: String
    /// Null where no number was given to compare.
    let isEqual: Bool?
}

struct EntriesResult: Codable, Sendable {
    let peers: [EntryJSON]
}

struct ContactsResult: Codable, Sendable {
    let contacts: [ContactJSON]
}
