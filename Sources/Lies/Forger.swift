package import Directory
package import DirectoryServer
package import Identity
package import Transparency
package import Wire

/// Whoever has the secret keys of a directory's log, and signs with them what is not so.
package struct Forger: Sendable {
    package let signer: LogSigner
    package let directory: PublicIdentity
    private let now: @Sendable () -> UInt64
    /// Witnesses that cosign whatever is signed.
    package var accomplices: [WitnessSigner] = []

    /// By its clock, in seconds since 1970.
    package var time: UInt64 { now() }

    /// - Parameter now: in seconds since 1970, for cosignatures.
    package init(_ signer: LogSigner, directory: PublicIdentity, now: @escaping @Sendable () -> UInt64) {
        (self.signer, self.directory, self.now) = (signer, directory, now)
    }

    /// A signed note of any checkpoint.
    ///
    /// - Parameter age: how many seconds ago it was called the newest.
    package func sign(_ checkpoint: Checkpoint, age: UInt64 = 0) throws -> [UInt8] {
        let note = try signer.sign(checkpoint, at: now() - age)
        let others = try accomplices.map { try $0.cosign(checkpoint, at: now() - age) }
        return try SignedNote(text: note.text, signatures: note.signatures + others).bytes
    }

    /// What a note of this log says.
    package func read(_ note: [UInt8]) throws -> Checkpoint {
        try SignedCheckpoint(note: SignedNote(bytes: note), by: signer.keys).checkpoint
    }

    // MARK: Lies

    /// Nobody has called what is shown the newest since then, in seconds.
    package func frozen(age: UInt64) -> Lie {
        { _, answer in try answer.withCheckpoint { try sign(try read($0), age: age) } }
    }

    /// The log's keys are replaced by others that have the same number.
    package func replaced(by other: LogSigner) -> Lie {
        let forger = Forger(other, directory: directory, now: now)
        return { _, answer in
            if case .logKeys = answer { return .logKeys(other.statements.map(\.bytes)) }
            return try answer.withCheckpoint { try forger.sign(read($0)) }
        }
    }

    /// Checkpoints are signed by a key that the directory's identity never named.
    package func signed(by other: LogSigner) -> Lie {
        let forger = Forger(other, directory: directory, now: now)
        return { _, answer in try answer.withCheckpoint { try forger.sign(read($0)) } }
    }

    /// What names the log's keys is signed by nobody.
    package static let unsignedKeys: Lie = { _, answer in
        if case .logKeys = answer { .logKeys([[UInt8](repeating: 1, count: 136)]) } else { answer }
    }

    /// Who has a handle is said without any proof.
    package static let unproved: Lie = { _, answer in answer.with { _ in nil } }

    /// The last entry of each page that is read is another one than the log has.
    package static func altered(_ entry: LogEntry) -> Lie {
        { _, answer in
            if case .entries(let page) = answer { .entries(page.dropLast() + [entry.bytes]) } else { answer }
        }
    }

    /// Nobody has the handle that is asked for.
    package static let omission: Lie = { _, answer in
        if case .newest(_, let log) = answer { .newest(entry: nil, log: log) } else { answer }
    }

    /// An entry that is in no log is the newest of the handle that is asked for.
    package static func forged(_ entry: LogEntry) -> Lie {
        { _, answer in
            switch answer {
            case .newest(_, let log): .newest(entry: entry.bytes, log: log)
            case .confirmed(_, let log): .confirmed(claim: entry.bytes, log: log)
            default: answer
            }
        }
    }

    /// Whoever is looked up is this presence.
    package static func swapped(for presence: ServedPresence) -> Lie {
        { _, answer in if case .lookedUp = answer { .lookedUp(presence) } else { answer } }
    }

    /// A presence of somebody, signed well, under a handle that the claim is for.
    package func presence(
        of keys: IdentityKeys, as handle: Handle, _ claim: LogEntry
    ) throws -> ServedPresence {
        let fields = try PresenceFields(
            identity: keys.publicIdentity, directory: directory, addresses: [], discoverable: true,
            sequence: 1,
            lifetime: 60)
        return try ServedPresence(
            record: PresenceRecord.make(fields, by: keys).signed, named: (handle, claim.bytes))
    }
}
