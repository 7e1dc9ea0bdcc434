import Identity
import TestSupport
import Testing

struct FingerprintTests {
    @Test(arguments: [
        (Published.key1, Published.fingerprint1), (Published.key2, Published.fingerprint2),
        (Published.key3, Published.fingerprint3),
    ])
    func published(key: String, fingerprint: String) throws {
        let identity = try Published.identity(key)
        #expect(identity.fingerprint == fingerprint)
        #expect(identity.description == fingerprint)
        #expect(fingerprint.count == PublicIdentity.fingerprintLength)
        #expect(try PublicIdentity(fingerprint: fingerprint) == identity)
    }

    @Test func formsForPeople() throws {
        let identity = try Published.identity(Published.key1)
        #expect(
            identity.groupedFingerprint
                == "p2p1 6adf sqvz ky9t 042t lmfu jeq8 8g8w zuhn m2nz xfd0 qgdx 3ac8 2ydq q5q3 pt")
        #expect(identity.shortFingerprint == "p2p16adfsqvz")
        #expect(try PublicIdentity(fingerprint: identity.groupedFingerprint) == identity)
        #expect(try PublicIdentity(fingerprint: identity.fingerprint.uppercased()) == identity)
        #expect(
            try PublicIdentity(fingerprint: "  " + identity.groupedFingerprint.uppercased() + " ") == identity
        )
    }

    @Test func mixedCaseIsRefused() {
        for position in Published.fingerprint1.indices {
            var text = Array(Published.fingerprint1)
            let offset = Published.fingerprint1.distance(
                from: Published.fingerprint1.startIndex, to: position)
            let upper = Character(text[offset].uppercased())
            guard upper != text[offset] else { continue }
            text[offset] = upper
            #expect(throws: IdentityError.fingerprint(.mixedCase)) {
                try PublicIdentity(fingerprint: String(text))
            }
        }
    }

    /// The checksum finds every single wrong character, and every two neighbours that changed places.
    @Test func typingErrorsAreFound() {
        let characters = Array(Published.fingerprint1)
        for position in 4..<characters.count {
            for other in "qpzry9x8gf2tvdw0s3jn54khce6mua7l" where other != characters[position] {
                var text = characters
                text[position] = other
                #expect(throws: IdentityError.fingerprint(.checksum)) {
                    try PublicIdentity(fingerprint: String(text))
                }
            }
            if position + 1 < characters.count, characters[position] != characters[position + 1] {
                var text = characters
                text.swapAt(position, position + 1)
                #expect(throws: IdentityError.fingerprint(.checksum)) {
                    try PublicIdentity(fingerprint: String(text))
                }
            }
        }
    }

    @Test(arguments: [
        ("", FingerprintFault.prefix), ("p2p", .prefix), ("p2p1", .length(4)), ("bc1qqqq", .prefix),
        (String(Published.fingerprint1.dropLast()), .length(61)), (Published.fingerprint1 + "q", .length(63)),
        (Published.fingerprint1.replacing("q5q3pt", with: "b5q3pt"), .character),
        (Published.fingerprint1.replacing("q5q3pt", with: "q5q3p\n"), .character),
        // The same key with a padding bit set, and a checksum that fits.
        ("p2p16adfsqvzky9t042tlmfujeq88g8wzuhnm2nzxfd0qgdx3ac82ydpaz5yue", .padding),
    ])
    func malformed(text: String, fault: FingerprintFault) {
        #expect(throws: IdentityError.fingerprint(fault)) { try PublicIdentity(fingerprint: text) }
    }

    @Test func anythingElseIsRefusedWithoutATrap() {
        for text in [
            "p2p1" + String(repeating: "é", count: 29), "\u{0}", String(repeating: "1", count: 100_000),
        ] {
            #expect(throws: IdentityError.self) { try PublicIdentity(fingerprint: text) }
        }
    }
}
