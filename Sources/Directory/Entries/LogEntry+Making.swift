package import Identity

/// Making entries: the bytes of docs/directory.md, signed.
extension LogEntry {
    /// Makes and signs the entry that follows `newest`, the label's newest one.
    ///
    /// - Parameters:
    ///   - time: seconds since 1970.
    ///   - keys: of the identity that acts. Of a revocation by the recovery key those of that key, and `identity` is whom it revokes.
    ///   - cosigner: of a rotation the successor's keys, of an amendment those of the recovery key that is in force.
    package static func make(
        _ operation: Operation, label: Label, after newest: LogEntry?, time: UInt64, by keys: IdentityKeys,
        cosigner: IdentityKeys? = nil, of identity: PublicIdentity? = nil
    ) throws -> LogEntry {
        guard newest?.label ?? label == label else { throw LogEntryError.malformed }
        let (sequence, overflow) = newest.map { $0.sequence.addingReportingOverflow(1) } ?? (0, false)
        guard !overflow else { throw LogEntryError.malformed }
        var body: [UInt8] = [operation.code]
        body += label.bytes
        body += bigEndian(sequence)
        body += newest?.hash ?? noHash
        body += (identity ?? keys.publicIdentity).bytes
        body += bigEndian(time)
        body += operation.fields
        var bytes = domain + body
        for signer in [keys] + (cosigner.map { [$0] } ?? []) {
            bytes += try signer.sign(context: context, body: body)
        }
        return try LogEntry(bytes: bytes)
    }

    private static func bigEndian(_ number: UInt64) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt64($0)) }
    }
}

extension LogEntry.Operation {
    /// In the order of protocol.md §7.
    fileprivate var code: UInt8 {
        switch self {
        case .claim: 1
        case .amend: 2
        case .rotate: 3
        case .revoke: 4
        case .release: 5
        case .reassign: 6
        }
    }

    /// What stands between the time and the signatures.
    fileprivate var fields: [UInt8] {
        switch self {
        case .claim(let recovery): recovery.bytes
        case .amend(let recovery, let signer): recovery.bytes + Self.key(signer)
        case .rotate(let successor, let recovery): successor.bytes + recovery.bytes
        case .revoke(let heir, let signer): Self.key(heir) + Self.key(signer)
        case .release: []
        case .reassign(let former, let successor):
            Self.key(former?.holder) + (former?.recovery ?? .none).bytes + successor.bytes
        }
    }

    private static func key(_ identity: PublicIdentity?) -> [UInt8] { identity?.bytes ?? LogEntry.noHash }
}
