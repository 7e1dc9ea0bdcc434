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

    /// The initiator's KEM key: made once, because BoringSSL without optimization takes its time.
    private static let key = Result {
        try MLKEM768.PrivateKey(seedRepresentation: bytes("kem", 64), publicKey: nil)
    }

    /// One ML-KEM exchange, drawn once a run; transcripts bring their own from a file.
    private static let drawn = Result {
        let drawn = try key.get().publicKey.encapsulate()
        return (
            secret: drawn.sharedSecret.withUnsafeBytes { Array($0) }, ciphertext: Array(drawn.encapsulated)
        )
    }

    static func material(
        _ name: String, kem: (secret: [UInt8], ciphertext: [UInt8])? = nil
    ) -> FreshMaterial {
        FreshMaterial(
            ephemeral: { try SecretBytes(copying: bytes("ephemeral \(name)", 32)) },
            decapsulationKey: { try key.get() },
            encapsulate: { encapsulationKey in
                // The real step judges the key, and so does this one, except for the one that is known.
                let known = try Array(key.get().publicKey.rawRepresentation)
                if encapsulationKey != known {
                    _ = try MLKEM768.PublicKey(rawRepresentation: encapsulationKey)
                }
                let kem = try kem ?? drawn.get()
                return Encapsulation(
                    sharedSecret: try SecretBytes(copying: kem.secret), ciphertext: kem.ciphertext)
            },
            streamHeader: { bytes("header \(name)", 24) })
    }
}
