import FoundationEssentials
import Identity
import Wire

/// What stands inside a sealed message. Integers are big-endian.
///
/// | offset | bytes | content |
/// | --- | --- | --- |
/// | 0 | 1 | version of this form, 1 |
/// | 1 | 1 | direction |
/// | 2 | 16 | id |
/// | 18 | 8 | the sender's clock, milliseconds since 1970 |
/// | 26 | 8 | one's own clock when it was stored |
/// | 34 | 1 | kind: 0 text, 1 file |
/// | 35 | | text: UTF-8; file: size (8), root (32), name in UTF-8 |
enum MessageForm {
    static let headerBytes = 35
    private static let version: UInt8 = 1
    private static let kindOffset = 34
    private static let fileHeaderBytes = 8 + WireLimits.hash

    /// Replaces the contents of `bytes`, which is memory to be used again and again.
    static func encode(
        _ direction: MessageDirection, _ message: NewMessage, storedAt: Int64, into bytes: inout [UInt8]
    ) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(version)
        bytes.append(direction.rawValue)
        bytes.append(contentsOf: message.id.bytes)
        append(Milliseconds.of(message.sentAt), to: &bytes)
        append(storedAt, to: &bytes)
        switch message.content {
        case .text(let text):
            bytes.append(0)
            bytes.append(contentsOf: text.utf8)
        case .file(let offer):
            bytes.append(1)
            append(offer.size, to: &bytes)
            bytes.append(contentsOf: offer.root)
            bytes.append(contentsOf: offer.name.utf8)
        }
    }

    /// The bytes that a search looks through: the text, or the file's name. None where the form is not whole.
    static func searchable(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard bytes.count > headerBytes, bytes[0] == version else { return .init(start: nil, count: 0) }
        let start = bytes[kindOffset] == 0 ? headerBytes : headerBytes + fileHeaderBytes
        return UnsafeRawBufferPointer(rebasing: bytes[min(start, bytes.count)...])
    }

    /// One's own clock when the message was stored, in milliseconds since 1970.
    static func storedAt(_ bytes: UnsafeRawBufferPointer) throws -> Int64 {
        guard bytes.count >= headerBytes, bytes[0] == version else { throw StoredForm.unknown }
        return number(bytes, at: 26)
    }

    static func direction(_ bytes: UnsafeRawBufferPointer) throws -> MessageDirection {
        guard bytes.count >= headerBytes, bytes[0] == version,
            let direction = MessageDirection(rawValue: bytes[1])
        else { throw StoredForm.unknown }
        return direction
    }

    static func id(_ bytes: UnsafeRawBufferPointer) throws -> MessageID {
        guard bytes.count >= headerBytes, bytes[0] == version else { throw StoredForm.unknown }
        return try StoredForm.checked { try MessageID(bytes: Array(bytes[2..<18])) }
    }

    /// - Throws: `StoreError.unreadable` for a form that this version does not write.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, row: Int64, peer: PublicIdentity, state: DeliveryState
    ) throws -> StoredMessage {
        StoredMessage(
            row: row, peer: peer, id: try id(bytes), direction: try direction(bytes),
            sentAt: Milliseconds.date(number(bytes, at: 18)),
            storedAt: Milliseconds.date(number(bytes, at: 26)),
            content: try content(bytes), state: state)
    }

    private static func content(_ bytes: UnsafeRawBufferPointer) throws -> MessageContent {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[headerBytes...])
        switch bytes[kindOffset] {
        case 0: return .text(String(decoding: rest, as: UTF8.self))
        case 1:
            guard rest.count >= fileHeaderBytes else { throw StoredForm.unknown }
            return try StoredForm.checked {
                .file(
                    try FileOffer(
                        name: String(decoding: rest[fileHeaderBytes...], as: UTF8.self),
                        size: number(rest, at: 0), root: Array(rest[8..<fileHeaderBytes])))
            }
        default: throw StoredForm.unknown
        }
    }

    private static func append(_ number: Int64, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int64 {
        Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self))
    }
}

/// The one sealed byte beside a message: incoming ones have it, too, so that the file does not show who wrote what.
enum StateForm {
    static let incoming: UInt8 = 0

    static func encode(_ state: DeliveryState) -> UInt8 { 0x10 | state.rawValue }

    /// Nil for an incoming message.
    static func decode(_ byte: UInt8) throws -> DeliveryState? {
        if byte == incoming { return nil }
        guard byte & 0xf0 == 0x10, let state = DeliveryState(rawValue: byte & 0x0f) else {
            throw StoredForm.unknown
        }
        return state
    }
}

/// Times are kept as whole milliseconds since 1970.
enum Milliseconds {
    static func date(_ milliseconds: Int64) -> Date {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    /// The nearest that fits; 0 for what is no number.
    static func of(_ date: Date) -> Int64 {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
        guard !milliseconds.isNaN else { return 0 }
        // Bounds far inside an Int64, so that neither the conversion nor a difference of two can trap.
        return Int64(min(max(milliseconds, -limit), limit))
    }

    private static let limit = 4e15
}
