package import FoundationEssentials
import SwiftProtobuf

/// What one peer proposes to send: a file, by the hash of its content.
package struct FileOffer: Equatable, Hashable, Sendable {
    /// As the sender wrote it, 1 to 255 bytes of UTF-8. A proposal of a stranger: never used as a path as it is.
    package let name: String
    /// Bytes, as the sender says; what comes is checked against `root`, which commits to the size.
    package let size: Int64
    /// The root of the hash tree (docs/protocol.md, "Files"), 32 bytes.
    package let root: [UInt8]

    /// Throws ``WireError/invalid(_:)`` for an empty or too long name, a negative size, a root that is not 32 bytes.
    package init(name: String, size: Int64, root: [UInt8]) throws(WireError) {
        guard (1...WireLimits.fileName).contains(name.utf8.count) else { throw .invalid("offer.name") }
        guard size >= 0 else { throw .invalid("offer.size") }
        guard root.count == WireLimits.hash else { throw .invalid("offer.root") }
        self.name = name
        self.size = size
        self.root = root
    }
}

/// What a message says.
package enum MessageContent: Equatable, Hashable, Sendable {
    /// 1 to 64,000 bytes of UTF-8.
    case text(String)
    case file(FileOffer)
}

/// An offer as it travels: a message with an id of its own, which names the transfer, too.
package struct OfferMessage: Equatable, Sendable {
    package let id: MessageID
    /// The sender's clock, to the millisecond.
    package let sentAt: Date
    package let offer: FileOffer

    /// The time is rounded to the millisecond.
    package init(id: MessageID, sentAt: Date, offer: FileOffer) {
        self.id = id
        self.sentAt = Timestamp.date(milliseconds: Timestamp.milliseconds(of: sentAt))
        self.offer = offer
    }
}

/// The receiver of an offer asks for the chunks `first ..< first + count`.
package struct FileFetch: Equatable, Sendable {
    package let id: MessageID
    package let first: Int
    /// 1 to 256, all of one span: a span begins at each multiple of 256.
    package let count: Int

    package init(id: MessageID, first: Int, count: Int) throws(WireError) {
        guard (0..<WireLimits.chunks).contains(first) else { throw .invalid("fetch.first") }
        guard (1...WireLimits.spanChunks - first % WireLimits.spanChunks).contains(count) else {
            throw .invalid("fetch.count")
        }
        self.id = id
        self.first = first
        self.count = count
    }
}

/// The leaf hashes of up to 256 chunks, and what proves that they belong to the offered root.
package struct FileSpan: Equatable, Sendable {
    package let id: MessageID
    /// A multiple of 256.
    package let first: Int
    /// 1 to 256 hashes of 32 bytes, one behind the other.
    package let leaves: [UInt8]
    /// At most 64 hashes of 32 bytes, the lowest first.
    package let path: [UInt8]

    package init(id: MessageID, first: Int, leaves: [UInt8], path: [UInt8]) throws(WireError) {
        guard Self.begins(at: first) else { throw .invalid("span.first") }
        guard leaves.count % WireLimits.hash == 0,
            (1...WireLimits.spanChunks).contains(leaves.count / WireLimits.hash)
        else { throw .invalid("span.leaves") }
        guard path.count % WireLimits.hash == 0, path.count <= WireLimits.spanPath * WireLimits.hash else {
            throw .invalid("span.path")
        }
        self.id = id
        self.first = first
        self.leaves = leaves
        self.path = path
    }

    static func begins(at first: Int) -> Bool {
        first % WireLimits.spanChunks == 0 && (0..<WireLimits.chunks).contains(first)
    }
}

/// One chunk of a file.
package struct FileChunk: Equatable, Sendable {
    package let id: MessageID
    package let index: Int
    /// 1 to 65,024 bytes.
    package let data: [UInt8]

    package init(id: MessageID, index: Int, data: [UInt8]) throws(WireError) {
        guard (0..<WireLimits.chunks).contains(index) else { throw .invalid("chunk.index") }
        guard (1...WireLimits.chunk).contains(data.count) else { throw .invalid("chunk.data") }
        self.id = id
        self.index = index
        self.data = data
    }
}

