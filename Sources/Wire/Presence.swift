import FoundationEssentials
package import Identity

/// Bytes and the signature over them, kept exactly as they were signed and never encoded again: two encoders of
/// the same message need not agree (protocol.md §2).
package struct SignedRecord: Hashable, Sendable {
    /// An encoded presence record, 1 to 1,024 bytes.
    package let bytes: [UInt8]
    /// 64 bytes, over `bytes` with context "presence". Not checked here.
    package let signature: [UInt8]

    /// Throws ``WireError/invalid(_:)`` for other lengths.
    package init(bytes: [UInt8], signature: [UInt8]) throws(WireError) {
        guard (1...WireLimits.record).contains(bytes.count) else { throw .invalid("record") }
        guard signature.count == 64 else { throw .invalid("signature") }
        self.bytes = bytes
        self.signature = signature
    }
}

/// What a presence record says (protocol.md §6).
package struct PresenceFields: Equatable, Sendable {
    /// Whose presence this is.
    package let identity: PublicIdentity
    /// The directory that the record is meant for; no other may serve it.
    package let directory: PublicIdentity
    /// At most 8, none twice. Empty: online, can call, cannot be called.
    package let addresses: [NetworkAddress]
    package let discoverable: Bool
    /// Above every earlier one of this identity, below 2^63.
    package let sequence: UInt64
    /// Seconds, 1 to 7,200, from the record's arrival by the directory's clock.
    package let lifetime: UInt32

    /// Throws ``WireError/invalid(_:)`` when a bound is broken.
    package init(
        identity: PublicIdentity, directory: PublicIdentity, addresses: [NetworkAddress], discoverable: Bool,
        sequence: UInt64, lifetime: UInt32
    ) throws(WireError) {
        guard addresses.count <= WireLimits.addresses, Set(addresses).count == addresses.count else {
            throw .invalid("record.addresses")
        }
        guard sequence <= UInt64(Int64.max) else { throw .invalid("record.sequence") }
        guard (1...WireLimits.lifetime).contains(lifetime) else { throw .invalid("record.lifetime") }
        self.identity = identity
        self.directory = directory
        self.addresses = addresses
        self.discoverable = discoverable
        self.sequence = sequence
        self.lifetime = lifetime
    }

    /// Throws ``WireError`` for bytes that are no record.
    package init(decoding bytes: [UInt8]) throws(WireError) {
        guard bytes.count <= WireLimits.record else { throw .invalid("record") }
        let message: P2pchat_V1_PresenceRecord = try decode(bytes)
        var addresses: [NetworkAddress] = []
        for address in message.addresses.prefix(WireLimits.addresses + 1) {
            addresses.append(try NetworkAddress(address))
        }
        try self.init(
            identity: Wire.identity(message.identity, "record.identity"),
            directory: Wire.identity(message.directory, "record.directory"), addresses: addresses,
            discoverable: message.discoverable, sequence: message.sequence, lifetime: message.lifetime)
    }

    /// The bytes to sign, at most 1,024.
    package func encoded() throws(WireError) -> [UInt8] {
        var message = P2pchat_V1_PresenceRecord()
        message.identity = Data(identity.bytes)
        message.directory = Data(directory.bytes)
        message.addresses = addresses.map(\.message)
        message.discoverable = discoverable
        message.sequence = sequence
        message.lifetime = lifetime
        return try encode(message)
    }
}

/// A presence as a directory serves it to others. Not yet checked: signature, identity and claim are the
/// receiver's to verify.
package struct ServedPresence: Hashable, Sendable {
    package let record: SignedRecord
    package let handle: Handle?
    /// The entry by which the identity claimed the handle; present exactly when the handle is.
    package let claim: [UInt8]?

    /// The claim is kept only together with a handle.
    package init(record: SignedRecord, named: (handle: Handle, claim: [UInt8])?) {
        self.record = record
        handle = named?.handle
        claim = named?.claim
    }

    init(_ message: P2pchat_V1_Presence) throws(WireError) {
        let claim = try bounded(message.claim, WireLimits.entry, "presence.claim")
        guard claim.isEmpty == message.handle.isEmpty else { throw .invalid("presence.claim") }
        try self.init(
            record: SignedRecord(bytes: Array(message.record), signature: Array(message.signature)),
            named: optionalHandle(message.handle, "presence.handle").map { ($0, claim) })
    }

    var message: P2pchat_V1_Presence {
        var message = P2pchat_V1_Presence()
        message.record = Data(record.bytes)
        message.signature = Data(record.signature)
        message.handle = handle?.text ?? ""
        message.claim = Data(claim ?? [])
        return message
    }
}

/// What the directory found when it dialled an address back.
package enum Reachability: Hashable, Sendable {
    case reachable
    /// Nothing listens there.
    case refused
    /// No answer, perhaps a firewall.
    case timedOut
    /// Something else answered.
    case wrongIdentity
    /// Not dialled: not the ip that the link comes from.
    case otherAddress
    /// Not dialled: too many dial-backs lately.
    case dialledTooOften
    /// No route to it.
    case unroutable
    /// A reason that this version does not know.
    case unknown
}

extension Reachability {
    init(_ message: P2pchat_V1_Reachability) {
        switch message {
        case .reachable: self = .reachable
        case .refused: self = .refused
        case .timedOut: self = .timedOut
        case .wrongIdentity: self = .wrongIdentity
        case .otherAddress: self = .otherAddress
        case .dialledTooOften: self = .dialledTooOften
        case .unroutable: self = .unroutable
        case .unspecified, .UNRECOGNIZED: self = .unknown
        }
    }

    var message: P2pchat_V1_Reachability {
        switch self {
        case .reachable: .reachable
        case .refused: .refused
        case .timedOut: .timedOut
        case .wrongIdentity: .wrongIdentity
        case .otherAddress: .otherAddress
        case .dialledTooOften: .dialledTooOften
        case .unroutable: .unroutable
        case .unknown: .unspecified
        }
    }
}

/// The result of dialling one address back.
package struct DialledAddress: Hashable, Sendable {
    package let address: NetworkAddress
    package let reachability: Reachability

    package init(address: NetworkAddress, reachability: Reachability) {
        self.address = address
        self.reachability = reachability
    }
}
