import Directory
import Identity
import Lies
import Transparency

/// What a policy of witnesses makes of a lie that nobody notices by himself.
extension Misbehaving {
    func equivocateBeforeAPolicy(_ stage: LyingStage, _ cast: Cast) async throws {
        let handle = cast.handle
        let witnesses = [try WitnessSigner(.generate()), try WitnessSigner(.generate())]
        let lines = zip(["one", "two"], witnesses).map { "witness \($0) \($1.key.text)\n" }.joined()
        try await LogBook.kept(in: cast.bob.store, of: stage.keys.publicIdentity)
            .set(policy: WitnessPolicy(text: lines + "group both all one two\nquorum both\n"))
        func fork(cosignedBy accomplices: [WitnessSigner]) async throws -> Lie {
            var forger = stage.forger
            forger.accomplices = accomplices
            let forged = try stage.claim(handle, by: cast.mallory)
            return try await ForgedLog([forged.bytes] + stage.entries().dropFirst(), by: forger).lie
        }
        let told = "bob, who asks for two witnesses' cosignatures, is shown a log in which mallory is alice"
        for (who, accomplices) in [("no witness of your policy", []), ("only two", [witnesses[1]])] {
            try await tell(
                accomplices.isEmpty ? told : "the same; one of the two cosigns whatever it is given",
                fork(cosignedBy: accomplices), to: cast.bob, at: .firstContact,
                by: "the policy asks for both", on: stage,
                .refused(
                    "cosigned by " + who, since: "without cosignatures it is not believed, and no lie yet")
            ) { _ = try await $0.holder(of: handle) }
        }
        try await tell(
            "the same; both do", fork(cosignedBy: witnesses), to: cast.bob, at: .firstContact,
            by: "the policy is content", on: stage,
            .unnoticed(couldBy: "as without witnesses: bob and others, once they talk with each other")
        ) { _ = try await $0.holder(of: handle) }
    }
}
