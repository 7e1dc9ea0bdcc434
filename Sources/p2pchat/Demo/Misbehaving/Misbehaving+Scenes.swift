import Directory
import DirectoryServer
import Identity
import Lies

extension Misbehaving {
    /// One lie, and what belongs to it.
    struct Scene: Sendable {
        let title: String
        let play: @Sendable (Misbehaving, LyingStage, Cast) async throws -> Void
    }

    static let scenes = [
        Scene(title: "A key swapped for one client") { try await $0.swapKey($1, $2) },
        Scene(title: "An entry left out") { try await $0.leaveOut($1, $2) },
        Scene(title: "A forged entry") { try await $0.forgeEntry($1, $2) },
        Scene(title: "Entries that are not those of the log") { try await $0.otherEntries($1, $2) },
        Scene(title: "A wrong map over a right log") { try await $0.wrongMap($1, $2) },
        Scene(title: "Proofs that do not hold") { try await $0.badProofs($1, $2) },
        Scene(title: "Other keys of the log") { try await $0.otherKeys($1, $2) },
        Scene(title: "A log that goes back") { try await $0.rewind($1, $2) },
        Scene(title: "A restored backup") { try await $0.restoreBackup($1, $2) },
        Scene(title: "Two logs for two clients") { try await $0.equivocate($1, $2) },
        Scene(title: "A log that stands still") { try await $0.freeze($1, $2) },
        Scene(title: "Two logs, and witnesses") { try await $0.equivocateBeforeAPolicy($1, $2) },
    ]

    private static let wrongEntry = "the entry of a handle is not the one that its log has"

    private func swapKey(_ stage: LyingStage, _ cast: Cast) async throws {
        let handle = cast.handle
        let presence = try stage.forger.presence(
            of: cast.mallory.keys, as: handle, stage.claim(handle, by: cast.mallory))
        try await tell(
            "bob looks alice up; he is given mallory's key, presence and claim, all signed well",
            Forger.swapped(for: presence), to: cast.bob, at: .lookUp,
            by: "the map has another entry for this handle", on: stage,
            .misbehaviour("it serves a handle with another key than its log has", evidence: false)
        ) { _ = try await $0.lookup(.handle(handle)) }
    }

    private func leaveOut(_ stage: LyingStage, _ cast: Cast) async throws {
        let handle = cast.handle
        try await tell(
            "mallory wants the handle alice and is told that nobody has it", Forger.omission,
            to: cast.mallory,
            at: .registration, by: "the map has an entry where none was served", on: stage,
            .misbehaviour(Self.wrongEntry, evidence: false)
        ) { try await $0.claim(handle, recoveryHash: nil) }
        let without = try await ForgedLog(
            stage.entries(), showing: [Label(handle): nil], by: stage.forger)
        try await tell(
            "bob, who sees this directory for the first time, is shown a signed map without alice",
            without.lie, to: cast.bob, at: .firstContact,
            by: "the map that he is shown proves what it is told",
            on: stage,
            .unnoticed(
                couldBy: "alice, whose entry it is, if she were shown this map; who reads the whole log")
        ) { _ = try await $0.holder(of: handle) }
        try await cast.erin.register(stage)
        let later = try await ForgedLog(stage.entries(), showing: [Label(handle): nil], by: stage.forger)
        try await tell(
            "alice comes back and is shown a later signed map, without her entry", later.lie, to: cast.alice,
            at: .reconnect, by: "an entry of her own that the map had is not there any more", on: stage,
            .misbehaviour("an entry of your handle that its log had is not there any more", evidence: true)
        ) { try await $0.checkOwn(handle) }
    }

    private func forgeEntry(_ stage: LyingStage, _ cast: Cast) async throws {
        let handle = cast.handle
        let forged = try stage.claim(handle, by: cast.mallory)
        try await tell(
            "bob asks who has the handle alice and is served mallory's claim, which is in no log",
            Forger.forged(forged), to: cast.bob, at: .lookUp, by: "the map has another entry for this handle",
            on: stage, .misbehaviour(Self.wrongEntry, evidence: false)
        ) { _ = try await $0.holder(of: handle) }
        let log = try await ForgedLog(stage.entries() + [forged.bytes], by: stage.forger)
        try await tell(
            "bob is shown a log in which mallory claims what alice has", log.lie, to: cast.bob, at: .lookUp,
            by: "the proofs hold: the log and the map have this entry", on: stage,
            .unnoticed(couldBy: "bob, as soon as he has read the whole log:")
        ) { _ = try await $0.holder(of: handle) }
        try await tell(
            "the same, some seconds later", log.lie, to: cast.bob, at: .audit,
            by: "an entry may not follow the one before it", on: stage,
            .misbehaviour("an entry of its log breaks the rules", evidence: true)
        ) { try await $0.replicate(limit: DirectorySession.defaultLogLimit) }
    }

    private func otherEntries(_ stage: LyingStage, _ cast: Cast) async throws {
        let forged = try stage.claim(Handle("mallory"), by: cast.mallory)
        try await tell(
            "bob reads the whole log and is given another entry than it has", Forger.altered(forged),
            to: cast.bob, at: .audit, by: "the log that these entries give has another root", on: stage,
            .misbehaviour("the entries that it serves are not those of its log", evidence: false)
        ) { try await $0.replicate(limit: DirectorySession.defaultLogLimit) }
    }

    private func wrongMap(_ stage: LyingStage, _ cast: Cast) async throws {
        let handle = cast.handle
        let forged = try stage.claim(handle, by: cast.mallory)
        let log = try await ForgedLog(
            stage.entries(), showing: [Label(handle): forged], by: stage.forger)
        try await tell(
            "bob is shown the right log, and a signed map in which mallory has the handle alice", log.lie,
            to: cast.bob, at: .lookUp, by: "the map that he is shown proves it", on: stage,
            .unnoticed(couldBy: "bob, as soon as he has read the whole log:")
        ) { _ = try await $0.holder(of: handle) }
        try await tell(
            "the same, some seconds later", log.lie, to: cast.bob, at: .audit,
            by: "the map that these entries give has another root", on: stage,
            .misbehaviour("its map is not that of the entries of its log", evidence: true)
        ) { try await $0.replicate(limit: DirectorySession.defaultLogLimit) }
    }

    private func otherKeys(_ stage: LyingStage, _ cast: Cast) async throws {
        try await tell(
            "bob comes for the first time; the log's keys are signed by nobody", Forger.unsignedKeys,
            to: cast.bob, at: .firstContact, by: "the directory's identity has not signed them", on: stage,
            .misbehaviour(
                "the keys of its log are not those that it had, or not signed by it", evidence: false))
        stage.mask.tell(nil, to: cast.bob.keys.publicIdentity)
        try await cast.bob.visit(stage)
        let other = try LogSigner(LogKeyFile.generate(), directory: stage.keys)
        try await tell(
            "bob comes back; the checkpoint is signed by another key", stage.forger.signed(by: other),
            to: cast.bob, at: .reconnect, by: "the log's key has not signed it", on: stage,
            .misbehaviour("a checkpoint of its log is not signed by its log's key", evidence: false))
        try await tell(
            "bob comes back; the log's keys are others, under the number of those before",
            stage.forger.replaced(by: other), to: cast.bob, at: .reconnect,
            by: "the directory's identity has signed two keys with one number", on: stage,
            .misbehaviour("the keys of its log are not those that it had", evidence: true))
    }
}
