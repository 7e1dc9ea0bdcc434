import Identity
import Sodium
import TestSupport
import Testing

struct PublicIdentityTests {
    /// Points of small order in all their forms, coordinates not reduced, and the point of CVE-2025-69277.
    @Test(arguments: [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ea5ef8400c31ef41e28f22e718b43f66981b29cf645af2a0e223799bedaace47",
        // y = 2: not on the curve.
        "0200000000000000000000000000000000000000000000000000000000000000",
    ])
    func unusableKeysAreRefused(hex: String) {
        #expect(throws: IdentityError.invalidPublicKey) { try Published.identity(hex) }
    }

    @Test(arguments: [0, 1, 31, 33, 64])
    func otherLengthsAreRefused(count: Int) {
        #expect(throws: IdentityError.invalidPublicKey) {
            try PublicIdentity(bytes: [UInt8](repeating: 9, count: count))
        }
    }

    /// A and −A share their X25519 key; they are two identities all the same.
    @Test func theOtherSignIsAnotherIdentity() throws {
        var bytes = try [UInt8](hex: Published.key1)
        bytes[31] ^= 0x80
        let identity = try Published.identity(Published.key1)
        let other = try PublicIdentity(bytes: bytes)
        #expect(identity.x25519PublicKey == other.x25519PublicKey)
        #expect(identity != other)
        #expect(Set([identity, other]).count == 2)
    }

    @Test func orderIsBytewise() throws {
        let sorted = try [Published.key1, Published.key2, Published.key3].map(Published.identity).sorted()
        #expect(sorted.map(\.bytes.hex) == [Published.key2, Published.key1, Published.key3])
    }

    @Test func handshakeKeysBelongTogether() throws {
        let keys = try IdentityKeys.generate()
        let secret = try keys.x25519SecretKey()
        #expect(try X25519.publicKey(of: secret) == keys.publicIdentity.x25519PublicKey)
    }

    @Test func signaturesAreBoundToTheirContext() throws {
        let keys = try Published.keys()
        #expect(keys.publicIdentity.bytes.hex == Published.key1)
        let signature = try keys.sign(context: "presence", body: [1, 2, 3])
        let identity = keys.publicIdentity
        #expect(identity.verify(signature, context: "presence", body: [1, 2, 3]))
        #expect(!identity.verify(signature, context: "claim", body: [1, 2, 3]))
        #expect(!identity.verify(signature, context: "presence", body: [1, 2]))
        #expect(!identity.verify(signature, context: "presenc", body: Array("e".utf8) + [1, 2, 3]))
        #expect(!identity.verify(Array(signature.dropLast()), context: "presence", body: [1, 2, 3]))
        #expect(!identity.verify([], context: "presence", body: [1, 2, 3]))
        let other = try Published.identity(Published.key2)
        #expect(!other.verify(signature, context: "presence", body: [1, 2, 3]))
        // The exact bytes that are signed (protocol.md §2).
        let message = Array("p2pchat/1 presence".utf8) + [0, 1, 2, 3]
        #expect(Ed25519.verify(signature, message, publicKey: identity.bytes))
    }

    @Test func storeKeysDifferByPurpose() throws {
        let keys = try Published.keys()
        let key = try keys.storeKey("store")
        #expect(
            key.withBytes { Array($0).hex }
                == "c4092a3aad957d5368ec343520dfc59f9319d758ad532e99a48d67a42fa69fbc")
        let other = try keys.storeKey("history")
        let same = key.constantTimeEquals(other)
        #expect(!same)
    }
}
