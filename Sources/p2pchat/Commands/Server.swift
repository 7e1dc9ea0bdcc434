import ArgumentParser
import DirectoryServer
import FoundationEssentials
import Identity
import Terminal
import Transparency

struct Server: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a directory, until a signal ends it.",
        discussion: """
            The first line on standard output is the reference to hand out: directory HOST:PORT#FINGERPRINT. Then one line as
            somebody registers or leaves. Who is online is held in memory only; claimed handles are kept in the state folder.

            Examples:
              p2pchat server
              p2pchat server --listen 192.0.2.1:7600 --state /var/lib/p2pchat
              p2pchat server --allow team.txt
              p2pchat server --witness-policy witnesses.txt
              p2pchat server --publish /srv/p2pchat-log
              p2pchat server key
            """,
        subcommands: [ServerKey.self])

    @Option(help: ArgumentHelp("Where to listen.", valueName: "host:port"))
    var listen: String = "0.0.0.0:7600"

    @OptionGroup var stateOptions: StateOptions

    @Option(
        help: ArgumentHelp(
            "Admit only the fingerprints in this file, one a line; # begins a comment.", valueName: "file"))
    var allow: String?

    @Option(
        help: ArgumentHelp(
            "Hand cosignatures of this policy's witnesses on (C2SP tlog-policy), and wait for its quorum before each change is shown.",
            valueName: "file"))
    var witnessPolicy: String?

    @Option(
        help: ArgumentHelp(
            "Write the log into this folder, as files for any web server (C2SP tlog-tiles).",
            valueName: "dir"))
    var publish: String?

    @Flag(help: "Publish addresses on another ip than the one a client comes from.")
    var allowAnyAddress = false

    @Flag(help: "Show addresses too; on a terminal only, so that they never get into a log.")
    var showAddresses = false

    func validate() throws {
        if showAddresses, !Output.isTerminal {
            throw ValidationError("--show-addresses works on a terminal only.")
        }
    }

    func run() async throws {
        Process.raiseFileLimit()
        let folder = stateOptions.folder
        try folder.home.create()
        let lock = try folder.lock()
        defer { withExtendedLifetime(lock) {} }
        var options = ServiceOptions()
        options.allowAnyAddress = allowAnyAddress
        let endpoint: Endpoint
        do { endpoint = try Endpoint(listen) } catch { throw CommandError(.usage, "\(error)") }
        HomeOptions.warnIfMemoryCannotBeLocked()
        let keys = try folder.makeKeys()
        let published = try publish.map(folder.publishedFolder)
        let (store, log) = try await folder.open(
            keys, options: options, published: published, witnessing: witnessPolicy.map(Self.witnessing))
        let showAddresses = showAddresses
        let events: @Sendable (ServerEvent) -> Void = { event in
            // A reader that went away ends the lines, not the directory.
            try? Output.line(ServerEventText.line(event, showAddresses: showAddresses))
        }
        let host = try await DirectoryHost.start(
            endpoint, keys: keys, log: log, allow: try allow.map(Self.admitted),
            options: options, events: events)
        let publisher = published.map { LogPublisher(log: log, folder: $0, events: events) }
        let reference = try host.reference
        let stopping = StopSignal()
        let service = OnlineService {
            // Whoever reads this may end the server from then on, which is heard now.
            try Output.line("directory \(reference)")
            let publishing = Task { await publisher?.run() }
            await withDiscardingTaskGroup { group in
                group.addTask { await host.run() }
                await stopping.wait()
                await host.close()
            }
            publishing.cancel()
            await publishing.value
        } stop: {
            stopping.raise()
        }
        try await service.runUntilSignal()
        try store.close()
    }

    private static func witnessing(_ file: String) throws -> DirectoryLog.Witnessing {
        let text = try LogPolicyCommand.read(file)
        do {
            return DirectoryLog.Witnessing(policy: try WitnessPolicy(text: text))
        } catch {
            throw CommandError(.badData, "\(file): \(VisibleText("\(error)"))")
        }
    }

    private static func admitted(_ file: String) throws -> Set<PublicIdentity> {
        guard let data = FileManager.default.contents(atPath: file),
            let text = String(data: data, encoding: .utf8)
        else {
            throw CommandError(.inputOutput, "cannot read the list of admitted fingerprints, \(file)")
        }
        var admitted: Set<PublicIdentity> = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let word = String(line.prefix { $0 != "#" }).trimmed
            if word.isEmpty { continue }
            do {
                admitted.insert(try PublicIdentity(fingerprint: word))
            } catch {
                throw CommandError(.badData, "\(file), line \(number + 1): \(error)")
            }
        }
        return admitted
    }
}
