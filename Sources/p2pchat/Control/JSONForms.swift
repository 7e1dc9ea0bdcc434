import Chat
import Directory
import Files
import FoundationEssentials
import Identity
import Store
import Wire

/// The JSON that scripts see, on standard output and over the control socket. Every object on standard output has `v` 1.
struct PeerJSON: Codable, Sendable, Equatable {
    let fingerprint: String
    /// Only what the directory confirmed; null otherwise.
    let handle: String?
    /// The user's own name for the peer; null where there is none.
    let nickname: String?
    let trust: String
    /// "accepted", "request", "declined" or "blocked".
    let standing: String
    let muted: Bool

    init(_ peer: PeerSummary) {
        fingerprint = peer.identity.fingerprint
        handle = peer.handle?.text
        nickname = peer.nickname
        trust = peer.trust.rawValue
        standing = peer.standing.rawValue
        muted = peer.isMuted
    }

    var name: String { nickname ?? handle ?? fingerprint }

    private enum CodingKeys: CodingKey { case fingerprint, handle, nickname, trust, standing, muted }

    /// By hand, so that an unknown handle is `null` and not left out.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(fingerprint, forKey: .fingerprint)
        try container.encode(handle, forKey: .handle)
        try container.encode(nickname, forKey: .nickname)
        try container.encode(trust, forKey: .trust)
        try container.encode(standing, forKey: .standing)
        try container.encode(muted, forKey: .muted)
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
    let nickname: String?
    let trust: String
    /// "accepted", "request", "declined" or "blocked".
    let standing: String
    let muted: Bool
    /// The key that the handle leads to now, where it changed.
    let replacement: String?
    /// Keys that the contact had before and handed on, the oldest first.
    let former: [String]
    let since: String

    init(_ contact: Contact) {
        fingerprint = contact.identity.fingerprint
        handles = contact.handles.map {
            HandleJSON(directory: $0.directory.fingerprint, handle: $0.handle.text)
        }
        nickname = contact.nickname
        trust = contact.trust.rawValue
        standing = contact.standing.rawValue
        muted = contact.isMuted
        replacement = contact.replacement?.fingerprint
        former = contact.former.map(\.fingerprint)
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
    /// Everything that somebody needs to reach this home: one URI.
    let invite: String
}

// MARK: Requests over the control socket

struct NoParameters: Codable, Sendable {}
struct NoResult: Codable, Sendable {}

struct PeerParameters: Codable, Sendable {
    let peer: String
}

struct SendParameters: Codable, Sendable {
    let peer: String
    let text: String
    /// Seconds; 30 where it is absent.
    let timeout: Double?
    /// Whether the message stays in the outbox when it is not acknowledged in time.
    let queue: Bool?
}

/// Several messages to one peer, in their order.
struct SendAllParameters: Codable, Sendable {
    let peer: String
    let texts: [String]
    let timeout: Double?
    let queue: Bool?
}

struct SendResult: Codable, Sendable {
    var v = 1
    let id: String
    let peer: PeerJSON
    /// "delivered", or with `queue` what it is until then.
    let state: String
    /// Why it is not delivered yet.
    let reason: String?
    /// The peer's key before, where it turned out meanwhile that it has a new one.
    let former: String?
}

/// One for each text, in their order.
struct SendAllResult: Codable, Sendable {
    /// Either what became of it, or why it was not sent.
    struct Outcome: Codable, Sendable {
        var sent: SendResult?
        var error: JSONRPC.Failure?
    }

    let results: [Outcome]

    init(_ results: [Result<SendResult, any Error>]) {
        self.results = results.map { result in
            switch result {
            case .success(let sent): Outcome(sent: sent)
            case .failure(let error): Outcome(error: JSONRPC.Failure(CommandError(describing: error)))
            }
        }
    }
}

/// A message as `history`, `outbox` and `export` give it.
struct MessageJSON: Codable, Sendable {
    struct FileJSON: Codable, Sendable {
        /// Fit to be a file's name here, whatever the peer proposes.
        let name: String
        let size: Int64
        /// The root of the hash tree, in hexadecimal.
        let root: String
    }

    var v = 1
    let id: String
    /// Its place in the order of arrival and writing here, over all conversations.
    let position: Int64
    /// "in" or "out".
    let direction: String
    let peer: String
    /// When it was written, by the writer's clock.
    let time: String
    /// When it was stored here.
    let stored: String
    /// Of an own message: "queued", "sent", "delivered" or "read".
    let state: String?
    let text: String?
    let file: FileJSON?

