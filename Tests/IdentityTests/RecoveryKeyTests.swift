import Identity
import TestSupport
import Testing

struct RecoveryKeyTests {
    /// The 16 bytes 0, 1 … 15; words, key and hash computed by another program.
    private let words = "babad bamag bibaj bimal boban bomar bubat bumaz hozid"

    @Test func published() throws {
        let key = try RecoveryKey(words: words)
        #expect(
            key.publicIdentity.bytes.hex == "74704bfd4134c1652e847eec964eb0eccc903933afa019a474c0d81c59e0c679"
        )
        #expect(key.hash.hex == "10a6ba884fc6d09dea56834e6c485826f61e9b8860f3804664a349b9cdde4f12")
        #expect(try key.words() == words.split(separator: " ").map(String.init))
    }

    @Test func whatWasShownIsRead() throws {
        let key = try RecoveryKey.generate()
        let shown = try key.words()
        #expect(shown.count == RecoveryKey.wordCount)
        for text in [
            shown.joined(separator: " "), shown.joined(separator: "-").uppercased(),
            shown.joined(separator: " \n "),
        ] {
            let again = try RecoveryKey(words: text)
            #expect(again.publicIdentity == key.publicIdentity)
        }
        let other = try RecoveryKey.generate()
        #expect(other.hash != key.hash)
    }

    @Test func mistakesAreNamed() {
        #expect(throws: IdentityError.recoveryWords(.count(0))) { _ = try RecoveryKey(words: "") }
        #expect(throws: IdentityError.recoveryWords(.count(8))) {
            _ = try RecoveryKey(words: String(words.dropLast(6)))
        }
        #expect(throws: IdentityError.recoveryWords(.spelling(word: 3))) {
            _ = try RecoveryKey(words: words.replacing("bibaj", with: "bibac"))
        }
        #expect(throws: IdentityError.recoveryWords(.spelling(word: 1))) {
            _ = try RecoveryKey(words: words.replacing("babad", with: "babadd"))
        }
        #expect(throws: IdentityError.recoveryWords(.checksum)) {
            _ = try RecoveryKey(words: words.replacing("bibaj", with: "bibak"))
        }
        #expect(throws: IdentityError.recoveryWords(.checksum)) {
            _ = try RecoveryKey(words: words.replacing("babad bamag", with: "bamag babad"))
        }
    }
}
