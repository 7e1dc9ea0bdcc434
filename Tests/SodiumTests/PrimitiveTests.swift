import Sodium
import TestSupport
import Testing

struct PrimitiveTests {
    @Test func theInstalledLibraryIsUsable() throws {
        #expect(throws: Never.self) { try SodiumSelfCheck.run() }
    }

    /// RFC 7693, appendix A; and values computed by Python's hashlib.
    @Test func blake2b() throws {
        #expect(
            Blake2b.hash512(Array("abc".utf8)).hex
                == "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                + "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923")
        #expect(Blake2b.hash256().hex == "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8")
        let joined = Blake2b.hash256(Array("p2pchat/1 ".utf8), [], Array("abc".utf8))
        #expect(joined == Blake2b.hash256(Array("p2pchat/1 abc".utf8)))
        let secret = try SecretBytes(copying: Array("/1 ".utf8))
        let around = try Blake2b.secret256(secret, prefix: Array("p2pchat".utf8), suffix: Array("abc".utf8))
        #expect(around.withBytes { Array($0) } == joined)
    }

    @Test func keyedBlake2b() throws {
        let key = try SecretBytes(copying: [UInt8](0..<32))
        let keyed = try Blake2b.keyed256(key: key, Array("p2p".utf8), Array("chat".utf8))
        #expect(
            keyed.withBytes { Array($0).hex }
                == "975ffa42c729311cf1c3ca6423f36a6020b29ea1f0d558f8db3fa8153b766897")
        for count in [0, 15, 65] {
            let wrong = try SecretBytes(zeroed: count)
            #expect(throws: SodiumError.invalidLength) { _ = try Blake2b.keyed256(key: wrong, []) }
            #expect(throws: SodiumError.invalidLength) { _ = try hashed("p2pchat", key: wrong, room: 32) }
        }
        let whole = try hashed("p2pchat", key: key, room: 33)
        #expect(whole == keyed.withBytes { Array($0) } + [0])
        #expect(throws: SodiumError.invalidLength) { _ = try hashed("p2pchat", key: key, room: 31) }
    }

    /// Into memory of the caller.
    private func hashed(_ text: String, key: borrowing SecretBytes, room: Int) throws -> [UInt8] {
        var output = [UInt8](repeating: 0, count: room)
        let input = Array(text.utf8)
        try input.withUnsafeBytes { input in
            try output.withUnsafeMutableBytes { try Blake2b.keyed256(key: key, input, into: $0) }
        }
        return output
    }

    @Test func sealingNeedsRoom() throws {
        let key = try SecretBytes(zeroed: 32)
        let nonce = [UInt8](repeating: 0, count: 24)
        let sealed = try XChaCha20Poly1305.seal([1, 2, 3], key: key, nonce: nonce, ad: [])
        for room in 0..<3 {
            var output = [UInt8](repeating: 0, count: room + 16)
            #expect(throws: SodiumError.invalidLength) {
                try output.withUnsafeMutableBytes { output in
                    try nonce.withUnsafeBytes { nonce in
                        _ = try XChaCha20Poly1305.seal(
                            UnsafeRawBufferPointer(start: nonce.baseAddress, count: 3), into: output,
                            key: key,
                            nonce: nonce, ad: UnsafeRawBufferPointer(start: nil, count: 0))
                    }
                }
            }
            output = [UInt8](repeating: 0, count: room)
            #expect(throws: SodiumError.invalidLength) {
                try output.withUnsafeMutableBytes { output in
                    try sealed.withUnsafeBytes { sealed in
                        try nonce.withUnsafeBytes { nonce in
                            _ = try XChaCha20Poly1305.open(
                                sealed, into: output, key: key, nonce: nonce,
                                ad: UnsafeRawBufferPointer(start: nil, count: 0))
                        }
                    }
                }
            }
        }
    }

    @Test func randomBytesFillAll() {
        var bytes = [UInt8](repeating: 0, count: 64)
        bytes.withUnsafeMutableBytes { RandomBytes.fill($0) }
        #expect(Set(bytes.suffix(32)).count > 8)
        RandomBytes.fill(UnsafeMutableRawBufferPointer(start: nil, count: 0))
    }

    /// RFC 8032, §7.1, test 3.
    @Test func ed25519() throws {
        let seed = try SecretBytes(
            copying: [UInt8](hex: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"))
        let pair = try Ed25519.keyPair(seed: seed)
        #expect(pair.publicKey.hex == "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
        let signature = try Ed25519.sign([0xaf, 0x82], secretKey: pair.secretKey)
        #expect(
            signature.hex
                == "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")
        #expect(Ed25519.verify(signature, [0xaf, 0x82], publicKey: pair.publicKey))
        #expect(!Ed25519.verify(signature, [0xaf, 0x83], publicKey: pair.publicKey))
        let converted = try X25519.publicKey(of: Ed25519.x25519SecretKey(pair.secretKey))
        #expect(try Ed25519.x25519PublicKey(pair.publicKey) == converted)
    }

    /// RFC 7748, §6.1.
    @Test func x25519() throws {
        let alice = try SecretBytes(
            copying: [UInt8](hex: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"))
        #expect(
            try X25519.publicKey(of: alice).hex
                == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
    }

    @Test func wrongLengthsAreErrors() throws {
        let short = try SecretBytes(zeroed: 31)
        let key = try SecretBytes(zeroed: 32)
        #expect(throws: SodiumError.invalidLength) { _ = try Ed25519.keyPair(seed: short) }
        #expect(throws: SodiumError.invalidLength) { _ = try Ed25519.sign([], secretKey: key) }
        #expect(throws: SodiumError.invalidLength) { _ = try Ed25519.x25519PublicKey([]) }
        #expect(throws: SodiumError.invalidLength) { _ = try Ed25519.x25519SecretKey(key) }
        #expect(throws: SodiumError.invalidLength) { _ = try X25519.publicKey(of: short) }
        #expect(throws: SodiumError.invalidLength) { _ = try X25519.sharedSecret(key, [9]) }
        #expect(throws: SodiumError.invalidLength) {
            _ = try PasswordHash.derive(
                key, salt: [], operations: PasswordHash.leastOperations, memory: PasswordHash.leastMemory)
        }
        #expect(throws: SodiumError.invalidLength) {
            _ = try PasswordHash.derive(
                key, salt: [UInt8](repeating: 0, count: 16), operations: 1, memory: Int.max)
        }
        #expect(throws: SodiumError.authenticationFailed) {
            _ = try ChaCha20Poly1305.open(
                [1], key: key, nonce: [UInt8](repeating: 0, count: 12), ad: [])
        }
    }

    /// A point of small order, a point outside the main subgroup, coordinates not reduced.
    @Test func unusablePublicKeysAreRefused() throws {
        let outside = try [UInt8](hex: "ea5ef8400c31ef41e28f22e718b43f66981b29cf645af2a0e223799bedaace47")
        #expect(throws: SodiumError.invalidKey) { _ = try Ed25519.x25519PublicKey(outside) }
        #expect(!Ed25519.isValidPublicKey(outside))
        #expect(!Ed25519.isValidPublicKey([UInt8](repeating: 0, count: 32)))
        #expect(!Ed25519.isValidPublicKey([]))
    }

    /// Argon2id with version 1.3, one lane: the result of Python's cryptography package for these values.
    @Test func passwordHash() throws {
        let phrase = try SecretBytes(copying: Array("password".utf8))
        let key = try PasswordHash.derive(
            phrase, salt: Array("somesaltsomesalt".utf8), operations: 2, memory: 65_536 * 1024)
        #expect(
            key.withBytes { Array($0).hex }
                == "fc33b78139231d34b71626bd6245c1d72efa190ad605c3d8166a72adcedfa2c2")
        #expect(PasswordHash.moderateMemory == 256 << 20)
        #expect(PasswordHash.moderateOperations == 3)
    }

    /// "Cryptography in NaCl" (D. J. Bernstein, 2009): the keys of Alice and Bob (section 2), and the first key between them (section 5).
    @Test func boxes() throws {
        let alice = try SecretBytes(
            copying: [UInt8](hex: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"))
        let bob = try [UInt8](hex: "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
        let key = try Box.sharedKey(alice, bob)
        #expect(
            key.withBytes { Array($0).hex }
                == "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389")
        let sealed = try Box.seal([1, 2, 3], key: key)
        #expect(sealed.count == 3 + Box.overhead)
        #expect(try Box.open(sealed, key: key) == [1, 2, 3])
        #expect(try Box.seal([1, 2, 3], key: key) != sealed)
        for index in sealed.indices {
            var altered = sealed
            altered[index] ^= 0x10
            #expect(throws: SodiumError.authenticationFailed) { try Box.open(altered, key: key) }
        }
        #expect(throws: SodiumError.authenticationFailed) { try Box.open([1], key: key) }
        #expect(throws: SodiumError.lowOrderPoint) {
            _ = try Box.sharedKey(alice, [UInt8](repeating: 0, count: 32))
        }
    }

    /// ISO/IEC 7816-4: a byte 80, then zeros.
    @Test func padding() throws {
        #expect(try Padding.pad([1, 2, 3], block: 8) == [1, 2, 3, 0x80, 0, 0, 0, 0])
        #expect(try Padding.pad([UInt8](repeating: 1, count: 8), block: 8).count == 16)
        for count in 0..<16 {
            let bytes = [UInt8](repeating: 0x80, count: count)
            #expect(try Padding.unpad(Padding.pad(bytes, block: 8), block: 8) == bytes)
        }
        for wrong in [[], [UInt8](repeating: 0, count: 8), [UInt8](repeating: 1, count: 8), [0x80]] {
            #expect(throws: SodiumError.invalidLength) { try Padding.unpad(wrong, block: 8) }
        }
    }
}
