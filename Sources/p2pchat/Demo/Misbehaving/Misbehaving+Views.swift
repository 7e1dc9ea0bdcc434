import Directory
import DirectoryServer
import Foundation
import Identity
import Lies
import Transparency

/// Lies about what the log was before, and about what others see.
extension Misbehaving {
    static let shorter = "its log is shorter than it was"
    static let another = "its log is another one than it was"

    func badProofs(_ stage: LyingStage, _ cast: Cast) async throws {
        let handle = cast.handle
        try await tell(
            each: BadMapProof.allCases.map { ($0.rawValue, $0.lie, cast.bob) },
            "bob asks for alice; the map's proof is bad", at: .lookUp,
            by: "the proof does not lead to the map's root", on: stage,
            .misbehaviour("a proof of its log does not hold", evidence: false)
        ) { client, _ in _ = try await client.holder(of: handle) }
        try await tell(
            "bob asks for alice and is given no proof", Forger.unproved, to: cast.bob, at: .lookUp,
            by: "without a proof nothing is believed", on: stage,
            .misbehaviour("it says who has a handle without the proof of its log", evidence: false)
        ) { _ = try await $0.holder(of: handle) }
        let newcomer = try BadInclusionProof.allCases.map { shape in
            // Each has a home of its own: the entry is in the log, whatever the answer said of it.
            try (shape.rawValue, shape.lie, LiedTo("frank", in: "\(stage.folder)/\(shape)"))
        }
        try await tell(
            each: newcomer, "frank registers; the proof of inclusion is bad", at: .registration,
            by: "the proof does not lead to the log's root", on: stage,
            .misbehaviour("a proof of its log does not hold", evidence: false)
        ) { client, person in
            let number = newcomer.firstIndex { $0.2.keys.publicIdentity == person.keys.publicIdentity } ?? 0
            try await client.claim(Handle("frank-\(number)"), recoveryHash: nil)
        }
        try await tell(
            each: BadConsistencyProof.allCases.map { ($0.rawValue, $0.lie, cast.carol) },
            "carol comes back to a longer log; the proof of consistency is bad", at: .reconnect,
            by: "the log is not shown to go on from the one that she saw", on: stage,
            .misbehaviour(Self.another, evidence: false))
    }

    func rewind(_ stage: LyingStage, _ cast: Cast) async throws {
        let before = try await ForgedLog(stage.entries(), by: stage.forger)
        try await cast.erin.register(stage)
        try await cast.bob.visit(stage)
        try await tell(
            "bob, who saw 4 entries, is shown the log of 3", before.lie, to: cast.bob, at: .reconnect,
            by: "the checkpoint is smaller than the one that he has", on: stage,
            .misbehaviour(Self.shorter, evidence: false))
        try await tell(
            "carol, who was away when the 4th came, is shown the log of 3", before.lie, to: cast.carol,
            at: .reconnect, by: "it is what she saw before", on: stage,
            .unnoticed(couldBy: "whoever saw the 4th entry, once the two talk: peers compare checkpoints"))
        try await tell(
            "bob, whose home was deleted and begins anew, is shown the log of 3", before.lie,
            to: LiedTo("bob", in: stage.folder), at: .firstContact, by: "it knows of nothing before",
            on: stage,
            .unnoticed(couldBy: "the home that was deleted, or whoever else saw the 4th entry"))
    }

    func restoreBackup(_ stage: LyingStage, _ cast: Cast) async throws {
        let (yesterday, mixed) = (stage.folder + "-yesterday", stage.folder + "-mixed")
        try FileManager.default.copyItem(atPath: stage.folder, toPath: yesterday)
        try await cast.erin.register(stage)
        try await cast.bob.visit(stage)
        // The store of yesterday with what was signed today.
        try FileManager.default.copyItem(atPath: yesterday, toPath: mixed)
        let name = "/" + LastSignedFile.name
        try FileManager.default.removeItem(atPath: mixed + name)
        try FileManager.default.copyItem(atPath: stage.folder + name, toPath: mixed + name)
        line("lie       the store is put back from yesterday; last-signed, beside it, is of today")
        let refusal = Outcome.refused("it is an older copy")
        do {
            try await LyingStage.with(mixed) { _ in }
            await judge(false, refusal)
        } catch let error as LogStartError {
            let seen = CommandError(describing: error)
            line("noticed   by the server itself, at its start: the store is behind what was signed")
            line("          exit code \(seen.code.rawValue): \(seen.message)")
            await judge(seen.code == .refused, refusal)
        }
        try await LyingStage.with(yesterday) { restored in
            try await tell(
                "the whole folder is put back; bob, who saw today's 4 entries, comes", nil, to: cast.bob,
                at: .reconnect, by: "the checkpoint is smaller than the one that he has", on: restored,
                .misbehaviour(Self.shorter, evidence: false))
            try await cast.frank.register(restored)
            try await tell(
                "it goes on from there, with frank as its 4th entry; carol, who missed today's, comes", nil,
                to: cast.carol, at: .reconnect, by: "it goes on from what she saw", on: restored,
                .unnoticed(couldBy: "whoever saw today's 4th entry:"))
            try await tell(
                "bob comes again", nil, to: cast.bob, at: .reconnect,
                by: "two checkpoints of 4 entries, both signed, differ", on: restored,
                .misbehaviour(Self.another, evidence: true))
        }
    }

