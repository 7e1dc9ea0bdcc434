import Foundation
import Sodium
import Testing
import Transparency

@Suite struct CheckpointTests {
    private let root = NodeHash.leaf([1])
    private let mapRoot = NodeHash.leaf([2])

    @Test func readAsItIsWritten() {
        let checkpoint = Checkpoint(origin: "log.example/a", size: 7, root: root, mapRoot: mapRoot)
        #expect(
            checkpoint.text
                == """
                log.example/a
                7
                \(Base64.encode(root.bytes))
                p2pchat/1 map \(Base64.encode(mapRoot.bytes))

                """)
        #expect(Checkpoint(text: checkpoint.text) == checkpoint)
        let empty = Checkpoint(origin: "log.example/a", size: 0, root: .emptyLog, mapRoot: .emptyMap)
        #expect(Checkpoint(text: empty.text) == empty)
    }

    @Test func otherFormsAreRefused() {
        let good = Checkpoint(origin: "log.example/a", size: 7, root: root, mapRoot: mapRoot).text
        #expect(Checkpoint(text: good) != nil)
        for (part, other) in [
            ("\n7\n", "\n07\n"), ("\n7\n", "\n+7\n"), ("\n7\n", "\n-7\n"), ("\n7\n", "\n 7\n"),
            ("\n7\n", "\n\n"),
            ("\n7\n", "\n9223372036854775808\n"), ("\n7\n", "\n0\n"), ("log.example/a", ""),
            ("log.example/a", "a b"),
            ("p2pchat/1 map ", "p2pchat/1 map  "), ("p2pchat/1 map ", "map "), ("=\n", "\n"), ("=\n", "==\n"),
            ("p2pchat/1 map ", "more\np2pchat/1 map "),
        ] {
            #expect(Checkpoint(text: good.replacing(part, with: other)) == nil, "\(part) \(other)")
        }
        #expect(Checkpoint(text: good + "more\n") == nil)
        #expect(Checkpoint(text: String(good.dropLast())) == nil)
    }

    @Test func signaturesOfTheLogAndOfWitnesses() throws {
        let log = try signer("log.example/a", .note, 1)
        let own = try signer("log.example/a", .cosignature, 2)
        let witness = try signer("witness.example", .cosignature, 3)
        let keys = try #require(LogKeys(note: log.key, cosignature: own.key))
        let text = Checkpoint(origin: "log.example/a", size: 7, root: root, mapRoot: mapRoot).text
        let signature = try log.sign(text, at: 0)

        let plain = try SignedCheckpoint(note: SignedNote(text: text, signatures: [signature]), by: keys)
        #expect(plain.renewed == nil && plain.cosignatures(of: [witness.key]).isEmpty)

        let note = try SignedNote(
            text: text,
            signatures: [
                signature, own.sign(text, at: 1000), witness.sign(text, at: 900), own.sign(text, at: 500),
            ])
        let whole = try SignedCheckpoint(note: SignedNote(bytes: note.bytes), by: keys)
        #expect(whole.renewed == 1000)
        #expect(whole.cosignatures(of: [witness.key]) == [witness.key: 900])
        #expect(whole.checkpoint.size == 7)

        // Another time than the one that was signed.
        var bytes = note.bytes
        let place = try #require(String(decoding: bytes, as: UTF8.self).range(of: "witness.example "))
        let text64 = String(decoding: bytes, as: UTF8.self)[place.upperBound...].prefix { $0 != "\n" }
        var line = try #require(Base64.decode(text64))
        line[11] ^= 1
        bytes = Array(
            String(decoding: bytes, as: UTF8.self).replacing(text64, with: Base64.encode(line)).utf8)
        let changed = try SignedCheckpoint(note: SignedNote(bytes: bytes), by: keys)
        #expect(changed.cosignatures(of: [witness.key]).isEmpty)

        // Only the witness: a directory's checkpoint needs the directory's own signature.
        let unsigned = try SignedNote(
            text: text, signatures: [own.sign(text, at: 1), witness.sign(text, at: 1)])
        #expect(throws: NoteError.unsigned) { try SignedCheckpoint(note: unsigned, by: keys) }
        // Another log's.
        let other = Checkpoint(origin: "log.example/b", size: 7, root: root, mapRoot: mapRoot).text
        let foreign = try SignedNote(text: other, signatures: [log.sign(other, at: 0)])
        #expect(throws: NoteError.malformed) { try SignedCheckpoint(note: foreign, by: keys) }
        #expect(LogKeys(note: log.key, cosignature: witness.key) == nil)
        #expect(LogKeys(note: own.key, cosignature: log.key) == nil)
    }

    private func signer(_ name: String, _ kind: NoteKey.Kind, _ seed: UInt8) throws -> NoteSigner {
        try NoteSigner(
            name: name, kind: kind, seed: SecretBytes(copying: [UInt8](repeating: seed, count: 32)))
    }
}
