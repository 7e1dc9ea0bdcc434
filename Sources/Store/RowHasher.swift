import Identity
import Sodium
import Wire

/// Keyed hashes by which rows are found without the file saying whose they are: the first 16 bytes of
/// `KH(hash key, label ‖ fields)`. Every label has fields of fixed lengths, so no two inputs are the same bytes.
final class RowHasher: Sendable {
    static let byteCount = 16

    private let key: SecretBytes

    init(key: consuming SecretBytes) {
        self.key = key
    }

    func contact(_ identity: PublicIdentity) throws -> [UInt8] {
        try hash(Array("contact ".utf8) + identity.bytes)
    }

    func conversation(_ peer: PublicIdentity) throws -> [UInt8] {
        try hash(Array("conversation ".utf8) + peer.bytes)
    }

    func log(_ directory: PublicIdentity) throws -> [UInt8] {
        try hash(Array("log ".utf8) + directory.bytes)
    }

    /// 4 bytes that messages of one conversation share whose ids were made within the same 64 ms, and 12 that tell them apart. A
    /// burst of messages so stands together in the index, and a commit touches few of its pages instead of one for every
    /// message.
    func message(_ direction: MessageDirection, _ peer: [UInt8], _ id: MessageID) throws -> [UInt8] {
        // The id's first 48 bits are milliseconds; 6 bits of them are dropped.
        let burst = Array(id.bytes.prefix(5)) + [id.bytes[5] & 0xc0]
        let place = try hash(Array("burst ".utf8) + peer + burst)
        return try Array(place.prefix(4)) + hash("message ", direction, peer, id).prefix(12)
    }

    func transfer(_ direction: MessageDirection, _ peer: PublicIdentity, _ id: MessageID) throws -> [UInt8] {
        try hash("transfer ", direction, peer.bytes, id)
    }

    private func hash(
        _ label: StaticString, _ direction: MessageDirection, _ peer: [UInt8], _ id: MessageID
    ) throws -> [UInt8] {
        var input: [UInt8] = []
        input.reserveCapacity(64)
        label.withUTF8Buffer { input.append(contentsOf: $0) }
        input.append(direction.rawValue)
        input.append(contentsOf: peer)
        input.append(contentsOf: id.bytes)
        return try hash(input)
    }

    private func hash(_ input: [UInt8]) throws -> [UInt8] {
        try withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { output in
            try input.withUnsafeBytes { try Blake2b.keyed256(key: key, $0, into: output) }
            return Array(output.prefix(Self.byteCount))
        }
    }
}
