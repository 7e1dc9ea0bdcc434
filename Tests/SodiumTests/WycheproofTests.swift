import Sodium
import TestSupport
import Testing

/// Wycheproof (C2SP), whole files. The counts are those of the files, so that a row that is not run shows.
@Suite(.needsVectors)
struct WycheproofTests {
    private struct File<Group: Decodable>: Decodable {
        let testGroups: [Group]
        let numberOfTests: Int
    }

    private struct Exchange: Decodable {
        struct Test: Decodable {
            let tcId: Int
            let `public`: String
            let `private`: String
            let shared: String
        }
        let tests: [Test]
    }

    /// Exactly the results of zeros are refused. "Acceptable" rows (points on the twist, forms not reduced)
    /// are computed as RFC 7748 says.
    @Test func x25519() throws {
        let file = try Vectors.json(File<Exchange>.self, "wycheproof/x25519_test.json")
        let tests = file.testGroups.flatMap(\.tests)
        var refused = 0
        for test in tests {
            let secret = try SecretBytes(copying: [UInt8](hex: test.private))
            let publicKey = try [UInt8](hex: test.public)
            if test.shared.allSatisfy({ $0 == "0" }) {
                refused += 1
                #expect(throws: SodiumError.lowOrderPoint, "row \(test.tcId)") {
                    _ = try X25519.sharedSecret(secret, publicKey)
                }
            } else {
                let shared = try X25519.sharedSecret(secret, publicKey)
                #expect(shared.withBytes { Array($0).hex } == test.shared, "row \(test.tcId)")
            }
        }
        #expect(tests.count == 518 && file.numberOfTests == 518)
        #expect(refused == 31)
    }

    private struct Signatures: Decodable {
        struct Key: Decodable { let pk: String }
        struct Test: Decodable {
            let tcId: Int
            let msg: String
            let sig: String
            let result: String
        }
        let publicKey: Key
        let tests: [Test]
    }

    @Test func ed25519() throws {
        let file = try Vectors.json(File<Signatures>.self, "wycheproof/ed25519_test.json")
        var accepted = 0
        var refused = 0
        for group in file.testGroups {
            let publicKey = try [UInt8](hex: group.publicKey.pk)
            for test in group.tests {
                let isValid = try Ed25519.verify(
                    [UInt8](hex: test.sig), [UInt8](hex: test.msg), publicKey: publicKey)
                #expect(isValid == (test.result == "valid"), "row \(test.tcId)")
                if isValid { accepted += 1 } else { refused += 1 }
            }
        }
        #expect(accepted == 88 && refused == 63)
    }

    private struct Sealed: Decodable {
        struct Test: Decodable {
            let tcId: Int
            let key: String
            let iv: String
            let aad: String
            let msg: String
            let ct: String
            let tag: String
            let result: String
        }
        let ivSize: Int
        let tests: [Test]
    }

    @Test func xChaCha20Poly1305() throws {
        try seals(
            "wycheproof/xchacha20_poly1305_test.json", valid: 246, invalid: 69, nonceBits: 192,
            seal: { try XChaCha20Poly1305.seal($0, key: $1, nonce: $2, ad: $3) },
            open: { try XChaCha20Poly1305.open($0, key: $1, nonce: $2, ad: $3) })
        // The form for secrets is the same cipher.
        try seals(
            "wycheproof/xchacha20_poly1305_test.json", valid: 246, invalid: 69, nonceBits: 192,
            seal: {
                try XChaCha20Poly1305.seal(secret: SecretBytes(copying: $0), key: $1, nonce: $2, ad: $3)
            },
            open: {
                try XChaCha20Poly1305.openSecret($0, key: $1, nonce: $2, ad: $3).withBytes { Array($0) }
            })
        // And the form that writes into the caller's memory, which may be longer than it needs.
        try seals(
            "wycheproof/xchacha20_poly1305_test.json", valid: 246, invalid: 69, nonceBits: 192,
            seal: { plaintext, key, nonce, ad in
                var output = [UInt8](repeating: 0, count: plaintext.count + 20)
                let count = try output.withUnsafeMutableBytes { output in
                    try plaintext.withUnsafeBytes { plaintext in
                        try nonce.withUnsafeBytes { nonce in
                            try ad.withUnsafeBytes { ad in
                                try XChaCha20Poly1305.seal(
                                    plaintext, into: output, key: key, nonce: nonce, ad: ad)
                            }
                        }
                    }
                }
                return Array(output.prefix(count))
            },
            open: { ciphertext, key, nonce, ad in
                var output = [UInt8](repeating: 0, count: ciphertext.count)
                let count = try output.withUnsafeMutableBytes { output in
                    try ciphertext.withUnsafeBytes { ciphertext in
                        try nonce.withUnsafeBytes { nonce in
                            try ad.withUnsafeBytes { ad in
                                try XChaCha20Poly1305.open(
                                    ciphertext, into: output, key: key, nonce: nonce, ad: ad)
                            }
                        }
                    }
                }
                return Array(output.prefix(count))
            })
    }

    @Test func chaCha20Poly1305() throws {
        try seals(
            "wycheproof/chacha20_poly1305_test.json", valid: 256, invalid: 69, nonceBits: 96,
            seal: { try ChaCha20Poly1305.seal($0, key: $1, nonce: $2, ad: $3) },
            open: { try ChaCha20Poly1305.open($0, key: $1, nonce: $2, ad: $3) })
    }

    private typealias Cipher = ([UInt8], borrowing SecretBytes, [UInt8], [UInt8]) throws -> [UInt8]

    private func seals(
        _ path: String, valid: Int, invalid: Int, nonceBits: Int, seal: Cipher, open: Cipher
    ) throws {
        var accepted = 0
        var refused = 0
        for group in try Vectors.json(File<Sealed>.self, path).testGroups {
            for test in group.tests {
                let key = try SecretBytes(copying: [UInt8](hex: test.key))
                let nonce = try [UInt8](hex: test.iv)
                let ad = try [UInt8](hex: test.aad)
                let message = try [UInt8](hex: test.msg)
                let ciphertext = try [UInt8](hex: test.ct + test.tag)
                if test.result == "valid" {
                    accepted += 1
                    #expect(try seal(message, key, nonce, ad) == ciphertext, "row \(test.tcId)")
                    #expect(try open(ciphertext, key, nonce, ad) == message, "row \(test.tcId)")
                } else {
                    refused += 1
                    let expected: SodiumError =
                        group.ivSize == nonceBits ? .authenticationFailed : .invalidLength
                    #expect(throws: expected, "row \(test.tcId)") { _ = try open(ciphertext, key, nonce, ad) }
                }
            }
        }
        #expect(accepted == valid && refused == invalid)
    }
}
