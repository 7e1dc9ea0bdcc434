import Directory
import Identity
package import Transparency
import Wire

/// Cosignatures of witnesses (docs/directory.md, "Witnesses"). What the log has signed is shown to them first, and to everybody else when their policy is content, or when
/// they were waited for.
extension DirectoryLog {
    /// Whose cosignatures a log hands on, and which it waits for.
    package struct Witnessing: Sendable {
        package let policy: WitnessPolicy
        /// How long for each checkpoint.
        let patience: Duration
        let sleep: @Sendable (Duration) async throws -> Void

        package init(
            policy: WitnessPolicy, patience: Duration = .seconds(2),
            sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
        ) {
            (self.policy, self.patience, self.sleep) = (policy, patience, sleep)
        }
    }

    /// The witness that an identity is, if the operator's policy has it.
    nonisolated func witness(_ identity: PublicIdentity) -> WitnessPolicy.Witness? {
        let name = WitnessSigner.name(of: identity)
        return witnessing?.policy.witnesses.first { $0.key.name == name }
    }

    /// A link becomes that of a witness.
    func attend(_ link: UInt64, _ key: NoteKey, _ bell: WitnessBell) { witnessLinks.add(link, key, bell) }

    /// A link has ended.
    func withdraw(_ link: UInt64) {
        witnessLinks.remove(link)
        finishGatheringIfOver()
    }

    /// Takes in a cosignature of the newest checkpoint that came over a witness' link.
    func cosign(_ line: String, over link: UInt64) throws(DirectoryFailure) {
        guard let key = witnessLinks.key(of: link), let signature = try? NoteSignature(text: line),
            signature.isBy(key)
        else { throw .notAWitness }
        guard signature.holds(key, signed.checkpoint.text) else {
            throw .outOfSequence(newest: signed.checkpoint.size)
        }
        // A cosignature that holds has a time.
        if let former = signed.cosignatures[key]?.time, signature.time ?? 0 < former { return }
        signed.cosignatures[key] = signature
        witnessLinks.cosigned(link)
        finishGatheringIfOver()
    }

    /// Waits for the cosignatures of the checkpoint that was just signed, as long as those that are there can still make the policy content and the patience lasts.
    func gatherCosignatures() async {
        witnessLinks.ring()
        guard let witnessing, !isGatheringOver else { return }
        let size = signed.checkpoint.size
        let timer = Task {
            guard (try? await witnessing.sleep(witnessing.patience)) != nil else { return }
            self.endGathering(of: size)
        }
        await withCheckedContinuation { gathering = $0 }
        timer.cancel()
        // So that a directory that starts again has them at once. Without them it is the same checkpoint.
        try? await lastSigned.write(currentNote())
    }

    /// Whether nothing is to be waited for: the policy is content, or the witnesses that are there cannot make it so.
    private var isGatheringOver: Bool {
        guard let policy = witnessing?.policy else { return true }
        let cosigners = Set(signed.cosignatures.keys)
        return policy.isSatisfied(by: cosigners)
            || !policy.isSatisfied(by: cosigners.union(witnessLinks.awaited))
    }

    private func finishGatheringIfOver() {
        guard gathering != nil, isGatheringOver else { return }
        gathering?.resume()
        gathering = nil
    }

    private func endGathering(of size: UInt64) {
        guard gathering != nil, signed.checkpoint.size == size else { return }
        witnessLinks.giveUp(except: Set(signed.cosignatures.keys))
        gathering?.resume()
        gathering = nil
    }
}
