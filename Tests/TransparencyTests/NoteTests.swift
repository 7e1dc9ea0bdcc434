import Sodium
import TestSupport
import Testing
import Transparency

@Suite struct NoteTests {
    /// The published note and its verifier key.
    @Test(.needsVectors) func published() throws {
        let text = try Vectors.text("c2sp/signed-note.txt")
        let parts = text.split(separator: "----\n", maxSplits: 1)
        let word = "verifier key: "
        let key = try #require(
            NoteKey(text: String(parts[0].dropFirst(word.count).split(separator: "\n")[0])))
        #expect(parts[0].hasPrefix(word))
        let note = try SignedNote(bytes: Array(parts[1].utf8))
        #expect(note.text == "This is an example message.\n")
        #expect(try note.verify([key]) == [key])
        #expect(key.name == "example.com/foo")
    }

    @Test func everyChangedByteIsRefused() throws {
        let signer = try signer("log.example/a", .note, 1)
        let note = try SignedNote(text: "one\n\ntwo\n", signatures: [signer.sign("one\n\ntwo\n", at: 0)])
        let bytes = note.bytes
        #expect(try SignedNote(bytes: bytes) == note)
        #expect(try note.verify([signer.key]) == [signer.key])
        for index in bytes.indices {
            for change: UInt8 in [1, 0x20, 0x80] {
                var changed = bytes
                changed[index] ^= change
                let read = try? SignedNote(bytes: changed)
                #expect((try? read?.verify([signer.key])) == nil)
            }
            #expect((try? SignedNote(bytes: Array(bytes[..<index]))) == nil)
        }
    }

    @Test(arguments: [
        "", "\n", "text", "text\n", "text\n\n", "\n\n", "text\n\n— a\n", "text\n\n— a AAAA\n",
        "text\n\n- a AAAAAAA=\n", "text\n\n—  AAAAAAA=\n", "text\n\n— a+b AAAAAAA=\n", "text\n\n— a AAAAAAA=",
        "text\n\n— a AAAAAAA=\n\n", "text\n\n— a AAAAAAA\n", "text\n\n— a AAAAAAB=\n",
        "te\u{7}xt\n\n— a AAAAAAA=\n",
        "te\r\nxt\n\n— a AAAAAAA=\n", "text\n\n— a  AAAAAAA=\n", "text\n\n— a AAAA AAA=\n",
        "text\n\n— a\u{2003}b AAAAAAA=\n", "text\n\n— a AAAAAAA=\n— a\n",
    ])
    func malformed(_ text: String) {
        #expect(throws: NoteError.malformed) { try SignedNote(bytes: Array(text.utf8)) }
    }

    @Test func boundsOfANote() throws {
        let line = "— a AAAAAAA=\n"
        #expect(
            (try? SignedNote(bytes: Array(("text\n\n" + String(repeating: line, count: 40)).utf8))) != nil)
        #expect(
            (try? SignedNote(bytes: Array(("text\n\n" + String(repeating: line, count: 41)).utf8))) == nil)
        let long = String(repeating: "x", count: SignedNote.mostBytes)
        #expect((try? SignedNote(bytes: Array((long + "\n\n" + line).utf8))) == nil)
        #expect((try? SignedNote(bytes: [0x74, 0xFF, 0x0A, 0x0A] + Array(line.utf8))) == nil)
    }

    @Test func strangersSignaturesArePassedOver() throws {
        let signer = try signer("log.example/a", .note, 1)
        let stranger = try self.signer("other.example", .note, 2)
        let text = "text\n"
        let both = try SignedNote(
            text: text, signatures: [stranger.sign(text, at: 0), signer.sign(text, at: 0)])
        #expect(try both.verify([signer.key]) == [signer.key])
        let alone = try SignedNote(text: text, signatures: [stranger.sign(text, at: 0)])
        #expect(throws: NoteError.unsigned) { try alone.verify([signer.key]) }
        // In the name of a known key, with another text's signature.
        let false_ = try SignedNote(text: text, signatures: [signer.sign("else\n", at: 0)])
        #expect(throws: NoteError.badSignature) { try false_.verify([signer.key]) }
    }

    @Test(arguments: [
        "", "a", "a+00000000", "a+00000000+", "a b+00000000+AQ==",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+A+kyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AgkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ])
    func noKey(_ text: String) {
        #expect(NoteKey(text: text) == nil)
    }

    @Test func keysAreReadAsTheyAreWritten() throws {
        for kind in [NoteKey.Kind.note, .cosignature] {
            let key = try signer("log.example/a", kind, 3).key
            #expect(NoteKey(text: key.text) == key)
        }
    }

    private func signer(_ name: String, _ kind: NoteKey.Kind, _ seed: UInt8) throws -> NoteSigner {
        try NoteSigner(
            name: name, kind: kind, seed: SecretBytes(copying: [UInt8](repeating: seed, count: 32)))
    }
}
