import Directory
import Foundation
import Identity
import Lies
import Store

/// The demonstration of a directory that lies: each lie is told over real links to homes that the program's own parts run, and what
/// comes of it is compared with docs/directory.md, "Lies, and who notices".
struct Misbehaving: Sendable {
    /// What is to come of a lie.
    enum Outcome: Sendable {
        /// The client stops with exit code 76; whether there is evidence.
        case misbehaviour(_ words: String, evidence: Bool)
        /// The client does not believe the answer, exit code 77, and convicts nobody, since that.
        case refused(_ words: String, since: String = "the clock of the client may be wrong")
        /// The client goes on, and says this.
        case warning(_ words: String)
        /// Nobody can notice it here.
        case unnoticed(couldBy: String)
    }

    /// Where the lies come out.
    enum Point: String, Sendable {
        case lookUp = "the look-up"
        case registration = "the registration"
        case reconnect = "the reconnect"
        case firstContact = "the first contact"
        case audit = "the background audit"
    }

    let folder: String
    private let count = Count()

    /// Plays all of it. Throws when anything did not come as it is to.
    func play() async throws {
        for (number, scene) in Self.scenes.enumerated() {
            title("\(number + 1). \(scene.title)")
            let place = "\(folder)/\(number + 1)"
            try await LyingStage.with(place + "/directory") { stage in
                let cast = try Cast(in: place)
                for person in [cast.alice, cast.carol, cast.dave] { try await person.register(stage) }
                try await scene.play(self, stage, cast)
            }
        }
        let (noticed, unnoticed, wrong) = await count.all
        let table = #"docs/directory.md, "Lies, and who notices""#
        try Output.line(
            """

            \(noticed) lies were noticed, \(unnoticed) could not be; \(wrong == 0 ? "all came" : "\(wrong) did not come") as \
            \(table), says.
            """)
        guard wrong == 0 else {
            throw CommandError(.inputOutput, "the demonstration failed: \(wrong) came otherwise")
        }
    }

    /// Tells a lie to somebody, who asks; prints and judges what comes of it.
    ///
    /// - Parameters:
    ///   - told: the lie and to whom, for the reader.
    ///   - check: what the client compared, for the reader.
    func tell(
        _ told: String, _ lie: Lie?, to person: LiedTo, at point: Point, by check: String,
        on stage: LyingStage,
        _ expected: Outcome, _ ask: @Sendable (DirectoryClient) async throws -> Void = { _ in }
    ) async throws {
        line("lie       \(told)")
        let (lines, isRight) = try await result(
            lie, to: person, at: point, by: check, on: stage, expected, ask)
        for text in lines { line(text) }
        await judge(isRight, expected)
    }

    /// Tells lies of one kind, one after the other. What comes of them is printed once where it is the same.
    func tell(
        each shapes: [(name: String, lie: Lie, person: LiedTo)], _ told: String, at point: Point,
        by check: String, on stage: LyingStage, _ expected: Outcome,
        _ ask: @Sendable (DirectoryClient, LiedTo) async throws -> Void = { _, _ in }
    ) async throws {
        line("lie       \(told), in \(shapes.count) shapes:")
        line("          \(shapes.map(\.name).joined(separator: ", "))")
        var printed: [String] = []
        for shape in shapes {
            let person = shape.person
            let (lines, isRight) = try await result(
                shape.lie, to: person, at: point, by: check, on: stage, expected
            ) { try await ask($0, person) }
            if lines != printed { for text in lines { line(text) } }
            printed = lines
            await judge(isRight, expected)
        }
    }