    func equivocate(_ stage: LyingStage, _ cast: Cast) async throws {
        let handle = cast.handle
        let entries = try await stage.entries()
        let forged = try stage.claim(handle, by: cast.mallory)
        let other = try ForgedLog([forged.bytes] + entries.dropFirst(), by: stage.forger)
        try await tell(
            "bob is shown, from his first contact on, a log of 3 entries in which mallory is alice",
            other.lie,
            to: cast.bob, at: .firstContact, by: "nothing contradicts what he is shown", on: stage,
            .unnoticed(couldBy: "bob and erin, once they talk with each other: peers compare checkpoints")
        ) {
            _ = try await $0.holder(of: handle)
            try await $0.replicate(limit: DirectorySession.defaultLogLimit)
        }
        try await tell(
            "erin is shown the log of 3 entries that everybody else sees", nil, to: cast.erin,
            at: .firstContact, by: "nothing contradicts what she is shown", on: stage,
            .unnoticed(couldBy: "erin and bob, the same way; side by side their two checkpoints convict:")
        ) { _ = try await $0.holder(of: handle) }
        try await sideBySide(stage, cast)
        try await tell(
            "bob is shown everybody's log after all", nil, to: cast.bob, at: .reconnect,
            by: "two checkpoints of 3 entries, both signed, differ", on: stage,
            .misbehaviour(Self.another, evidence: true))
        let longer = try ForgedLog([forged.bytes] + entries.dropFirst() + [forged.bytes], by: stage.forger)
        try await tell(
            "carol is shown a log of 4 entries that has mallory where hers had alice", longer.lie,
            to: cast.carol, at: .reconnect, by: "the longer log begins otherwise", on: stage,
            .misbehaviour(Self.another, evidence: true))
    }

    /// What bob and erin have, compared by whoever has both.
    private func sideBySide(_ stage: LyingStage, _ cast: Cast) async throws {
        let views = try [cast.bob, cast.erin].map {
            try LogBook.kept(in: $0.store, of: stage.keys.publicIdentity).view
        }
        let notes = views.compactMap { $0?.newest?.note.bytes }
        let statements = views.first??.statements.map(\.bytes) ?? []
        let found = Outcome.misbehaviour("signed two different states", evidence: true)
        guard notes.count == 2 else { return await judge(false, found) }
        let evidence = Evidence(
            directory: stage.keys.publicIdentity, statements: statements, lie: .twoStates(notes[0], notes[1]),
            time: stage.forger.time)
        let (lines, convicts) = try checked(evidence.bytes, of: stage)
        for text in lines { line(text) }
        await judge(convicts, found)
    }

    func freeze(_ stage: LyingStage, _ cast: Cast) async throws {
        let (forger, bob) = (stage.forger, cast.bob)
        try await tell(
            "bob is shown a state that nobody called the newest for 59 minutes", forger.frozen(age: 59 * 60),
            to: bob, at: .reconnect, by: "so old an honest one may be", on: stage,
            .unnoticed(
                couldBy: "whoever saw a newer one, once the two talk; bob himself a minute later:"))
        try await tell(
            "for two hours", forger.frozen(age: 2 * 3_600), to: bob, at: .reconnect,
            by: "it is older than an hour", on: stage, .warning("last vouched for what it shows"))
        try await tell(
            "for 24 hours", forger.frozen(age: 24 * 3_600), to: bob, at: .reconnect,
            by: "it is older than 24 hours", on: stage, .refused("last vouched for what it shows"))
    }
}
