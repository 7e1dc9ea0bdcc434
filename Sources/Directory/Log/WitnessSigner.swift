package import Identity
package import Transparency

/// The key with which an identity cosigns as a witness. It is derived from the identity's seed and used for nothing else.
package final class WitnessSigner: Sendable {
    private let signer: NoteSigner

    package init(_ identity: IdentityKeys) throws {
        signer = try NoteSigner(
            name: Self.name(of: identity.publicIdentity), kind: .cosignature,
            seed: identity.storeKey("witness cosignature key"))
    }

    package var key: NoteKey { signer.key }

    /// A statement that the checkpoint is the newest that this witness knows at that time, in seconds since 1970 (C2SP tlog-cosignature).
    package func cosign(_ checkpoint: Checkpoint, at time: UInt64) throws -> NoteSignature {
        try signer.sign(checkpoint.text, at: time)
    }

    /// The name of the key of a witness: says over which identity's links its cosignatures come.
    package static func name(of identity: PublicIdentity) -> String {
        "p2pchat-witness/\(identity.fingerprint)"
    }
}
