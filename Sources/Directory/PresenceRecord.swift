package import Identity
package import Wire

/// A presence record whose signature holds (protocol.md §6). The bytes stay as they were signed.
package struct PresenceRecord: Hashable, Sendable {
    package let signed: SignedRecord
    package let identity: PublicIdentity
    /// The directory that it was made for.
    package let directory: PublicIdentity
    package let addresses: [NetworkAddress]
    package let discoverable: Bool
    package let sequence: UInt64
    /// Seconds, 1 to 7,200.
    package let lifetime: UInt32

    /// Signs what `fields` says; they must be of the identity of `keys`.
    package static func make(_ fields: PresenceFields, by keys: IdentityKeys) throws -> PresenceRecord {
        let bytes = try fields.encoded()
        let signature = try keys.sign(context: context, body: bytes)
        return try PresenceRecord(SignedRecord(bytes: bytes, signature: signature))
    }

    /// Throws ``WireError`` when the bytes are no record, or its signature is not of the identity that it names.
    package init(_ signed: SignedRecord) throws(WireError) {
        let fields = try PresenceFields(decoding: signed.bytes)
        guard fields.identity.verify(signed.signature, context: Self.context, body: signed.bytes) else {
            throw .invalid("signature")
        }
        self.signed = signed
        identity = fields.identity
        directory = fields.directory
        addresses = fields.addresses
        discoverable = fields.discoverable
        sequence = fields.sequence
        lifetime = fields.lifetime
    }

    private static let context = "presence"
}
