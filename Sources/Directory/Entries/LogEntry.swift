package import Identity
import Sodium

/// Why bytes are no entry.
package enum LogEntryError: Error, Equatable, Sendable {
    /// Not of the form that docs/directory.md gives, or of an operation that this version does not know.
    case malformed
    case badSignature
}

/// One entry of a directory's log: who did what to which label, signed, in its final bytes (docs/directory.md).
///
/// A value of this type has the right form and signatures that hold. Whether it may follow the label's newest
/// entry is ``check(after:operator:)``'s question.
package struct LogEntry: Hashable, Sendable {
    package enum Operation: Hashable, Sendable {
        /// The identity takes the label.
        case claim(recovery: RecoveryHash)
        /// The holder sets another recovery hash. Where one was in force, its key has signed too.
        case amend(recovery: RecoveryHash, signedBy: PublicIdentity?)
        /// The holder hands the label to another identity, which has signed too. The recovery hash stays.
        case rotate(to: PublicIdentity, recovery: RecoveryHash)
        /// The holder's key is not to be trusted any more. Signed by itself; or by the recovery key, which may name the one
        /// identity that can claim the label afterwards.
        case revoke(heir: PublicIdentity?, signedBy: PublicIdentity?)
        /// The holder gives the label up; its history stays, and anybody may claim it afterwards.
        case release
        /// The directory's operator hands the label to somebody, in force after ``LabelState.reassignmentDelay`` unless its holder acts before. What
        /// was in force stands in it, so that the newest entry of a label tells by itself who holds it.
        case reassign(from: LabelHolding?, to: PublicIdentity)
    }

    package let operation: Operation
    package let label: Label
    /// 0 for the first entry of a label, then one more each.
    package let sequence: UInt64
    /// The ``hash`` of the label's previous entry, 32 bytes, zeros for the first.
    package let previous: [UInt8]
    /// Who acts: the holder of the label from or up to this entry; of a reassignment the operator.
    package let identity: PublicIdentity
    /// The signer's clock, seconds since 1970.
    package let time: UInt64
    /// The whole entry.
    package let bytes: [UInt8]

    /// Reads an entry and checks its signatures.
    package init(bytes: [UInt8]) throws(LogEntryError) {
        var reader = Reader(bytes)
        guard reader.take(Self.domain.count) == Self.domain, let code = reader.take(1)?.first,
            let label = reader.take(32).flatMap(Label.init(bytes:)), let sequence = reader.number(),
            let previous = reader.take(32)
        else { throw .malformed }
        identity = try reader.identity()
        guard let time = reader.number() else { throw .malformed }
        self.label = label
        self.sequence = sequence
        self.previous = previous
        self.time = time
        self.bytes = bytes
        // A first entry has no predecessor to name, and every other one has.
        guard (sequence == 0) == (previous == Self.noHash) else { throw .malformed }

        /// Who has signed besides the identity, or in its place.
        var cosigner: PublicIdentity?
        var isSignedByIdentity = true
        switch code {
        case 1: operation = .claim(recovery: try reader.recovery())
        case 2:
            let recovery = try reader.recovery()
            cosigner = try reader.optionalIdentity()
            operation = .amend(recovery: recovery, signedBy: cosigner)
        case 3:
            let successor = try reader.identity()
            guard successor != identity else { throw .malformed }
            cosigner = successor
            operation = .rotate(to: successor, recovery: try reader.recovery())
        case 4:
            let heir = try reader.optionalIdentity()
            cosigner = try reader.optionalIdentity()
            isSignedByIdentity = cosigner == nil
            guard heir != identity, heir == nil || cosigner != nil else { throw .malformed }
            operation = .revoke(heir: heir, signedBy: cosigner)
        case 5: operation = .release
        case 6:
            let holder = try reader.optionalIdentity()
            let recovery = try reader.recovery()
            let successor = try reader.identity()
            guard holder != successor, holder != nil || recovery == .none else { throw .malformed }
            operation = .reassign(
                from: holder.map { LabelHolding(holder: $0, recovery: recovery) }, to: successor)
        default: throw .malformed
        }

        let body = Array(bytes.prefix(reader.position).dropFirst(Self.domain.count))
        let signers = (isSignedByIdentity ? [identity] : []) + (cosigner.map { [$0] } ?? [])
        for signer in signers {
            guard let signature = reader.take(64) else { throw .malformed }
            guard signer.verify(signature, context: Self.context, body: body) else { throw .badSignature }
        }
        guard reader.isAtEnd else { throw .malformed }
    }

    /// The one hash of an entry: its leaf hash in a log of RFC 6962, SHA-256(0x00 ‖ entry). 32 bytes.
    package var hash: [UInt8] { SHA256.hash([0], bytes) }

    static let context = "entry"
    /// The bytes that signing with the context puts before the body: so the entry holds exactly what was signed.
    static let domain = Array("p2pchat/1 entry".utf8) + [0]
    static let noHash = [UInt8](repeating: 0, count: 32)
}

/// The hash of the key with which a holder that has lost its own can revoke it; or that there is none.
package struct RecoveryHash: Hashable, Sendable {
    /// Zeros.
    package static let none = RecoveryHash(stored: [UInt8](repeating: 0, count: 32))

    /// 32 bytes, zeros for none.
    package let bytes: [UInt8]

    /// Nil unless 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.init(stored: bytes)
    }

    private init(stored: [UInt8]) {
        bytes = stored
    }

    /// Whether it is the hash of this key.
    func isOf(_ key: PublicIdentity) -> Bool { self != .none && bytes == RecoveryKey.hash(of: key) }
}

/// Who holds a label, and what may revoke it.
package struct LabelHolding: Hashable, Sendable {
    package let holder: PublicIdentity
    package let recovery: RecoveryHash

    package init(holder: PublicIdentity, recovery: RecoveryHash) {
        self.holder = holder
        self.recovery = recovery
    }
}

/// Takes fixed fields off the front and never reads past the end.
private struct Reader {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard bytes.count - position >= count else { return nil }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    mutating func number() -> UInt64? {
        take(8).map { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
    }

    mutating func recovery() throws(LogEntryError) -> RecoveryHash {
        guard let hash = take(32).flatMap(RecoveryHash.init(bytes:)) else { throw .malformed }
        return hash
    }

    mutating func identity() throws(LogEntryError) -> PublicIdentity {
        guard let identity = try optionalIdentity() else { throw .malformed }
        return identity
    }

    /// Nil for zeros.
    mutating func optionalIdentity() throws(LogEntryError) -> PublicIdentity? {
        guard let key = take(32) else { throw .malformed }
        guard key != LogEntry.noHash else { return nil }
        do {
            return try PublicIdentity(bytes: key)
        } catch {
            throw .malformed
        }
    }
}
