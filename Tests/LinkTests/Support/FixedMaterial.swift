import Crypto
import Foundation
import Identity
import Sodium

@testable import Link

/// Everything random in a handshake, fixed: made from a name, so that a test can be repeated byte for byte.
enum Fixed {
    static func bytes(_ name: String, _ count: Int) -> [UInt8] {
        Array(Blake2b.hash512(Array("p2pchat test \(name)".utf8)).prefix(count))
    }

    static func identity(_ name: String) throws -> IdentityKeys {
        try IdentityKeys(seed: SecretBytes(copying: bytes("identity \(name)", 32)))
    }

    /// One ML-KEM exchange, drawn once a run; transcripts bring their own from a file.
    static let drawn: (sharedSecret: [UInt8], ciphertext: [UInt8]) = {
        guard let key = try? MLKEM768.PrivateKey(seedRepresentation: bytes("kem", 64), publicKey: nil),
            let drawn = try? key.publicKey.encapsulate()
        else { return ([], []) }
        return (drawn.sharedSecret.withUnsafeBytes { Array($0) }, Array(drawn.encapsulated))
    }()

    static func material(
        _ name: String, kem: (sharedSecret: [UInt8], ciphertext: [UInt8]) = drawn
    ) -> FreshMaterial {
        FreshMaterial(
            ephemeral: { try SecretBytes(copying: bytes("ephemeral \(name)", 32)) },
            decapsulationKey: {
                try MLKEM768.PrivateKey(seedRepresentation: bytes("kem", 64), publicKey: nil)
            },
            encapsulate: { key in
                // The real step still judges the key.
                _ = try MLKEM768.PublicKey(rawRepresentation: key)
                return Encapsulation(
                    sharedSecret: try SecretBytes(copying: kem.sharedSecret), ciphertext: kem.ciphertext)
            },
            streamHeader: { bytes("header \(name)", 24) })
    }
}
