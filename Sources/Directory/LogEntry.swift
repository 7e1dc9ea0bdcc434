package import Identity
import Sodium

/// What a handle is called in the log: SHA-256("p2pchat/1 label" ‖ handle), 32 bytes, so that the log holds no
/// user text (protocol.md §7). A handle that can be guessed can be guessed from its label.
package struct Label: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ handle: Handle) {
        bytes = SHA256.hash(Array("p2pchat/1 label".utf8), Array(handle.text.utf8))
    }

    /// Nil unless 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }
}

/// Why bytes are no entry.
package enum LogEntryError: Error, Equatable, Sendable {
    /// Not of the form that docs/directory.md gives, or of an operation that this version does not know.
    case malformed
    case badSignature
}

/// One entry of a directory's log: who did what to which label, signed, in its final bytes (docs/directory.md).
///
/// A value of this type has the right form and a signature that holds. Whether it may follow the label's newest
/// entry is ``follows(_:)``'s question.
package struct LogEntry: Hashable, Sendable {
    package enum Operation: Hashable, Sendable {
        /// The identity takes the label. The hash of its recovery key, 32 bytes, zeros when it has none.
        case claim(recoveryHash: [UInt8])
        /// The identity gives the label up; its history stays, and anybody may claim it afterwards.
        case release
    }

    package let operation: Operation
    package let label: Label
    /// 0 for the first entry of a label, then one more each.
    package let sequence: UInt64
    /// The ``hash`` of the label's previous entry, 32 bytes, zeros for the first.
    package let previous: [UInt8]
    package let identity: PublicIdentity
    /// The signer's clock, seconds since 1970.
    package let time: UInt64
    /// The whole entry: 225 bytes of a claim, 193 of a release.
    package let bytes: [UInt8]

    /// Makes and signs the entry that follows `newest`.
    package static func make(
        _ operation: Operation, label: Label, after newest: LogEntry?, time: UInt64, by keys: IdentityKeys
    ) throws -> LogEntry {
        guard newest?.label ?? label == label else { throw LogEntryError.malformed }
        let (sequence, overflow) = newest.map { $0.sequence.addingReportingOverflow(1) } ?? (0, false)
        guard !overflow else { throw LogEntryError.malformed }
        var body: [UInt8] = [operation.code]
        body += label.bytes
        body += bigEndian(sequence)
        body += newest?.hash ?? noHash
        body += keys.publicIdentity.bytes
        body += bigEndian(time)
        if case .claim(let recoveryHash) = operation {
            guard recoveryHash.count == 32 else { throw LogEntryError.malformed }
            body += recoveryHash
        }
        let signature = try keys.sign(context: context, body: body)
        return try LogEntry(bytes: domain + body + signature)
    }

    /// Reads an entry and checks its signature.
    package init(bytes: [UInt8]) throws(LogEntryError) {
        var reader = Reader(bytes)
        guard reader.take(Self.domain.count) == Self.domain, let code = reader.take(1)?.first,
            let label = reader.take(32).flatMap(Label.init(bytes:)), let sequence = reader.number(),
            let previous = reader.take(32), let signer = reader.take(32), let time = reader.number()
        else { throw .malformed }
        switch code {
        case Self.claimCode:
            guard let recoveryHash = reader.take(32) else { throw .malformed }
            operation = .claim(recoveryHash: recoveryHash)
        case Self.releaseCode:
            operation = .release
        default:
            throw .malformed
        }
        guard let signature = reader.take(64), reader.isAtEnd else { throw .malformed }
        // A first entry has no predecessor to name, and every other one has.
        guard (sequence == 0) == (previous == Self.noHash) else { throw .malformed }
        do {
            identity = try PublicIdentity(bytes: signer)
        } catch {
            throw .malformed
        }
        self.label = label
        self.sequence = sequence
        self.previous = previous
        self.time = time
        self.bytes = bytes
        let body = Array(bytes.dropFirst(Self.domain.count).dropLast(64))
        guard identity.verify(signature, context: Self.context, body: body) else { throw .badSignature }
    }

    /// The one hash of an entry: its leaf hash in a log of RFC 6962, SHA-256(0x00 ‖ entry). 32 bytes.
    package var hash: [UInt8] { SHA256.hash([0], bytes) }

    /// Who has the label after this entry; nil after a release.
    package var holder: PublicIdentity? {
        switch operation {
        case .claim: identity
        case .release: nil
        }
    }

    /// Whether this entry may be the next one after `newest`, the label's newest entry: it names that entry's
    /// sequence and hash, claims only what nobody holds, and releases only what its own identity holds.
    package func follows(_ newest: LogEntry?) -> Bool {
        switch operation {
        case .claim: guard newest?.holder == nil else { return false }
        case .release: guard newest?.holder == identity else { return false }
        }
        guard let newest else { return sequence == 0 }
        let (next, overflow) = newest.sequence.addingReportingOverflow(1)
        return newest.label == label && !overflow && sequence == next && previous == newest.hash
    }

    private static let context = "entry"
    /// The bytes that signing with the context puts before the body: so the entry holds exactly what was signed.
    private static let domain = Array("p2pchat/1 entry".utf8) + [0]
    private static let noHash = [UInt8](repeating: 0, count: 32)
    fileprivate static let claimCode: UInt8 = 1
    fileprivate static let releaseCode: UInt8 = 5
}

extension LogEntry.Operation {
    /// Codes in the order of protocol.md §7; amend 2, rotate 3, revoke 4 and reassign 6 are not used yet.
    fileprivate var code: UInt8 {
        switch self {
        case .claim: LogEntry.claimCode
        case .release: LogEntry.releaseCode
        }
    }
}

private func bigEndian(_ number: UInt64) -> [UInt8] {
    stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt64($0)) }
}

/// Takes fixed fields off the front and never reads past the end.
private struct Reader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func number() -> UInt64? {
        take(8).map { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
    }
}