    init(_ message: StoredMessage) {
        id = message.id.description
        position = message.row
        direction = message.direction == .incoming ? "in" : "out"
        peer = message.peer.fingerprint
        time = JSONTime.text(message.sentAt)
        stored = JSONTime.text(message.storedAt)
        state = message.direction == .outgoing ? message.state.description : nil
        switch message.content {
        case .text(let text):
            self.text = text
            file = nil
        case .file(let offer):
            text = nil
            file = FileJSON(offer)
        }
    }
}

extension MessageJSON.FileJSON {
    init(_ offer: FileOffer) {
        self.init(name: FileName.clean(offer.name), size: offer.size, root: Hexadecimal.text(offer.root))
    }
}

enum JSONTime {
    static func text(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}

enum Hexadecimal {
    static func text(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// Which messages. With `after`, `above` or `since` and no `search` the first of them, otherwise the last.
struct HistoryParameters: Codable, Sendable {
    /// Absent: with everybody.
    var peer: String?
    /// Words that all have to occur; of what is found the last are given.
    var search: String?
    /// With `search`: the first of what is found.
    var first: Bool?
    /// With `search`: so many messages before and after each found one, at most 100.
    var context: Int?
    /// An id: what was stored behind that message.
    var after: String?
    /// A position: what was stored behind it; 0 for everything.
    var above: Int64?
    /// A position: what was stored before it.
    var below: Int64?
    /// A time: what was stored since.
    var since: String?
    /// At most 500, which is also what is taken where it is absent.
    var limit: Int?
}

struct MessagesResult: Codable, Sendable {
    /// In the order of arrival and writing.
    let messages: [MessageJSON]
    /// Whether there is more: behind the last one where the first were asked for, otherwise before the first one.
    let more: Bool
    /// Where `context` was asked for: of each message what stands around it in its conversation.
    let around: [AroundJSON]?

    init(messages: [MessageJSON], more: Bool) {
        self.messages = messages
        self.more = more
        around = nil
    }

    init(messages: [MessageJSON], around: [AroundJSON], more: Bool) {
        self.messages = messages
        self.more = more
        self.around = around
    }
}

struct AroundJSON: Codable, Sendable {
    var before: [MessageJSON] = []
    /// Up to the next one that is found itself.
    var after: [MessageJSON] = []

    init() {}

    init(_ around: Surroundings) {
        before = around.before.map(MessageJSON.init)
        after = around.after.map(MessageJSON.init)
    }
}

struct OutboxParameters: Codable, Sendable {
    /// Absent: of everybody.
    var peer: String?
    /// A position: what was stored behind it.
    var above: Int64?
}

/// What is to be deleted: with a peer, or everything.
struct DeletionParameters: Codable, Sendable {
    let peer: String?
    let all: Bool?
}

struct RetentionParameters: Codable, Sendable {
    let peer: String
    /// How long, as `30d`, or `forever`; absent to ask what holds.
    let keep: String?
}

struct RetentionResult: Codable, Sendable {
    var v = 1
    let peer: PeerJSON
    /// Seconds after which messages are deleted; absent where they are kept.
    let seconds: Int64?
}

struct ReadParameters: Codable, Sendable {
    let peer: String
    /// The message that was read.
    let id: String
}

struct ReadResult: Codable, Sendable {
    /// Whether the peer was told.
    let told: Bool
}

struct SubscribeParameters: Codable, Sendable {
    /// An id: begin with what arrived after that message. Absent: with what happens from now on.
    let since: String?
}

struct MessageParameters: Codable, Sendable {
    let peer: String
    let id: String
    /// The new text, to edit.
    let text: String?
}

struct MessageStateResult: Codable, Sendable {
    var v = 1
    let id: String
    /// What the message was before.
    let state: String
}

struct ContactChange: Codable, Sendable {
    let peer: String
    /// "decline", "block", "unblock", "mute", "unmute" or "name".
    let action: String
    /// For "name": the new nickname; absent takes it away.
    let name: String?
}

struct VerifyParameters: Codable, Sendable {
    let peer: String
    let number: String?
}

struct VerifyResult: Codable, Sendable {
    var v = 1
    let fingerprint: String
    let name: String
    let safetyNumber: String
    let trust: String
    /// Null where no number was given to compare.
    let isEqual: Bool?
    /// The checkpoint of the directory's log that both hold, or about which it is unresolved whether they do; null where none was
    /// compared.
    let log: ComparedJSON?
}

struct EntriesResult: Codable, Sendable {
    let peers: [EntryJSON]
}

struct ContactsResult: Codable, Sendable {
    let contacts: [ContactJSON]
}
