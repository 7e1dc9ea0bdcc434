import Directory
import FoundationEssentials
import Identity
import Wire

extension DirectoryService {
    /// The entry by which the identity holds the handle now. Throws when it does not.
    ///
    /// A release that comes while the store is read must not leave a presence under a handle that is no longer
    /// its own: then the store is read again.
    func claim(of handle: Handle, by identity: PublicIdentity) async throws(DirectoryFailure) -> [UInt8] {
        while true {
            let before = releases
            let newest = try await stored(Label(handle))
            guard before == releases else { continue }
            guard let newest, newest.holder(at: time) == identity else { throw .notClaimed }
            return newest.bytes
        }
    }

    func newest(
        _ label: [UInt8], for session: Session
    ) async throws(DirectoryFailure) -> DirectoryResponse.Body {
        try limits.lookups.take(session, at: uptime())
        guard let label = Label(bytes: label) else { throw .invalid }
        let (entry, evidence) = try await proved(label)
        return .newest(entry: entry?.bytes, log: evidence)
    }

    func confirm(
        _ handle: Handle, _ identity: PublicIdentity, for session: Session
    ) async throws(DirectoryFailure) -> DirectoryResponse.Body {
        try limits.lookups.take(session, at: uptime())
        let (newest, evidence) = try await proved(Label(handle))
        guard let newest, newest.holder(at: time) == identity else {
            return .confirmed(claim: nil, log: evidence)
        }
        return .confirmed(claim: newest.bytes, log: evidence)
    }

    func append(
        _ bytes: [UInt8], _ handle: Handle, for session: Session
    ) async throws(DirectoryFailure) -> DirectoryResponse.Body {
        try limits.claims.take(session, at: uptime())
        guard let entry = await Self.entry(bytes), Self.mayAppend(entry, session.identity),
            entry.label == Label(handle)
        else { throw .invalid }
        let difference = Duration.seconds(abs(Double(entry.time) - Double(time)))
        guard difference <= options.limits.clockDifference else {
            throw .wrongTime(directory: Int64(clamping: time))
        }
        let receipt: DirectoryLog.Receipt
        do {
            receipt = try await log.append(NewEntry(entry, handle: handle))
        } catch {
            throw failure(error)
        }
        switch entry.operation {
        case .release, .rotate, .revoke:
            releases += 1
            dropHandle(handle, of: entry.identity)
        case .claim, .amend, .reassign: break
        }
        return .appended(
            .init(position: receipt.position, path: receipt.inclusion, evidence: receipt.evidence))
    }

    /// Outside of the actor: checking a signature takes its time.
    private nonisolated static func entry(_ bytes: [UInt8]) async -> LogEntry? {
        try? LogEntry(bytes: bytes)
    }

    /// Whose link an entry may come over: its identity's, or anybody's where a key that is not that of an identity has signed.
    private static func mayAppend(_ entry: LogEntry, _ identity: PublicIdentity) -> Bool {
        if case .revoke(_, signedBy: .some) = entry.operation { return true }
        return entry.identity == identity
    }

    /// By the directory's clock, in seconds since 1970.
    private var time: UInt64 { UInt64(max(0, now().timeIntervalSince1970)) }

    /// A presence goes on without a handle that its identity gave up.
    private func dropHandle(_ handle: Handle, of identity: PublicIdentity) {
        guard let former = presences[identity], former.named?.handle == handle else { return }
        var presence = former
        presence.named = nil
        presences.put(presence)
        announceComing(of: presence, after: former)
    }

    private func stored(_ label: Label) async throws(DirectoryFailure) -> LogEntry? {
        do {
            return try await log.store.newest(label)
        } catch {
            throw failure(error)
        }
    }

    private func proved(
        _ label: Label
    ) async throws(DirectoryFailure) -> (entry: LogEntry?, evidence: LogEvidence) {
        do {
            return try await log.newest(label)
        } catch {
            throw failure(error)
        }
    }

    /// What a client is told of a store's refusal. What went wrong inside is for the operator alone.
    func failure(_ error: ClaimStoreError) -> DirectoryFailure {
        switch error {
        case .outOfSequence: return .outOfSequence(newest: 0)
        case .handleTaken: return .handleTaken
        case .notClaimed: return .notClaimed
        case .notAllowed: return .invalid
        case .tooManyHandles: return .tooManyHandles
        case .newerVersion, .corrupt, .unavailable:
            // What was given up because its link ended is no failure of the store.
            if !Task.isCancelled { report(.storeFailed("\(error)")) }
            return .unavailable
        }
    }
}
