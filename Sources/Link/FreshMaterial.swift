import Crypto
import Sodium

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Everything random in a handshake. Tests put fixed values in its place, which makes whole transcripts repeatable: swift-crypto
/// keeps seeded encapsulation to itself, so the responder's KEM step is a seam of its own.
struct FreshMaterial: Sendable {
    /// The Noise ephemeral; nil lets Noise make one.
    var ephemeral: @Sendable () throws -> SecretBytes?
    /// The initiator's KEM key.
    var decapsulationKey: @Sendable () throws -> MLKEM768.PrivateKey
    /// The responder's KEM step; throws on an invalid encapsulation key.
    var encapsulate: @Sendable (_ encapsulationKey: [UInt8]) throws -> Encapsulation
    /// A stream header, `Act.headerSize` bytes.
    var streamHeader: @Sendable () -> [UInt8]

    static let random = FreshMaterial(
        ephemeral: { nil },
        decapsulationKey: { try MLKEM768.PrivateKey() },
        encapsulate: { try Encapsulation(for: $0) },
        streamHeader: { RandomBytes.bytes(Act.headerSize) })
}

/// A shared secret (32 bytes) and the ciphertext (1088 bytes) that carries it.
struct Encapsulation: ~Copyable {
    let sharedSecret: SecretBytes
    let ciphertext: [UInt8]

    init(sharedSecret: consuming SecretBytes, ciphertext: [UInt8]) {
        self.sharedSecret = sharedSecret
        self.ciphertext = ciphertext
    }

    /// ML-KEM-768 encapsulation; refuses a key that fails FIPS 203's modulus check.
    init(for encapsulationKey: [UInt8]) throws {
        let result = try MLKEM768.PublicKey(rawRepresentation: encapsulationKey).encapsulate()
        sharedSecret = try SecretBytes(result.sharedSecret)
        ciphertext = Array(result.encapsulated)
    }
}

extension MLKEM768.PrivateKey {
    /// Never fails on a ciphertext of the right length: a wrong one gives another secret (implicit rejection).
    func secret(from ciphertext: [UInt8]) throws -> SecretBytes {
        try SecretBytes(decapsulate(ciphertext))
    }
}

extension SecretBytes {
    /// Takes a key over into memory that is erased. swift-crypto's own copy dies with its `SymmetricKey`.
    fileprivate init(_ key: SymmetricKey) throws {
        var bytes = key.withUnsafeBytes { Array($0) }
        try self.init(erasing: &bytes)
    }
}
