import FoundationEssentials
package import Identity
package import Transparency
import Wire

extension DirectoryClient {
    /// Claims a handle for this identity, unless it has it already. The claim is public and permanent: see
    /// docs/directory.md, "What a claim makes public".
    ///
    /// - Parameter recoveryHash: the hash of the identity's recovery key, 32 bytes; nil when it has none.
    package func claim(_ handle: Handle, recoveryHash: [UInt8]?) async throws(DirectoryError) {
        guard let recovery = recoveryHash.map(RecoveryHash.init(bytes:)) ?? RecoveryHash.none else {
            throw .invalidRequest("a recovery hash has 32 bytes")
        }
        try await append(to: handle) { newest throws(DirectoryError) in
            switch newest?.holder(at: time) {
            case keys.publicIdentity?: nil
            case _?: throw .handleTaken
            case nil: NextEntry(.claim(recovery: recovery), by: keys)
            }
        }
    }

    /// Gives a handle up. Anybody may claim it afterwards; that this identity had it stays public.
    package func release(_ handle: Handle) async throws(DirectoryError) {
        try await append(to: handle) { newest throws(DirectoryError) in
            guard newest?.holder(at: time) == keys.publicIdentity else { throw .notClaimed }
            return NextEntry(.release, by: keys)
        }
    }

    /// Whether this identity holds this handle here: its claim is checked, and that the directory's log has it as the newest.
    package func confirm(_ handle: Handle, identity: PublicIdentity) async throws(DirectoryError) -> Bool {
        let floor = book.floor
        guard case .confirmed(let claim, let evidence) = try await request(.confirm(handle, identity)) else {
            throw misbehaved("it answers a confirmation with something else")
        }
        let entry = try claim.map { claim throws(DirectoryError) in
            try checked { () throws(DirectoryError) in
                try PeerEntry.check(claim: claim, of: handle, by: identity)
            }
        }
        let (checkpoint, map) = try await accept(evidence, notBelow: floor)
        try checkedLog { () throws(LogFault) in
            if let entry {
                try LogView.check(entry, of: entry.label, map, under: checkpoint)
            } else {
                _ = try LogView.value(of: Label(handle), map, under: checkpoint)
            }
        }
        return entry != nil
    }

    /// The newest entry of a handle, or that it has none, with all that proves it.
    package func prove(_ handle: Handle) async throws(DirectoryError) -> HandleProof {
        let (entry, sight, _) = try await provedNewest(Label(handle))
        guard let signed = try? book.view?.read(sight.checkpoint) else { throw .closed }
        return HandleProof(handle: handle, entry: entry, signed: signed, map: sight.proof)
    }

    /// Who has claimed a handle, as the newest entry of its label says; nil when nobody has it.
    package func holder(of handle: Handle) async throws(DirectoryError) -> PublicIdentity? {
        try await newest(Label(handle))?.holder(at: time)
    }

    /// Appends the entry that `next` makes of the label's newest one, and checks that the log has it as the newest.
    ///
    /// - Parameter next: nil where nothing is to be appended.
    /// - Returns: The label's newest entry then.
    @discardableResult
    func append(
        to handle: Handle, _ next: (LogEntry?) throws(DirectoryError) -> NextEntry?
    ) async throws(DirectoryError) -> LogEntry? {
        let label = Label(handle)
        // The second time because somebody else's entry may come between reading the newest and appending.
        for _ in 0..<2 {
            let newest = try await newest(label)
            guard let next = try next(newest) else { return newest }
            let entry: LogEntry
            do {
                entry = try next.make(label, after: newest, time: time)
            } catch {
                throw .invalidRequest("the entry cannot be made: \(error)")
            }
            // Before it leaves: it may be in the log although no answer came.
            book.remember(entry)
            await book.save()
            let floor = book.floor
            switch try await request(.append(entry: entry.bytes, handle: handle)) {
            case .appended(let inclusion):
                let (checkpoint, map) = try await accept(inclusion?.evidence, notBelow: floor)
                try checkedLog { () throws(LogFault) in
                    guard let inclusion else { throw .missing }
                    try LogView.check(entry, at: inclusion.position, inclusion.path, under: checkpoint)
                    try LogView.check(entry, of: label, map, under: checkpoint)
                }
                guard let evidence = inclusion?.evidence else { return entry }
                try await compareOwn(
                    handle, entry,
                    Evidence.Sight(checkpoint: evidence.checkpoint, entry: entry.bytes, proof: map),
                    size: checkpoint.size)
                return entry
            case .failure(.outOfSequence): continue
            default: throw misbehaved("it answers an entry with something else")
            }
        }
        throw .refused(.outOfSequence(newest: 0))
    }

    /// The newest entry of a label, as the directory's log proves it.
    func newest(_ label: Label) async throws(DirectoryError) -> LogEntry? {
        try await provedNewest(label).entry
    }

    /// The same with the proof, and the size of the log that it is of.
    func provedNewest(
        _ label: Label
    ) async throws(DirectoryError) -> (entry: LogEntry?, sight: Evidence.Sight, size: UInt64) {
        let floor = book.floor
        guard case .newest(let bytes, let evidence) = try await request(.newest(label: label.bytes)) else {
            throw misbehaved("it answers with something else than an entry")
        }
        let entry = try bytes.map { bytes throws(DirectoryError) in
            guard let entry = try? LogEntry(bytes: bytes), entry.label == label else {
                throw misbehaved("an entry is malformed, not signed, or of another label")
            }
            return entry
        }
        let (checkpoint, map) = try await accept(evidence, notBelow: floor)
        try checkedLog { () throws(LogFault) in
            try LogView.check(entry, of: label, map, under: checkpoint)
        }
        return (
            entry, Evidence.Sight(checkpoint: evidence?.checkpoint ?? [], entry: bytes, proof: map),
            checkpoint.size
        )
    }
}

/// What a directory's log says of a handle, checked.
package struct HandleProof: Sendable {
    package let handle: Handle
    /// Nil where the handle has none.
    package let entry: LogEntry?
    /// Under which the map is proved.
    package let signed: SignedCheckpoint
    package let map: MapProof
}

/// What is to be appended, and who signs it.
struct NextEntry {
    private let operation: LogEntry.Operation
    private let keys: IdentityKeys
    private let cosigner: IdentityKeys?
    private let identity: PublicIdentity?

    /// See ``LogEntry/make(_:label:after:time:by:cosigner:of:)``.
    init(
        _ operation: LogEntry.Operation, by keys: IdentityKeys, cosigner: IdentityKeys? = nil,
        of identity: PublicIdentity? = nil
    ) {
        self.operation = operation
        self.keys = keys
        self.cosigner = cosigner
        self.identity = identity
    }

    fileprivate func make(_ label: Label, after newest: LogEntry?, time: UInt64) throws -> LogEntry {
        try LogEntry.make(
            operation, label: label, after: newest, time: time, by: keys, cosigner: cosigner, of: identity)
    }
}
