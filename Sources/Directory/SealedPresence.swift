package import FoundationEssentials
package import Identity
import Sodium
package import Wire

/// Presence for one contact alone (docs/protocol.md, "Sealed presence"): the record in a box between the two identities, under a tag that
/// only they can compute, another one each day.
package enum SealedPresence {
    /// Days since 1970 in UTC.
    package static func day(_ date: Date) -> UInt64 {
        UInt64(max(0, min(date.timeIntervalSince1970 / 86_400, 1e12)))
    }

    /// What `keys` leave for a contact on a day.
    package static func seal(
        _ record: PresenceRecord, for contact: PublicIdentity, day: UInt64, by keys: IdentityKeys
    ) throws -> SealedBlob {
        let key = try keys.boxKey(with: contact)
        let padded = try Padding.pad(record.signed.signature + record.signed.bytes, block: block)
        guard padded.count == block else { throw WireError.tooLarge }
        return try SealedBlob(
            tag: tag(of: keys.publicIdentity, day: day, key: key), blob: Box.seal(padded, key: key))
    }

    /// The tag under which a contact leaves a presence for `keys` on a day; 32 bytes.
    package static func tag(
        of contact: PublicIdentity, for keys: IdentityKeys, day: UInt64
    ) throws -> [UInt8] {
        try tag(of: contact, day: day, key: keys.boxKey(with: contact))
    }

    /// What a contact has left for `keys` at a directory; nil for anything else.
    package static func open(
        _ blob: [UInt8], of contact: PublicIdentity, at directory: PublicIdentity, by keys: IdentityKeys
    ) -> PresenceRecord? {
        guard let key = try? keys.boxKey(with: contact), let padded = try? Box.open(blob, key: key),
            let plain = try? Padding.unpad(padded, block: block), plain.count > signatureByteCount,
            let signed = try? SignedRecord(
                bytes: Array(plain[signatureByteCount...]), signature: Array(plain[..<signatureByteCount])),
            let record = try? PresenceRecord(signed), record.identity == contact,
            record.directory == directory
        else { return nil }
        return record
    }

    /// What stands in for a contact, so that their number does not show: nobody can tell it from a presence.
    package static func decoy() throws -> SealedBlob {
        func random(_ count: Int) throws -> [UInt8] { try SecretBytes(random: count).withBytes { Array($0) } }
        return try SealedBlob(
            tag: random(WireLimits.sealedTag), blob: random(WireLimits.sealedBlob))
    }

    /// KH(shared, "p2pchat/1 presence tag" ‖ the sealer's identity ‖ day): with the sealer in it the two directions differ.
    private static func tag(
        of sealer: PublicIdentity, day: UInt64, key: borrowing SecretBytes
    ) throws -> [UInt8] {
        let day = withUnsafeBytes(of: day.bigEndian) { Array($0) }
        return try Blake2b.keyed256(key: key, Array("p2pchat/1 presence tag".utf8), sealer.bytes, day)
            .withBytes { Array($0) }
    }

    private static let block = 1_024
    private static let signatureByteCount = 64
}
