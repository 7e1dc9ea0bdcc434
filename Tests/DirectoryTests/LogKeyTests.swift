import Directory
import DirectoryServer
import Identity
import Sodium
import Testing
import Transparency

/// From a directory's identity to the keys of its log.
@Suite struct LogKeyTests {
    let directory: IdentityKeys

    init() throws {
        directory = try IdentityKeys.generate()
    }

    @Test func statementLeadsFromTheIdentityToTheKeys() throws {
        let signer = try LogSigner(LogKeyFile.generate(), directory: directory)
        let statement = try #require(signer.statements.last)
        #expect(statement.bytes.count == 136)
        let read = try #require(LogKeyStatement(bytes: statement.bytes, by: directory.publicIdentity))
        #expect(read.keys == signer.keys)
        #expect(read.sequence == 0)
        #expect(read.keys.note.name == "p2pchat/" + directory.publicIdentity.fingerprint)
        #expect(read.keys.note.publicKey != read.keys.cosignature.publicKey)
        // The form that tools of C2SP read.
        #expect(NoteKey(text: read.keys.note.text) == read.keys.note)
    }

    @Test func keysAreThoseOfTheFile() throws {
        let file = try LogKeyFile.generate()
        let signers = try (0..<2).map { _ in try LogSigner(file, directory: directory) }
        #expect(signers[0].keys == signers[1].keys)
        #expect(signers[0].statements == signers[1].statements)
    }

    @Test func everyBitOfAStatementCounts() throws {
        let bytes = try #require(
            LogSigner(LogKeyFile.generate(), directory: directory).statements.last
        ).bytes
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1 << UInt8(index & 7)
            #expect(LogKeyStatement(bytes: changed, by: directory.publicIdentity) == nil)
        }
        for count in 0..<bytes.count {
            #expect(LogKeyStatement(bytes: Array(bytes.prefix(count)), by: directory.publicIdentity) == nil)
        }
        #expect(LogKeyStatement(bytes: bytes, by: try IdentityKeys.generate().publicIdentity) == nil)
    }

    /// A fixed seed and its keys, so that what is signed today can be checked by every later version.
    @Test func statementHasItsBytes() throws {
        let keys = try IdentityKeys(seed: SecretBytes(copying: Array(0..<32)))
        let origin = LogKeyStatement.origin(of: keys.publicIdentity)
        func key(_ kind: NoteKey.Kind, _ seed: UInt8) throws -> NoteKey {
            try NoteSigner(
                name: origin, kind: kind, seed: SecretBytes(copying: [UInt8](repeating: seed, count: 32))
            ).key
        }
        let logKeys = try #require(LogKeys(note: try key(.note, 1), cosignature: try key(.cosignature, 2)))
        let statement = try #require(try LogKeyStatement.make(sequence: 258, keys: logKeys, by: keys))
        #expect(statement.sequence == 258)
        let body = Array(statement.bytes.prefix(72))
        #expect(body == [0, 0, 0, 0, 0, 0, 1, 2] + logKeys.note.publicKey + logKeys.cosignature.publicKey)
        let signed = Array("p2pchat/1 log keys".utf8) + [0] + body
        #expect(
            Ed25519.verify(
                Array(statement.bytes.suffix(64)), signed, publicKey: keys.publicIdentity.bytes))
    }
}
