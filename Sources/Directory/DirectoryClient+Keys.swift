package import Identity
import Wire

/// What becomes of a handle when its holder's key changes.
extension DirectoryClient {
    /// Hands a handle on to a new identity. Where the log has just that already, nothing is appended.
    ///
    /// - Returns: The way to the new identity that others can be shown, its newest entry last.
    /// - Throws: ``DirectoryError/notClaimed`` when this identity does not hold the handle.
    package func rotate(
        _ handle: Handle, to successor: IdentityKeys
    ) async throws(DirectoryError) -> RotationChain {
        let entry = try await append(to: handle) { newest throws(DirectoryError) in
            if case .rotate(successor.publicIdentity, _)? = newest?.operation,
                newest?.identity == keys.publicIdentity
            {
                return nil
            }
            guard let newest, let holding = LabelState(newest).holding(at: time),
                holding.holder == keys.publicIdentity
            else { throw .notClaimed }
            return NextEntry(
                .rotate(to: successor.publicIdentity, recovery: holding.recovery), by: keys,
                cosigner: successor)
        }
        let alone = entry.flatMap { RotationChain(endOf: [$0]) }
        guard let entry, let alone else { throw .notClaimed }
        do {
            return RotationChain(endOf: try await history(upTo: entry)) ?? alone
        } catch .refused {
            // Contacts that saw all of it until now need no more than the last step.
            return alone
        }
    }

    /// Says that this identity's key is not to be trusted any more. Nobody can claim the handle afterwards.
    ///
    /// - Throws: ``DirectoryError/notClaimed`` when this identity does not hold the handle.
    package func revoke(_ handle: Handle) async throws(DirectoryError) {
        try await append(to: handle) { newest throws(DirectoryError) in
            if case .revoke? = newest?.operation, newest?.identity == keys.publicIdentity { return nil }
            guard newest?.holder(at: time) == keys.publicIdentity else { throw .notClaimed }
            return NextEntry(.revoke(heir: nil, signedBy: nil), by: keys)
        }
    }

    /// Says with the recovery key that the key of whoever holds a handle is not to be trusted any more.
    ///
    /// - Parameter heir: who alone may claim the handle afterwards; nobody where there is none.
    /// - Returns: Whose key was revoked, now or before.
    /// - Throws: ``RecoveryError``; `DirectoryError`.
    package func revoke(
        _ handle: Handle, with recovery: borrowing RecoveryKey, heir: PublicIdentity?
    ) async throws -> PublicIdentity {
        let signer = try recovery.keys()
        let hash = RecoveryHash(bytes: recovery.hash)
        var refusal: RecoveryError?
        let entry = try await append(to: handle) { newest throws(DirectoryError) in
            switch LabelState(newest) {
            case .revoked(heir): return nil
            case .revoked(let other):
                refusal = .revokedOtherwise(heir: other)
                return nil
            default: break
            }
            guard let holding = LabelState(newest).holding(at: time) else {
                refusal = .notHeld
                return nil
            }
            guard holding.holder != heir else {
                refusal = .heirHolds
                return nil
            }
            guard holding.recovery == hash else {
                refusal = .otherWords(holder: holding.holder)
                return nil
            }
            return NextEntry(
                .revoke(heir: heir, signedBy: signer.publicIdentity), by: signer, of: holding.holder)
        }
        if let refusal { throw refusal }
        guard let entry else { throw RecoveryError.notHeld }
        return entry.identity
    }

    /// What the log says of an identity that is known by a handle.
    package func standing(
        of pinned: PublicIdentity, as handle: Handle
    ) async throws(DirectoryError) -> PinStanding {
        guard let newest = try await newest(Label(handle)) else { return .gone(holder: nil) }
        if newest.holder(at: time) == pinned { return .holds }
        return PinStanding(of: pinned, in: try await history(upTo: newest), at: time)
    }

    /// A label's last entries, up to one that the log was proved to have: since each has the hash of the one before, they are the log's, too.
    private func history(upTo newest: LogEntry) async throws(DirectoryError) -> [LogEntry] {
        guard newest.sequence > 0 else { return [newest] }
        let most = UInt64(WireLimits.history)
        let first = newest.sequence < most ? 0 : newest.sequence - most + 1
        let query = LogQuery.history(label: newest.label.bytes, first: first)
        guard case .entries(let page) = try await request(.log(query)) else {
            throw misbehaved("it answers with something else than a history")
        }
        // More may have come since the newest was asked for.
        let wanted = page.prefix(Int(newest.sequence - first) + 1)
        var entries: [LogEntry] = []
        for bytes in wanted {
            guard let entry = try? LogEntry(bytes: bytes),
                entries.isEmpty || (try? entry.check(after: entries.last, operator: directory)) != nil
            else { throw misbehaved("a history has an entry that does not follow the one before") }
            entries.append(entry)
        }
        guard entries.last == newest, entries.first?.sequence == first else {
            throw misbehaved("a history is not that of its newest entry")
        }
        return entries
    }
}

/// Why recovery words revoke nothing.
package enum RecoveryError: Error, Equatable, Sendable {
    /// Nobody holds the handle.
    case notHeld
    /// They are not the words of who holds the handle.
    case otherWords(holder: PublicIdentity)
    /// The handle was revoked before, in favour of somebody else, or of nobody.
    case revokedOtherwise(heir: PublicIdentity?)
    /// The heir holds the handle already.
    case heirHolds
}
