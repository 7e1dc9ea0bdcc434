import ArgumentParser
import Directory
import Identity
import Store
import Transparency

struct WitnessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness",
        abstract: "Audit the logs of directories, and cosign what was audited, until a signal ends it.",
        discussion: """
            The first line on standard output is the witness' line for policies (C2SP tlog-policy): the directory's operator needs it for
            p2pchat server --witness-policy, users for p2pchat log policy. Then one line as something is cosigned. A witness reads
            the whole log, holds every entry against the rules, and cosigns nothing that is not the log it saw before; so whoever asks
            for its cosignature cannot be shown another log than it was. Run it where the directory's operator has no say.

            Examples:
              p2pchat keygen --home ~/witness
              p2pchat witness --home ~/witness 192.0.2.1:7600#p2p1...
            """)

    @OptionGroup var options: HomeOptions

    @Argument(
        help: ArgumentHelp(
            "The directories, as their operators hand them out. None: that of the home.",
            valueName: "host:port#fingerprint"))
    var directories: [String] = []

    func run() async throws {
        let open = try await options.open()
        defer { withExtendedLifetime(open) {} }
        let store = try HomeStore(path: open.home.databasePath, keys: open.keys)
        let references = try references(store)
        let signer = try WitnessSigner(open.keys)
        let stays = try references.map { reference in
            WitnessStay(
                reference: reference, keys: open.keys, signer: signer,
                log: try .kept(in: store, of: reference.identity))
        }
        let stopping = StopSignal()
        let service = OnlineService {
            try Output.line("witness \(open.keys.publicIdentity.shortFingerprint) \(signer.key.text)")
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for stay in stays {
                    group.addTask { try await stay.run() }
                }
                group.addTask {
                    await stopping.wait()
                    return false
                }
                var left = stays.count
                while left > 0, try await group.next() == true { left -= 1 }
                group.cancelAll()
                if left == 0 { throw QuietExit(code: .directoryMisbehaves) }
            }
        } stop: {
            stopping.raise()
        }
        try await service.runUntilSignal()
    }

    private func references(_ store: HomeStore) throws -> [DirectoryReference] {
        var references: [DirectoryReference] = []
        for text in directories {
            let reference: DirectoryReference
            do { reference = try DirectoryReference(text) } catch { throw CommandError(.usage, "\(error)") }
            guard !references.contains(where: { $0.identity == reference.identity }) else {
                throw CommandError(.usage, "\(text): this directory is named twice")
            }
            references.append(reference)
        }
        if references.isEmpty, let own = try store.settings().directory { references = [own] }
        guard !references.isEmpty else {
            throw CommandError(
                .usage, "no directory is named",
                hint: "p2pchat witness HOST:PORT#FINGERPRINT (the operator's server prints it)")
        }
        return references
    }
}

/// One directory of a witness: connects, cosigns, and connects again when the link ends, with pauses of 1, 2, 4 … 60 s.
struct WitnessStay: Sendable {
    let reference: DirectoryReference
    let keys: IdentityKeys
    let signer: WitnessSigner
    let log: LogBook

    /// Returns true when the directory misbehaved, which is never tried again.
    func run() async throws -> Bool {
        var pause = Self.shortestPause
        var told: String?
        while !Task.isCancelled {
            let start = ContinuousClock.now
            do {
                try await connect()
            } catch let error as DirectoryError {
                let described = CommandError(describing: error)
                if described.message != told { tell(described) }
                told = described.message
                if case .misbehaves = error { return true }
            } catch let error as CommandError where error.code == .refused {
                if error.message != told { tell(error) }
                told = error.message
            }
            // A link that lasted was one.
            if ContinuousClock.now - start > Self.longestPause {
                (pause, told) = (Self.shortestPause, nil)
            }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, Self.longestPause)
        }
        return false
    }

    private func connect() async throws {
        let client = DirectoryClient(
            link: try await LinkNetwork(keys: keys).dial(reference), identity: keys, log: log)
        try await withThrowingTaskGroup(of: DirectoryError?.self) { group in
            group.addTask { await client.run() }
            let witness = LogWitness(client: client, signer: signer) { [reference] cosigned in
                try? Output.line(
                    "cosigned \(cosigned.size.entries) of \(reference.identity.fingerprint)")
            }
            let result: Result<Void, any Error>
            do { result = .success(try await witness.run()) } catch { result = .failure(error) }
            await client.close()
            let reason = try await group.next() ?? nil
            // What ended the link says more than that it ended.
            if let reason, case .misbehaves = reason { throw reason }
            try result.get()
            if let reason, reason != .closed { throw reason }
        }
    }

    private func tell(_ error: CommandError) {
        Output.note("\(reference): \(error.message)")
        if let hint = error.hint { Output.note("  \(hint)") }
    }

    private static let shortestPause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(60)
}
