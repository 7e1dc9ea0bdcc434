import ArgumentParser
import Directory
import Foundation
import Identity
import Store
import Transparency

struct LogMonitorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "monitor",
        abstract: "Print every entry of the directory's log as it comes, until a signal ends it.",
        discussion: """
            It reads and audits the whole log first, over a link of an identity that is thrown away, and goes on from what this home
            saw of it. The log has no handles, only their labels: the names that are known here stand beside them, those that are
            given, the own one and contacts'. Exit code 76 when the directory lied; --evidence keeps what proves it.

            Examples:
              p2pchat log monitor
              p2pchat log monitor --from 0 --json
              p2pchat log monitor alice bob --evidence lie.json
              p2pchat log monitor --directory 192.0.2.1:7600#p2p1...
            """)

    @OptionGroup var options: HomeOptions

    @Argument(help: ArgumentHelp("Print entries of these handles only.", valueName: "handle"))
    var handles: [String] = []

    @Option(help: "The position of the first entry to print, from 0 (default: what is new).")
    var from: UInt64?

    @Option(help: ArgumentHelp("How often to ask, in seconds.", valueName: "seconds"))
    var every: UInt32 = 30

    @Option(
        help: ArgumentHelp("Where to write what convicts the directory, should it lie.", valueName: "file"))
    var evidence: String?

    @Option(
        help: ArgumentHelp(
            "Another directory than that of the home; then no home is needed.",
            valueName: "host:port#fingerprint"))
    var directory: String?

    @Flag(help: "One JSON object a line: entries, and a checkpoint after those that came with it.")
    var json = false

    func validate() throws {
        if !(1...86_400).contains(every) {
            throw ValidationError("--every takes 1 to 86400 seconds.")
        }
    }

    func run() async throws {
        let (reference, memory, known) = try await start()
        let wanted = try handles.map { text in
            do { return try Handle(text) } catch { throw CommandError(.usage, "\(error)") }
        }
        let names = Dictionary((wanted + known).map { (Label($0), $0) }) { $1 }
        let keeper = MonitorKeeper(file: evidence.map(FolderCheck.absolute))
        let monitor = LogMonitor(
            reference: reference, log: LogBook(of: reference.identity, from: memory, keeper: keeper),
            pause: .seconds(Int64(every)), from: from
        ) { [json] news in
            try Self.print(news, names, only: wanted.isEmpty ? nil : Set(wanted.map(Label.init)), json)
        }
        let stopping = StopSignal()
        let service = OnlineService {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await monitor.run() }
                group.addTask { await stopping.wait() }
                defer { group.cancelAll() }
                try await group.next()
            }
        } stop: {
            stopping.raise()
        }
        do {
            try await service.runUntilSignal()
        } catch {
            if let kept = keeper.kept { Output.note("what convicts it: \(kept)") }
            throw error
        }
    }

    /// Which directory, what the home saw of its log, and the handles that it knows.
    private func start() async throws -> (DirectoryReference, LogMemory, [Handle]) {
        if let directory {
            do { return (try DirectoryReference(directory), LogMemory(), []) } catch {
                throw CommandError(.usage, "\(error)")
            }
        }
        // Beside a process that is online, too: this only reads.
        let store = try HomeStore(path: options.folder.databasePath, keys: options.unlock())
        let settings = try store.settings()
        guard let reference = settings.directory else {
            throw CommandError(
                .usage, "this home has no directory",
                hint: "name one: p2pchat log monitor --directory HOST:PORT#FINGERPRINT")
        }
        let contacts = try store.contacts().flatMap { contact in
            contact.handles.filter { $0.directory == reference.identity }.map(\.handle)
        }
        return (
            reference, try LogBook.kept(in: store, of: reference.identity).memory,
            contacts + (settings.handle.map { [$0] } ?? [])
        )
    }

    private static func print(
        _ news: LogMonitor.News, _ names: [Label: Handle], only labels: Set<Label>?, _ json: Bool
    ) throws {
        if news.isFirst, !json {
            Output.note("audited: \(news.checkpoint.size.entries); what comes is printed as it comes")
        }
        for (position, entry) in news.entries where labels?.contains(entry.label) ?? true {
            let line = MonitoredEntryJSON(entry, at: position, handle: names[entry.label])
            if json { try Output.json(line) } else { try Output.line(line.text) }
        }
        if json { try Output.json(MonitoredCheckpointJSON(news.checkpoint)) }
    }
}
