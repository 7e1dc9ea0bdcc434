import Directory
import Identity
import Sodium
import TestSupport
import Testing

@Suite struct LogEntryTests {
    let keys: IdentityKeys
    let label: Label
    let recoveryHash = [UInt8](repeating: 0xab, count: 32)
    let operatorKeys: IdentityKeys

    init() throws {
        keys = try IdentityKeys(seed: SecretBytes(copying: Array(0..<32)))
        label = try Label(Handle("alice"))
        operatorKeys = try IdentityKeys(seed: SecretBytes(copying: Array(100..<132)))
    }

    func claim(after newest: LogEntry? = nil, by keys: IdentityKeys? = nil) throws -> LogEntry {
        try LogEntry.make(
            .claim(recovery: #require(RecoveryHash(bytes: recoveryHash))), label: label, after: newest,
            time: 0x0102_0304,
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

    /// One entry of each operation, with fixed keys.
    func everyKind() throws -> [(entry: LogEntry, size: Int, hash: String)] {
        let successor = try IdentityKeys(seed: SecretBytes(copying: Array(50..<82)))
        let recoveryKeys = try IdentityKeys(seed: SecretBytes(copying: Array(150..<182)))
        let recovery = try #require(RecoveryHash(bytes: recoveryHash))
        let (first, time) = (try claim(), UInt64(0x0102_0305))
        func make(
            _ operation: LogEntry.Operation, by keys: IdentityKeys, _ cosigner: IdentityKeys? = nil,
            of identity: PublicIdentity? = nil
        ) throws -> LogEntry {
            try LogEntry.make(
                operation, label: label, after: first, time: time, by: keys, cosigner: cosigner, of: identity)
        }
        return [
            (first, 225, "a51c0b09cb5819524b0046d903acdd6b1e4ef4a6a4820009ca8f0edcb7170dfd"),
            (
                try make(.amend(recovery: recovery, signedBy: nil), by: keys), 257,
                "296cf89ffaec5209315d18005b66dc1c483f0e26c02b8713a4ea103089b29266"
            ),
            (
                try make(
                    .amend(recovery: .none, signedBy: recoveryKeys.publicIdentity), by: keys, recoveryKeys),
                321,
                "e26af809e06beb45ff36c574a3a94ae4d6491ce0997d729d0246d3befc9d4cc2"
            ),
            (
                try make(.rotate(to: successor.publicIdentity, recovery: recovery), by: keys, successor), 321,
                "f4b56df65ab4e961f3eb743e2630de10c92c8223b640a2e36602c5965b3a9cfc"
            ),
            (
                try make(.revoke(heir: nil, signedBy: nil), by: keys), 257,
                "4074f7c4b3be5f9600a7d8c31aaf50931e1168b87ba332d899eb649143e4f078"
            ),
            (
                try make(
                    .revoke(heir: successor.publicIdentity, signedBy: recoveryKeys.publicIdentity),
                    by: recoveryKeys, of: keys.publicIdentity), 257,
                "dad50f753f3b8ea7470b9f4b895275fc4719905e1f82cd230f9effd91087a9c9"
            ),
            (
                try make(.release, by: keys), 193,
                "4e1ee30182f42ca3c61f2ea8f74c734445433bf4a3991a48e8a229db7d05119f"
            ),
            (
                try make(
                    .reassign(
                        from: LabelHolding(holder: keys.publicIdentity, recovery: recovery),
                        to: successor.publicIdentity), by: operatorKeys), 289,
                "5fa3244e5064be4890f5d498184cb403d9bbcec22cf384d7617c913bf5943cfd"
            ),
        ]
    }

    /// The hashes were computed with another implementation of SHA-256 and Ed25519.
    @Test func everyKindHasTheDocumentedBytes() throws {
        for (entry, size, hash) in try everyKind() {
            #expect(entry.bytes.count == size)
            #expect(entry.hash.hex == hash)
            #expect(try LogEntry(bytes: entry.bytes) == entry)
        }
    }

    @Test func everyAlteredBitOfEveryKindIsRefused() throws {
        for (entry, _, _) in try everyKind() {
            for index in entry.bytes.indices {
                var altered = entry.bytes
                altered[index] ^= 1 << UInt8(index % 8)
                #expect(throws: LogEntryError.self) { try LogEntry(bytes: altered) }
            }
            #expect(throws: LogEntryError.malformed) { try LogEntry(bytes: entry.bytes + [0]) }
            #expect(throws: LogEntryError.self) { try LogEntry(bytes: Array(entry.bytes.dropLast())) }
        }
    }
}
