import Identity
import Noise
import Sodium

/// The constants of the handshake (docs/protocol.md, "Handshake"). Sizes are in bytes.
enum Act {
    static let protocolName = "Noise_XKpsk2_25519_ChaChaPoly_BLAKE2b"
    static let version: UInt8 = 0x01

    static let firstSize = 1233
    static let secondSize = 1200
    static let thirdSize = 576
    static let headerSize = 24

    static let encapsulationKeySize = 1184
    static let ciphertextSize = 1088
    static let secondPayloadSize = 64
    static let thirdPayloadSize = 512

    /// Where the initiator's identity stands in the payload of act 3: behind maximum version and flags.
    static let identityOffset = 2
    static let identitySize = 32

    /// Each field behind its 2-byte length. `renewing` is the hash of the keys to be replaced, for acts inside a link.
    static func prologue(purpose: LinkPurpose, responder: PublicIdentity, renewing hash: [UInt8]?) -> [UInt8]
    {
        var fields = [Array("p2pchat/1".utf8), Array(purpose.rawValue.utf8), responder.bytes]
        if let hash { fields.append(hash) }
        var prologue: [UInt8] = []
        for field in fields {
            prologue.append(UInt8(truncatingIfNeeded: field.count >> 8))
            prologue.append(UInt8(truncatingIfNeeded: field.count))
            prologue += field
        }
        return prologue
    }

    /// `psk = H("p2pchat/1 kem psk" ‖ K ‖ ek ‖ ct ‖ h₁)`.
    static func presharedKey(
        _ sharedSecret: borrowing SecretBytes, encapsulationKey: [UInt8], ciphertext: [UInt8],
        hashAfterFirst: [UInt8]
    ) throws(Violation) -> SecretBytes {
        do {
            return try Blake2b.secret256(
                sharedSecret, prefix: Array("p2pchat/1 kem psk".utf8),
                suffix: encapsulationKey + ciphertext + hashAfterFirst)
        } catch {
            throw .local
        }
    }

    /// Maximum version ‖ flags ‖ zeros.
    static func secondPayload() -> [UInt8] {
        [version] + [UInt8](repeating: 0, count: secondPayloadSize - 1)
    }

    /// Maximum version ‖ flags ‖ identity ‖ zeros.
    static func thirdPayload(_ identity: PublicIdentity) -> [UInt8] {
        [version, 0] + identity.bytes
            + [UInt8](repeating: 0, count: thirdPayloadSize - identityOffset - identitySize)
    }
}

/// Whom and what an exchange of acts is about; the same on both sides, or the acts fail.
struct ExchangeContext: Sendable {
    let purpose: LinkPurpose
    let responder: PublicIdentity
    /// The hash of the keys in use, for fresh keys inside a link; nil for the opening handshake.
    let renewing: [UInt8]?

    func noise(
        _ role: HandshakeRole, static localStatic: consuming SecretBytes, _ material: FreshMaterial
    ) throws(Violation) -> HandshakeState {
        do {
            return try HandshakeState(
                pattern: HandshakePattern(protocolName: Act.protocolName), role: role,
                prologue: Act.prologue(purpose: purpose, responder: responder, renewing: renewing),
                localStatic: localStatic, localEphemeral: material.ephemeral(),
                remoteStatic: role == .initiator ? responder.x25519PublicKey : nil)
        } catch {
            throw .local
        }
    }
}

/// What the acts agree on: the two stream keys and the handshake hash h that names this agreement.
struct SessionKeys: ~Copyable {
    let initiatorToResponder: SecretBytes
    let responderToInitiator: SecretBytes
    let hash: [UInt8]

    /// `key_i2r = KH(k₁, "p2pchat/1 i2r" ‖ h)` and `key_r2i = KH(k₂, "p2pchat/1 r2i" ‖ h)` from Noise's Split.
    init(_ noise: consuming HandshakeState) throws(Violation) {
        let transport: TransportKeys
        do { transport = try noise.split() } catch { throw .local }
        let hash = transport.handshakeHash
        let toResponder = try Self.derive(transport.initiatorToResponder, "p2pchat/1 i2r", hash)
        let toInitiator = try Self.derive(transport.responderToInitiator, "p2pchat/1 r2i", hash)
        self.init(initiatorToResponder: toResponder, responderToInitiator: toInitiator, hash: hash)
    }

    private init(
        initiatorToResponder: consuming SecretBytes, responderToInitiator: consuming SecretBytes,
        hash: [UInt8]
    ) {
        self.initiatorToResponder = initiatorToResponder
        self.responderToInitiator = responderToInitiator
        self.hash = hash
    }

    private static func derive(
        _ key: borrowing SecretBytes, _ label: String, _ hash: [UInt8]
    ) throws(Violation) -> SecretBytes {
        do { return try Blake2b.keyed256(key: key, Array(label.utf8), hash) } catch { throw .local }
    }
}
