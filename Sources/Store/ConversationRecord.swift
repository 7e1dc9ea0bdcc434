import Identity

/// What stands inside a sealed conversation: version of this form (1), peer (32 bytes), then in 8 bytes each, big-endian:
/// seen, reported, outboxFrom (0: none), retention in seconds (-1: none).
struct ConversationRecord: Equatable {
    let peer: [UInt8]
    /// Incoming messages up to this row were shown.
    var seen: Int64 = 0
    /// Incoming messages up to this row were reported as read.
    var reported: Int64 = 0
    /// A row at or below the oldest outgoing message that is not delivered; nil when there is none.
    var outboxFrom: Int64?
    /// Seconds after which messages are deleted.
    var retention: Int64?

    init(peer: [UInt8]) {
        self.peer = peer
    }

    private static let version: UInt8 = 1
    private static let byteCount = 1 + PublicIdentity.byteCount + 4 * 8

    var bytes: [UInt8] {
        var bytes = [Self.version] + peer
        for number in [seen, reported, outboxFrom ?? 0, retention ?? -1] {
            withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    /// - Throws: `StoreError.unreadable` for a form that this version does not write.
    init(_ bytes: [UInt8]) throws {
        guard bytes.count == Self.byteCount, bytes[0] == Self.version else {
            throw StoredForm.unknown
        }
        peer = Array(bytes[1..<1 + PublicIdentity.byteCount])
        let numbers = bytes.withUnsafeBytes { bytes in
            (0..<4).map { index in
                Int64(
                    bigEndian: bytes.loadUnaligned(
                        fromByteOffset: 1 + PublicIdentity.byteCount + index * 8, as: Int64.self))
            }
        }
        seen = numbers[0]
        reported = numbers[1]
        outboxFrom = numbers[2] == 0 ? nil : numbers[2]
        retention = numbers[3] < 0 ? nil : numbers[3]
    }
}
