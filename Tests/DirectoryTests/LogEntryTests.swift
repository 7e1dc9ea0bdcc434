import Directory
import Identity
import Sodium
import TestSupport
import Testing

@Suite struct LogEntryTests {
    let keys: IdentityKeys
    let label: Label
    let recoveryHash = [UInt8](repeating: 0xab, count: 32)

    init() throws {
        keys = try IdentityKeys(seed: SecretBytes(copying: Array(0..<32)))
        label = try Label(Handle("alice"))
    }

    func claim(after newest: LogEntry? = nil, by keys: IdentityKeys? = nil) throws -> LogEntry {
        try LogEntry.make(
            .claim(recoveryHash: recoveryHash), label: label, after: newest, time: 0x0102_0304,
            by: keys ?? self.keys)
    }

    /// docs/directory.md, "Entries", byte by byte.
    @Test func claimHasTheDocumentedBytes() throws {
        let bytes = try claim().bytes
        #expect(bytes.count == 225)
        #expect(Array(bytes[0..<16]) == Array("p2pchat/1 entry".utf8) + [0])
        #expect(bytes[16] == 1)
        #expect(Array(bytes[17..<49]) == SHA256.hash(Array("p2pchat/1 labelalice".utf8)))
        #expect(Array(bytes[49..<57]) == Array(repeating: 0, count: 8))
        #expect(Array(bytes[57..<89]) == Array(repeating: 0, count: 32))
        #expect(Array(bytes[89..<121]) == keys.publicIdentity.bytes)
        #expect(Array(bytes[121..<129]) == [0, 0, 0, 0, 1, 2, 3, 4])
        #expect(Array(bytes[129..<161]) == recoveryHash)
        #expect(
            Ed25519.verify(
                Array(bytes[161...]), Array(bytes[..<161]), publicKey: keys.publicIdentity.bytes))
    }

    @Test func releaseHasTheDocumentedBytes() throws {
        let claim = try claim()
        let release = try LogEntry.make(.release, label: label, after: claim, time: 7, by: keys)
        #expect(release.bytes.count == 193)
        #expect(release.bytes[16] == 5)
        #expect(Array(release.bytes[49..<57]) == [0, 0, 0, 0, 0, 0, 0, 1])
        #expect(Array(release.bytes[57..<89]) == SHA256.hash([0] + claim.bytes))
        #expect(
            Ed25519.verify(
                Array(release.bytes[129...]), Array(release.bytes[..<129]),
                publicKey: keys.publicIdentity.bytes))
    }

    /// Ed25519 is deterministic, so an entry of given keys and fields has one hash for ever. The value was
    /// computed with another implementation of SHA-256 and Ed25519.
    @Test func bytesStayTheSame() throws {
        #expect(try claim().hash.hex == "a51c0b09cb5819524b0046d903acdd6b1e4ef4a6a4820009ca8f0edcb7170dfd")
    }

    @Test func readsWhatItWrote() throws {
        for entry in [
            try claim(), try LogEntry.make(.release, label: label, after: claim(), time: .max, by: keys),
        ] {
            #expect(try LogEntry(bytes: entry.bytes) == entry)
        }
    }

    @Test func everyAlteredBitAndEveryOtherLengthIsRefused() throws {
        let bytes = try claim().bytes
        for index in bytes.indices {
            for bit in 0..<8 {
                var altered = bytes
                altered[index] ^= 1 << UInt8(bit)
                #expect(throws: LogEntryError.self) { try LogEntry(bytes: altered) }
            }
            #expect(throws: LogEntryError.malformed) { try LogEntry(bytes: Array(bytes[..<index])) }
        }
        #expect(throws: LogEntryError.malformed) { try LogEntry(bytes: bytes + [0]) }
    }

    @Test func signatureOfAnotherContextIsRefused() throws {
        let bytes = try claim().bytes
        let signature = try keys.sign(context: "presence", body: Array(bytes[16..<161]))
        #expect(throws: LogEntryError.badSignature) { try LogEntry(bytes: bytes[..<161] + signature) }
    }

    @Test func onlyWhatMayFollowFollows() throws {
        let other = try IdentityKeys.generate()
        let first = try claim()
        let release = try LogEntry.make(.release, label: label, after: first, time: 1, by: keys)
        let second = try claim(after: release, by: other)
        #expect(first.follows(nil) && release.follows(first) && second.follows(release))
        #expect(
            second.sequence == 2 && second.previous == release.hash && second.holder == other.publicIdentity)
        // Nobody claims what is held, not even its holder; nobody releases what another holds, or nobody.
        #expect(try !claim(after: first).follows(first))
        #expect(try !claim(after: first, by: other).follows(first))
        #expect(try !LogEntry.make(.release, label: label, after: first, time: 1, by: other).follows(first))
        #expect(
            try !LogEntry.make(.release, label: label, after: release, time: 1, by: keys).follows(release))
        #expect(try !LogEntry.make(.release, label: label, after: nil, time: 1, by: keys).follows(nil))
        // Of another branch, or one late.
        #expect(!first.follows(release))
        #expect(!second.follows(nil))
        let elsewhere = try LogEntry.make(
            .claim(recoveryHash: recoveryHash), label: label, after: nil, time: 9, by: other)
        let branch = try LogEntry.make(.release, label: label, after: elsewhere, time: 1, by: other)
        #expect(try !claim(after: branch).follows(release))
    }

    @Test func recoveryHashHasItsLength() throws {
        #expect(throws: LogEntryError.malformed) {
            try LogEntry.make(.claim(recoveryHash: [1]), label: label, after: nil, time: 1, by: keys)
        }
    }
}
