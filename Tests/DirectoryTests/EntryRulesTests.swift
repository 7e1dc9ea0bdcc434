import Directory
import Identity
import Sodium
import TestSupport
import Testing

/// The rules of docs/directory.md, "What may follow what".
@Suite struct EntryRulesTests {
    let keys: IdentityKeys
    let other: IdentityKeys
    let operatorKeys: IdentityKeys
    let recoveryKeys: IdentityKeys
    let recovery: RecoveryHash
    let label: Label

    init() throws {
        keys = try IdentityKeys(seed: SecretBytes(copying: Array(0..<32)))
        other = try IdentityKeys(seed: SecretBytes(copying: Array(50..<82)))
        operatorKeys = try IdentityKeys(seed: SecretBytes(copying: Array(100..<132)))
        let key = try RecoveryKey(words: RecoveryKey.generate().words().joined(separator: " "))
        recoveryKeys = try key.keys()
        recovery = try #require(RecoveryHash(bytes: key.hash))
        label = try Label(Handle("alice"))
    }

    func make(
        _ operation: LogEntry.Operation, after newest: LogEntry?, by keys: IdentityKeys? = nil,
        cosigner: IdentityKeys? = nil, of identity: PublicIdentity? = nil, at time: UInt64 = 5
    ) throws -> LogEntry {
        try LogEntry.make(
            operation, label: label, after: newest, time: time, by: keys ?? self.keys, cosigner: cosigner,
            of: identity)
    }

    func refusal(_ entry: LogEntry, after newest: LogEntry?) -> EntryRefusal? {
        do throws(EntryRefusal) {
            try entry.check(after: newest, operator: operatorKeys.publicIdentity)
            return nil
        } catch {
            return error
        }
    }

    func claim(after newest: LogEntry? = nil, by keys: IdentityKeys? = nil) throws -> LogEntry {
        try make(.claim(recovery: recovery), after: newest, by: keys)
    }

    @Test func claimsAndReleases() throws {
        let first = try claim()
        let release = try make(.release, after: first)
        let second = try claim(after: release, by: other)
        #expect(refusal(first, after: nil) == nil)
        #expect(refusal(release, after: first) == nil)
        #expect(refusal(second, after: release) == nil)
        #expect(second.sequence == 2 && second.previous == release.hash)
        #expect(second.holder(at: 0) == other.publicIdentity && release.holder(at: 0) == nil)
        // Nobody claims what is held, not even its holder; nobody releases what another holds, or nobody.
        #expect(try refusal(claim(after: first), after: first) == .held)
        #expect(try refusal(claim(after: first, by: other), after: first) == .held)
        #expect(try refusal(make(.release, after: first, by: other), after: first) == .notHeld)
        #expect(try refusal(make(.release, after: release), after: release) == .notHeld)
        #expect(try refusal(make(.release, after: nil), after: nil) == .notHeld)
    }

    @Test func theChainOfALabel() throws {
        let first = try claim()
        let release = try make(.release, after: first)
        let second = try claim(after: release, by: other)
        // Of another branch, or one late, or of another label.
        #expect(refusal(first, after: release) == .outOfSequence)
        #expect(refusal(second, after: nil) == .outOfSequence)
        let elsewhere = try claim(by: other)
        let branch = try make(.release, after: elsewhere, by: other)
        #expect(try refusal(claim(after: branch), after: release) == .outOfSequence)
        let bob = try LogEntry.make(
            .claim(recovery: .none), label: Label(Handle("bob")), after: nil, time: 1, by: keys)
        #expect(refusal(release, after: bob) == .outOfSequence)
        #expect(throws: LogEntryError.malformed) { try make(.release, after: bob) }
    }