/// Either side is done with a transfer.
package struct FileEnd: Equatable, Sendable {
    /// Why; the raw values are the schema's.
    package enum Reason: Int, Sendable {
        /// The receiver has the file, checked and durable.
        case complete = 1
        case declined = 2
        case cancelled = 3
        /// The sender's file is not the one that it offered any more.
        case changed = 4
        /// The sender has no such file or offer any more.
        case gone = 5
        /// The receiver has no room.
        case noSpace = 6
        /// Reading or writing failed.
        case failed = 7
        /// What came does not have the hash that was offered.
        case mismatch = 8
    }

    package let id: MessageID
    package let reason: Reason

    package init(id: MessageID, reason: Reason) {
        self.id = id
        self.reason = reason
    }
}

extension OfferMessage {
    init(_ message: P2pchat_V1_FileOffer) throws(WireError) {
        guard (0..<WireLimits.milliseconds).contains(message.sentAt) else { throw .invalid("offer.sent_at") }
        self.init(
            id: try MessageID(bytes: Array(message.id)),
            sentAt: Timestamp.date(milliseconds: message.sentAt),
            offer: try FileOffer(name: message.name, size: message.size, root: Array(message.root)))
    }

    var message: P2pchat_V1_FileOffer {
        var message = P2pchat_V1_FileOffer()
        message.id = Data(id.bytes)
        message.sentAt = Timestamp.milliseconds(of: sentAt)
        message.name = offer.name
        message.size = offer.size
        message.root = Data(offer.root)
        return message
    }
}

extension FileFetch {
    init(_ message: P2pchat_V1_FileFetch) throws(WireError) {
        guard let first = Int(exactly: message.first) else { throw .invalid("fetch.first") }
        try self.init(id: MessageID(bytes: Array(message.id)), first: first, count: Int(message.count))
    }

    var message: P2pchat_V1_FileFetch {
        var message = P2pchat_V1_FileFetch()
        message.id = Data(id.bytes)
        message.first = UInt64(first)
        message.count = UInt32(count)
        return message
    }
}

extension FileSpan {
    init(_ message: P2pchat_V1_FileSpan) throws(WireError) {
        guard let first = Int(exactly: message.first) else { throw .invalid("span.first") }
        try self.init(
            id: MessageID(bytes: Array(message.id)), first: first, leaves: Array(message.leaves),
            path: Array(message.path))
    }

    var message: P2pchat_V1_FileSpan {
        var message = P2pchat_V1_FileSpan()
        message.id = Data(id.bytes)
        message.first = UInt64(first)
        message.leaves = Data(leaves)
        message.path = Data(path)
        return message
    }
}

extension FileChunk {
    init(_ message: P2pchat_V1_FileChunk) throws(WireError) {
        guard let index = Int(exactly: message.index) else { throw .invalid("chunk.index") }
        try self.init(id: MessageID(bytes: Array(message.id)), index: index, data: Array(message.data))
    }

    var message: P2pchat_V1_FileChunk {
        var message = P2pchat_V1_FileChunk()
        message.id = Data(id.bytes)
        message.index = UInt64(index)
        message.data = Data(data)
        return message
    }
}

extension FileEnd {
    init(_ message: P2pchat_V1_FileEnd) throws(WireError) {
        self.init(
            id: try MessageID(bytes: Array(message.id)),
            reason: Reason(rawValue: message.reason.rawValue) ?? .cancelled)
    }

    var message: P2pchat_V1_FileEnd {
        var message = P2pchat_V1_FileEnd()
        message.id = Data(id.bytes)
        message.reason = P2pchat_V1_FileEnd.Reason(rawValue: reason.rawValue) ?? .unspecified
        return message
    }
}