    private func result(
        _ lie: Lie?, to person: LiedTo, at point: Point, by check: String, on stage: LyingStage,
        _ expected: Outcome, _ ask: @Sendable (DirectoryClient) async throws -> Void
    ) async throws -> (lines: [String], isRight: Bool) {
        stage.mask.tell(lie, to: person.keys.publicIdentity)
        let before = try await person.store.evidence().count
        var (lines, isRight) = await met(person, at: point, by: check, on: stage, expected, ask)
        let evidence = try await person.store.evidence()
        switch expected {
        case .misbehaviour(_, let isProved):
            isRight = isRight && (evidence.count > before) == isProved
            if evidence.count > before, let last = evidence.last {
                let checked = try checked(last.content, of: stage)
                lines += checked.lines
                isRight = isRight && checked.convicts
            } else {
                lines.append("evidence  none: what is wrong was signed by nobody, or is true of another time")
            }
        case .refused(_, let reason):
            isRight = isRight && evidence.count == before
            lines.append("evidence  none: \(reason)")
        case .warning, .unnoticed: isRight = isRight && evidence.count == before
        }
        return (lines, isRight)
    }

    private func met(
        _ person: LiedTo, at point: Point, by check: String, on stage: LyingStage, _ expected: Outcome,
        _ ask: @Sendable (DirectoryClient) async throws -> Void
    ) async -> (lines: [String], isRight: Bool) {
        do {
            let words = try await person.visit(stage, ask).map(LogText.summary)
            guard let first = words.first else {
                let lines = ["unnoticed by \(person.name), at \(point.rawValue): \(check)"]
                guard case .unnoticed(let who) = expected else { return (lines, false) }
                return (lines + ["          who could: \(who)"], true)
            }
            let lines = [
                "warned    \(person.name), at \(point.rawValue): \(check)", "          and goes on: \(first)",
            ]
            guard case .warning(let wanted) = expected else { return (lines, false) }
            return (lines, first.contains(wanted))
        } catch {
            let seen = CommandError(describing: error)
            let lines = [
                "noticed   by \(person.name), at \(point.rawValue): \(check)",
                "          exit code \(seen.code.rawValue): \(seen.message)",
            ]
            switch expected {
            case .misbehaviour(let words, _):
                return (lines, seen.code == .directoryMisbehaves && seen.message.contains(words))
            case .refused(let words, _):
                return (lines, seen.code == .refused && seen.message.contains(words))
            case .warning, .unnoticed: return (lines, false)
            }
        }
    }

    /// Writes evidence into a file and has it checked as `log check-evidence` does, which knows nothing of any home.
    func checked(_ evidence: [UInt8], of stage: LyingStage) throws -> (lines: [String], convicts: Bool) {
        let file = stage.folder + "/lie-\(UUID().uuidString).json"
        try Data(evidence).write(to: URL(filePath: file))
        do {
            let proved = try CheckEvidence.read(file)
            return (
                ["evidence  a file of \(evidence.count) bytes; p2pchat log check-evidence, without any home:"]
                    + proved.lines.map { "          " + $0 },
                proved.directory == stage.keys.publicIdentity
            )
        } catch {
            return (["evidence  refused: \(CommandError(describing: error).message)"], false)
        }
    }

    /// Counts one outcome.
    func judge(_ isRight: Bool, _ expected: Outcome) async {
        if !isRight { line("WRONG     this is not what docs/directory.md says") }
        if case .unnoticed = expected {
            await count.add(isNoticed: false, isRight: isRight)
        } else {
            await count.add(isNoticed: true, isRight: isRight)
        }
    }

    private func title(_ text: String) { try? Output.line("\n\(text)") }
    func line(_ text: String) { try? Output.line("  " + text) }

    private actor Count {
        private(set) var all = (noticed: 0, unnoticed: 0, wrong: 0)

        func add(isNoticed: Bool, isRight: Bool) {
            guard isRight else { return all.wrong += 1 }
            if isNoticed { all.noticed += 1 } else { all.unnoticed += 1 }
        }
    }
}

/// Who is there: alice, carol and dave have handles; bob uses the directory, erin and frank come later, and mallory would be alice.
struct Cast: Sendable {
    let alice, bob, carol, dave, erin, frank, mallory: LiedTo
    /// alice's handle.
    let handle: Handle

    init(in folder: String) throws {
        func person(_ name: String) throws -> LiedTo { try LiedTo(name, in: folder) }
        (alice, bob) = (try person("alice"), try person("bob"))
        (carol, dave) = (try person("carol"), try person("dave"))
        (erin, frank, mallory) = (try person("erin"), try person("frank"), try person("mallory"))
        handle = try Handle("alice")
    }
}