    @Test func amendments() throws {
        let bare = try make(.claim(recovery: .none), after: nil)
        // The first recovery key needs only the holder; later ones the former key, so that a thief of the identity cannot set his own.
        let first = try make(.amend(recovery: recovery, signedBy: nil), after: bare)
        #expect(refusal(first, after: bare) == nil)
        let thiefs = try make(.amend(recovery: .none, signedBy: nil), after: first)
        #expect(refusal(thiefs, after: first) == .wrongRecovery)
        let wrongKey = try make(
            .amend(recovery: .none, signedBy: other.publicIdentity), after: first, cosigner: other)
        #expect(refusal(wrongKey, after: first) == .wrongRecovery)
        let proper = try make(
            .amend(recovery: .none, signedBy: recoveryKeys.publicIdentity), after: first,
            cosigner: recoveryKeys)
        #expect(refusal(proper, after: first) == nil)
        #expect(LabelState(proper) == LabelState(bare))
        // Without the other's signature it is no entry at all.
        #expect(throws: LogEntryError.self) {
            try make(.amend(recovery: .none, signedBy: recoveryKeys.publicIdentity), after: first)
        }
        #expect(throws: LogEntryError.self) {
            try make(
                .amend(recovery: .none, signedBy: recoveryKeys.publicIdentity), after: first, cosigner: other)
        }
        #expect(
            try refusal(make(.amend(recovery: recovery, signedBy: nil), after: bare, by: other), after: bare)
                == .notHeld)
    }

    @Test func rotations() throws {
        let first = try claim()
        let rotation = try make(
            .rotate(to: other.publicIdentity, recovery: recovery), after: first, cosigner: other)
        #expect(refusal(rotation, after: first) == nil)
        #expect(rotation.holder(at: 0) == other.publicIdentity)
        // The recovery hash stays, so that the holder's words still help when a thief has rotated.
        let thiefs = try make(
            .rotate(to: other.publicIdentity, recovery: .none), after: first, cosigner: other)
        #expect(refusal(thiefs, after: first) == .wrongRecovery)
        // The old holder has no say any more; the new one has.
        #expect(try refusal(make(.release, after: rotation), after: rotation) == .notHeld)
        #expect(try refusal(make(.release, after: rotation, by: other), after: rotation) == nil)
        // Both must have signed, and to oneself one does not rotate.
        #expect(throws: LogEntryError.self) {
            try make(.rotate(to: other.publicIdentity, recovery: recovery), after: first)
        }
        #expect(throws: LogEntryError.self) {
            try make(
                .rotate(to: other.publicIdentity, recovery: recovery), after: first, cosigner: operatorKeys)
        }
        #expect(throws: LogEntryError.self) {
            try make(.rotate(to: keys.publicIdentity, recovery: recovery), after: first, cosigner: keys)
        }
    }

    @Test func revocations() throws {
        let first = try claim()
        let own = try make(.revoke(heir: nil, signedBy: nil), after: first)
        #expect(refusal(own, after: first) == nil)
        #expect(own.holder(at: .max) == nil)
        // Nobody claims what its holder has revoked.
        for who in [keys, other] { #expect(try refusal(claim(after: own, by: who), after: own) == .revoked) }
        // With the recovery key, whoever holds the identity by then: an heir may be named.
        let byWords = try make(
            .revoke(heir: other.publicIdentity, signedBy: recoveryKeys.publicIdentity), after: first,
            by: recoveryKeys, of: keys.publicIdentity)
        #expect(refusal(byWords, after: first) == nil)
        #expect(try refusal(claim(after: byWords, by: keys), after: byWords) == .revoked)
        #expect(try refusal(claim(after: byWords, by: other), after: byWords) == nil)
        // With another key, or of somebody who does not hold the label.
        let wrong = try make(
            .revoke(heir: nil, signedBy: other.publicIdentity), after: first, by: other,
            of: keys.publicIdentity)
        #expect(refusal(wrong, after: first) == .wrongRecovery)
        let stranger = try make(
            .revoke(heir: nil, signedBy: recoveryKeys.publicIdentity), after: first, by: recoveryKeys,
            of: other.publicIdentity)
        #expect(refusal(stranger, after: first) == .notHeld)
        // The identity alone names no heir: a thief would.
        #expect(throws: LogEntryError.malformed) {
            try make(.revoke(heir: other.publicIdentity, signedBy: nil), after: first)
        }
    }

    @Test func reassignments() throws {
        let first = try claim()
        let held = LabelHolding(holder: keys.publicIdentity, recovery: recovery)
        let entry = try make(
            .reassign(from: held, to: other.publicIdentity), after: first, by: operatorKeys, at: 100)
        let start = 100 + LabelState.reassignmentDelay
        #expect(refusal(entry, after: first) == nil)
        #expect(entry.holder(at: start - 1) == keys.publicIdentity)
        #expect(entry.holder(at: start) == other.publicIdentity)
        // Nobody else does that, and not without saying what was in force.
        let strangers = try make(.reassign(from: held, to: other.publicIdentity), after: first, by: other)
        #expect(refusal(strangers, after: first) == .notTheOperator)
        for wrong in [nil, LabelHolding(holder: keys.publicIdentity, recovery: .none)] {
            let entry = try make(
                .reassign(from: wrong, to: other.publicIdentity), after: first, by: operatorKeys)
            #expect(refusal(entry, after: first) == .outOfSequence)
        }
        // The holder objects within 30 days by any entry of its own, and it is as it was.
        let objection = try make(
            .amend(recovery: recovery, signedBy: recoveryKeys.publicIdentity), after: entry,
            cosigner: recoveryKeys, at: start - 1)
        #expect(refusal(objection, after: entry) == nil)
        #expect(LabelState(objection) == LabelState(first))
        let late = try make(.release, after: entry, at: start)
        #expect(refusal(late, after: entry) == .notHeld)
        // The new holder acts only afterwards.
        let early = try make(.release, after: entry, by: other, at: start - 1)
        #expect(refusal(early, after: entry) == .notHeld)
        #expect(try refusal(make(.release, after: entry, by: other, at: start), after: entry) == nil)
        // No time makes it trap.
        let last = try make(
            .reassign(from: held, to: other.publicIdentity), after: first, by: operatorKeys, at: .max)
        #expect(last.holder(at: .max) == other.publicIdentity)
    }
}
