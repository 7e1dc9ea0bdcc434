import Identity

/// What is said of a contact whose key was revoked.
enum RevocationText {
    /// Who may have the handle instead, and what to do about it.
    static func heir(_ heir: PublicIdentity, of revoked: PublicIdentity) -> [String] {
        [
            "instead: \(heir.groupedFingerprint), named with the recovery words",
            "ask the person another way; if that is so: p2pchat contacts accept \(revoked.fingerprint)",
        ]
    }
}
