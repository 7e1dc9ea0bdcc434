package import FoundationEssentials
package import Identity
import SwiftProtobuf

/// What a peer says of itself. Nothing in it is verified: the handle means something only after one's own
/// directory confirmed it, and is shown through the terminal's gate like any remote text.
package struct Hello: Equatable, Sendable {
    package let handle: Handle?
    /// The directory where the peer says to have claimed the handle.
    package let directory: PublicIdentity?

    package init(handle: Handle?, directory: PublicIdentity?) {
        self.handle = handle
        self.directory = directory
    }
}

/// One text message.
package struct TextMessage: Equatable, Sendable {
    package let id: MessageID
    /// The sender's clock, to the millisecond.
    package let sentAt: Date
    /// 1 to 64,000 bytes of UTF-8, exactly as sent.
    package let text: String

    /// Throws ``WireError/invalid(_:)`` for an empty text or one over 64,000 bytes of UTF-8. The time is rounded
    /// to the millisecond.
    package init(id: MessageID, sentAt: Date, text: String) throws(WireError) {
        guard (1...WireLimits.text).contains(text.utf8.count) else { throw .invalid("text") }
        self.id = id
        self.sentAt = Timestamp.date(milliseconds: Timestamp.milliseconds(of: sentAt))
        self.text = text
    }
}

/// What one frame between two peers carries (protocol.md §5, p2pchat.proto).
package enum PeerEnvelope: Equatable, Sendable {
    case hello(Hello)
    case text(TextMessage)
    /// The receiver has stored these durably; 1 to 1,000.
    case delivered([MessageID])
    /// The receiver has shown these to a person; 1 to 1,000.
    case read([MessageID])
    case offer(OfferMessage)
    case fetch(FileFetch)
    case span(FileSpan)
    case chunk(FileChunk)
    case end(FileEnd)
    /// The sender has another identity's place: 1 to 64 log entries, the oldest first, not checked yet.
    case rotation([[UInt8]])
    /// What the sender believes of a directory's log, not checked yet.
    case believedLog(BelievedLog)
    /// A kind that this version does not know: to be ignored.
    case unknown

    /// Throws ``WireError`` for bytes that no honest peer sends; the link is to be cut then.
    package init(decoding bytes: [UInt8]) throws(WireError) {
        let message: P2pchat_V1_PeerEnvelope = try decode(bytes)
        switch message.body {
        case .hello(let hello)?:
            self = .hello(
                Hello(
                    handle: try optionalHandle(hello.handle, "hello.handle"),
                    directory: try optionalIdentity(hello.directory, "hello.directory")))
        case .text(let text)?:
            guard (0..<WireLimits.milliseconds).contains(text.sentAt) else { throw .invalid("text.sent_at") }
            self = .text(
                try TextMessage(
                    id: MessageID(bytes: Array(text.id)),
                    sentAt: Timestamp.date(milliseconds: text.sentAt), text: text.text))
        case .delivered(let receipt)?: self = .delivered(try Self.ids(receipt))
        case .read(let receipt)?: self = .read(try Self.ids(receipt))
        case .offer(let offer)?: self = .offer(try OfferMessage(offer))
        case .fetch(let fetch)?: self = .fetch(try FileFetch(fetch))
        case .span(let span)?: self = .span(try FileSpan(span))
        case .chunk(let chunk)?: self = .chunk(try FileChunk(chunk))
        case .end(let end)?: self = .end(try FileEnd(end))
        case .rotation(let rotation)?: self = .rotation(try Self.entries(rotation))
        case .believedLog(let log)?: self = .believedLog(try BelievedLog(log))
        case nil: self = .unknown
        }
    }

    /// At most 65,276 bytes. Throws for a receipt of no or too many ids, and for `.unknown`.
    package func encoded() throws(WireError) -> [UInt8] {
        var message = P2pchat_V1_PeerEnvelope()
        switch self {
        case .hello(let hello):
            message.hello.handle = hello.handle?.text ?? ""
            message.hello.directory = Data(hello.directory?.bytes ?? [])
        case .text(let text):
            message.text.id = Data(text.id.bytes)
            message.text.sentAt = Timestamp.milliseconds(of: text.sentAt)
            message.text.text = text.text
        case .delivered(let ids): message.delivered = try Self.receipt(ids)
        case .read(let ids): message.read = try Self.receipt(ids)
        case .offer(let offer): message.offer = offer.message
        case .fetch(let fetch): message.fetch = fetch.message
        case .span(let span): message.span = span.message
        case .chunk(let chunk): message.chunk = chunk.message
        case .end(let end): message.end = end.message
        case .rotation(let entries):
            guard (1...WireLimits.history).contains(entries.count) else { throw .invalid("rotation.entries") }
            message.rotation.entries = entries.map { Data($0) }
        case .believedLog(let log): message.believedLog = try log.message
        case .unknown: throw .invalid("body")
        }
        return try encode(message)
    }

    private static func ids(_ receipt: P2pchat_V1_Receipt) throws(WireError) -> [MessageID] {
        guard (1...WireLimits.receiptIDs).contains(receipt.ids.count) else { throw .invalid("receipt.ids") }
        var ids: [MessageID] = []
        for id in receipt.ids { ids.append(try MessageID(bytes: Array(id))) }
        return ids
    }

    private static func entries(_ rotation: P2pchat_V1_Rotation) throws(WireError) -> [[UInt8]] {
        guard (1...WireLimits.history).contains(rotation.entries.count) else {
            throw .invalid("rotation.entries")
        }
        var entries: [[UInt8]] = []
        for entry in rotation.entries {
            guard !entry.isEmpty else { throw .invalid("rotation.entries") }
            entries.append(try bounded(entry, WireLimits.entry, "rotation.entries"))
        }
        return entries
    }

    private static func receipt(_ ids: [MessageID]) throws(WireError) -> P2pchat_V1_Receipt {
        guard (1...WireLimits.receiptIDs).contains(ids.count) else { throw .invalid("receipt.ids") }
        var receipt = P2pchat_V1_Receipt()
        receipt.ids = ids.map { Data($0.bytes) }
        return receipt
    }
}
