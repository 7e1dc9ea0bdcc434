/// Protobuf as bytes, for what the validated values of Wire refuse to say.
struct RawMessage {
    private(set) var bytes: [UInt8] = []

    init() {}

    /// An envelope with one member: `field` of its `oneof`.
    init(envelope field: UInt64, _ member: RawMessage) {
        append(field, member.bytes)
    }

    mutating func append(_ field: UInt64, _ number: UInt64) {
        varint(field << 3)
        varint(number)
    }

    mutating func append(_ field: UInt64, _ content: [UInt8]) {
        varint(field << 3 | 2)
        varint(UInt64(content.count))
        bytes += content
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
