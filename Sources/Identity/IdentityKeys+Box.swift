package import Sodium

extension IdentityKeys {
    /// The key that this identity and another have in common for boxes between them: `crypto_box_beforenm` of their X25519 keys; 32 bytes.
    package func boxKey(with other: PublicIdentity) throws(IdentityError) -> SecretBytes {
        let secret = try x25519SecretKey()
        return try sodium { () throws(SodiumError) in try Box.sharedKey(secret, other.x25519PublicKey) }
    }
}
