import Identity
import Sodium

/// Who dialled. The roles of the opening handshake stay with the link: only the initiator renews keys.
enum LinkRole: Sendable {
    case initiator
    case responder
}

/// The own side of a link: who one is, for what, within which limits.
struct LocalSide: Sendable {
    let keys: IdentityKeys
    let purpose: LinkPurpose
    let limits: LinkLimits
    let material: FreshMaterial

    init(keys: IdentityKeys, purpose: LinkPurpose, limits: LinkLimits, material: FreshMaterial = .random) {
        self.keys = keys
        self.purpose = purpose
        self.limits = limits
        self.material = material
    }

    var identity: PublicIdentity { keys.publicIdentity }

    /// The X25519 secret that proves `identity` in the acts.
    func secretKey() throws(Violation) -> SecretBytes {
        do { return try keys.x25519SecretKey() } catch { throw .local }
    }
}
