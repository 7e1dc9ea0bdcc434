import Directory
import Identity
import Sodium
import Testing

/// Which entries are a way from one key to another.
@Suite struct RotationChainTests {
    /// A, B, C, D and somebody else.
    let people: [IdentityKeys]
    let words: String
    let label: Label
    let time: UInt64 = 1_000

    init() throws {
        people = try (1...5).map { number in
            try IdentityKeys(seed: SecretBytes(copying: [UInt8](repeating: number, count: 32)))
        }
        words = try RecoveryKey.generate().words().joined(separator: " ")
        label = try Label(Handle("alice"))
    }

    func hash() throws -> RecoveryHash { try #require(RecoveryHash(bytes: RecoveryKey(words: words).hash)) }

    func claim(_ person: Int = 0, after newest: LogEntry? = nil) throws -> LogEntry {
        try LogEntry.make(
            .claim(recovery: hash()), label: label, after: newest, time: time, by: people[person])
    }

    func rotate(_ old: Int, _ new: Int, after newest: LogEntry?) throws -> LogEntry {
        try LogEntry.make(
            .rotate(to: people[new].publicIdentity, recovery: hash()), label: label, after: newest,
            time: time,
            by: people[old], cosigner: people[new])
    }

    /// Keeps the recovery hash, so that what follows is the same with and without it.
    func amend(_ person: Int, after newest: LogEntry?) throws -> LogEntry {
        let signer = try RecoveryKey(words: words).keys()
        return try LogEntry.make(
            .amend(recovery: hash(), signedBy: signer.publicIdentity), label: label, after: newest,
            time: time,
            by: people[person], cosigner: signer)
    }

    func revoke(_ person: Int, heir: Int?, after newest: LogEntry?) throws -> LogEntry {
        let signer = try RecoveryKey(words: words).keys()
        return try LogEntry.make(
            .revoke(heir: heir.map { people[$0].publicIdentity }, signedBy: signer.publicIdentity),
            label: label, after: newest, time: time, by: signer, of: people[person].publicIdentity)
    }

    func release(_ person: Int, after newest: LogEntry?) throws -> LogEntry {
        try LogEntry.make(.release, label: label, after: newest, time: time, by: people[person])
    }

    func fault(_ entries: [LogEntry]) -> RotationFault? {
        do throws(RotationFault) {
            _ = try RotationChain(bytes: entries.map(\.bytes))
            return nil
        } catch {
            return error
        }
    }

    @Test func severalStepsWithAnAmendmentBetweenThem() throws {
        let first = try claim()
        let one = try rotate(0, 1, after: first)
        let amended = try amend(1, after: one)
        let two = try rotate(1, 2, after: amended)
        let chain = try RotationChain(bytes: [one, amended, two].map(\.bytes))
        #expect(chain.identities == people[0...2].map(\.publicIdentity))
        #expect(chain.successor == people[2].publicIdentity)
        #expect(RotationChain(endOf: [first, one, amended, two]) == chain)
        #expect(RotationChain(endOf: [amended, two])?.identities == people[1...2].map(\.publicIdentity))
        #expect(RotationChain(endOf: [first, one, amended]) == nil)
        #expect(RotationChain(endOf: [first]) == nil && RotationChain(endOf: []) == nil)
    }

    @Test func gapsWrongOrderCyclesAndForeignEntriesAreRefused() throws {
        let first = try claim()
        let one = try rotate(0, 1, after: first)
        let two = try rotate(1, 2, after: one)
        let three = try rotate(2, 3, after: two)
        #expect(fault([one, two, three]) == nil)
        #expect(fault([]) == .count)
        #expect(fault([one, three]) == .gap)
        #expect(fault([two, one]) == .gap)
        #expect(fault([one, one]) == .gap)
        // A step of somebody who does not hold the handle.
        #expect(try fault([one, rotate(4, 3, after: one)]) == .gap)
        // Of another branch: it names another entry as the one before.
        #expect(try fault([one, rotate(1, 2, after: rotate(4, 1, after: first))]) == .gap)
        #expect(try fault([one, rotate(1, 0, after: one)]) == .cycle)
        #expect(try fault([one, two, rotate(2, 1, after: two)]) == .cycle)
        #expect(fault([first, one]) == .foreign)
        #expect(try fault([one, release(1, after: one)]) == .foreign)
        #expect(try fault([one, amend(1, after: one)]) == .foreign)
        let elsewhere = try LogEntry.make(
            .rotate(to: people[2].publicIdentity, recovery: hash()), label: Label(Handle("bob")), after: nil,
            time: time, by: people[1], cosigner: people[2])
        #expect(fault([one, elsewhere]) == .gap)
    }

    @Test func aStepThatOneOfTheTwoDidNotSignIsNoEntry() throws {
        let one = try rotate(0, 1, after: claim())
        for offset in [one.bytes.count - 1, one.bytes.count - 65] {
            var bytes = one.bytes
            bytes[offset] ^= 1
            #expect(throws: RotationFault.unreadable) { try RotationChain(bytes: [bytes]) }
        }
    }

    @Test func whatTheLogSaysOfAPin() throws {
        let first = try claim()
        let one = try rotate(0, 1, after: first)
        let two = try rotate(1, 2, after: one)
        func standing(_ person: Int, _ history: [LogEntry]) -> PinStanding {
            PinStanding(of: people[person].publicIdentity, in: history, at: time)
        }
        let (b, c) = (people[1].publicIdentity, people[2].publicIdentity)
        #expect(standing(0, [first]) == .holds)
        #expect(standing(0, [first, one]) == .movedTo(b))
        #expect(standing(0, [first, one, two]) == .movedTo(c))
        #expect(standing(1, [first, one, two]) == .movedTo(c))
        #expect(standing(2, [first, one, two]) == .holds)
        // A history that begins in the middle.
        #expect(standing(1, [two]) == .movedTo(c))
        #expect(standing(0, [two]) == .gone(holder: c))
        #expect(standing(4, [first, one, two]) == .gone(holder: c))
        #expect(standing(0, []) == .gone(holder: nil))

        // Released and claimed by another is no handing on, and neither is going back to a key that was given up.
        let released = try release(1, after: one)
        #expect(standing(0, [first, one, released]) == .gone(holder: nil))
        let taken = try claim(4, after: released)
        #expect(standing(0, [first, one, released, taken]) == .gone(holder: people[4].publicIdentity))
        let back = try rotate(1, 0, after: one)
        let on = try rotate(0, 2, after: back)
        #expect(standing(0, [first, one, back]) == .holds)
        #expect(standing(1, [first, one, back, on]) == .movedTo(c))
        #expect(standing(0, [first, one, back, on]) == .movedTo(c))

        let revoked = try revoke(1, heir: 3, after: one)
        let heir = people[3].publicIdentity
        #expect(standing(0, [first, one, revoked]) == .revoked(heir: heir))
        #expect(standing(1, [first, one, revoked]) == .revoked(heir: heir))
        let claimed = try claim(3, after: revoked)
        #expect(standing(0, [first, one, revoked, claimed]) == .revoked(heir: heir))
        #expect(standing(3, [first, one, revoked, claimed]) == .holds)
        let again = try rotate(3, 2, after: claimed)
        #expect(standing(1, [first, one, revoked, claimed, again]) == .revoked(heir: heir))
        #expect(standing(3, [first, one, revoked, claimed, again]) == .movedTo(c))
    }
}
