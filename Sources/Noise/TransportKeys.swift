package import Sodium

/// What a finished handshake leaves (Noise §5.2, Split).
package struct TransportKeys: ~Copyable, Sendable {
    /// 32 bytes.
    package let initiatorToResponder: SecretBytes
    /// 32 bytes.
    package let responderToInitiator: SecretBytes
    /// The final transcript hash; 64 bytes, public.
    package let handshakeHash: [UInt8]
}
