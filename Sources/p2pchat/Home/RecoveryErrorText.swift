import Directory
import Identity

extension CommandError {
    static func recovery(_ error: RecoveryError) -> CommandError {
        switch error {
        case .notHeld:
            CommandError(
                .refused, "nobody has this handle here; there is nothing to revoke",
                hint: "claim it with: p2pchat register --handle NAME")
        case .otherWords(let holder):
            CommandError(
                .refused,
                """
                these are not the recovery words that were given with the handle; nothing was revoked
                  who has it: \(holder.groupedFingerprint)
                """,
                hint: "the words are those that keygen showed when the identity with this handle was made")
        case .revokedOtherwise(let heir?):
            CommandError(
                .refused, "the handle was revoked before, in favour of \(heir.fingerprint)",
                hint: "whoever has that identity can claim it: p2pchat key recover, in the home with it")
        case .revokedOtherwise(heir: nil):
            CommandError(
                .refused, "the handle was revoked before, in favour of nobody; nobody can have it any more")
        case .heirHolds:
            CommandError(
                .refused, "the identity that would be the heir has the handle itself",
                hint: "for a new key where the old one is still at hand: p2pchat key rotate")
        }
    }
}
