import FoundationEssentials
import Identity
import Wire

/// One line of a backup's content (Keys/README.md has the fields). Texts are parsed again on the way in, so that what
/// this version does not understand is an error, never a guess.
enum BackupRecord {
    case begin(Begin)
    case settings(StoredSettings)
    case contact(StoredContact)
    case conversation(Conversation)
    case message(Message)
    case end(End)

    /// What the backup is.
    struct Begin: Codable {
        /// Milliseconds since 1970.
        let made: Int64
        /// Whether messages were included.
        let history: Bool
    }

    /// The peers of messages, numbered from 0 in their order.
    struct Conversation: Codable {
        let peer: String
        /// Seconds; nil to keep messages.
        let retention: Int64?
    }

    struct Message: Codable {
        struct File: Codable {
            let name: String
            let size: Int64
            /// 64 hexadecimal digits.
            let root: String
        }

        let conversation: Int
        let id: String
        let direction: String
        /// The sender's clock, milliseconds since 1970.
        let sent: Int64
        /// One's own clock.
        let stored: Int64
        let state: String
        /// Either a text or a file.
        let text: String?
        let file: File?
    }

    /// How many of each there were.
    struct End: Codable {
        let contacts: Int
        let messages: Int
    }
}

extension BackupRecord: Codable {
    private enum Kind: String, Codable {
        case begin, settings, contact, conversation, message, end
    }

    private enum CodingKeys: CodingKey { case type }

    init(from decoder: any Decoder) throws {
        switch try decoder.container(keyedBy: CodingKeys.self).decode(Kind.self, forKey: .type) {
        case .begin: self = .begin(try Begin(from: decoder))
        case .settings: self = .settings(try StoredSettings(from: decoder))
        case .contact: self = .contact(try StoredContact(from: decoder))
        case .conversation: self = .conversation(try Conversation(from: decoder))
        case .message: self = .message(try Message(from: decoder))
        case .end: self = .end(try End(from: decoder))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .begin(let value):
            try container.encode(Kind.begin, forKey: .type)
            try value.encode(to: encoder)
        case .settings(let value):
            try container.encode(Kind.settings, forKey: .type)
            try value.encode(to: encoder)
        case .contact(let value):
            try container.encode(Kind.contact, forKey: .type)
            try value.encode(to: encoder)
        case .conversation(let value):
            try container.encode(Kind.conversation, forKey: .type)
            try value.encode(to: encoder)
        case .message(let value):
            try container.encode(Kind.message, forKey: .type)
            try value.encode(to: encoder)
        case .end(let value):
            try container.encode(Kind.end, forKey: .type)
            try value.encode(to: encoder)
        }
    }
}

extension BackupRecord.Message {
    init(_ message: StoredMessage, conversation: Int) {
        self.conversation = conversation
        id = message.id.description
        direction = message.direction == .incoming ? "in" : "out"
        sent = Milliseconds.of(message.sentAt)
        stored = Milliseconds.of(message.storedAt)
        state = message.state.description
        switch message.content {
        case .text(let text):
            self.text = text
            file = nil
        case .file(let offer):
            text = nil
            file = File(name: offer.name, size: offer.size, root: Hexadecimal.text(offer.root))
        }
    }

    /// The message, of no row yet.
    func message(with peer: PublicIdentity) throws -> StoredMessage {
        guard let id = MessageID(id), let direction = Self.directions[direction],
            let state = Self.states[state]
        else { throw IdentityError.backup(.content) }
        let content: MessageContent
        switch (text, file) {
        case (let text?, nil):
            guard (1...WireLimits.text).contains(text.utf8.count) else {
                throw IdentityError.backup(.content)
            }
            content = .text(text)
        case (nil, let file?):
            guard let root = Hexadecimal.bytes(file.root) else { throw IdentityError.backup(.content) }
            content = .file(try FileOffer(name: file.name, size: file.size, root: root))
        default: throw IdentityError.backup(.content)
        }
        return StoredMessage(
            row: 0, peer: peer, id: id, direction: direction, sentAt: Milliseconds.date(sent),
            storedAt: Milliseconds.date(stored), content: content, state: state)
    }

    private static let directions: [String: MessageDirection] = ["in": .incoming, "out": .outgoing]
    private static let states: [String: DeliveryState] = [
        "queued": .queued, "sent": .sent, "delivered": .delivered, "read": .read,
    ]
}

private enum Hexadecimal {
    static func text(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    static func bytes(_ text: String) -> [UInt8]? {
        let digits = Array(text)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[start].hexDigitValue, let low = digits[start + 1].hexDigitValue else {
                return nil
            }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }
}
