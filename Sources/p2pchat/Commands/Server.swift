import ArgumentParser
import DirectoryServer
import FoundationEssentials
import Glibc
import Identity
import Sodium

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
            """)

    @Option(help: ArgumentHelp("Where to listen.", valueName: "host:port"))
    var listen: String = "0.0.0.0:7600"

    @Option(
        help: ArgumentHelp(
            "The folder for the directory's key and handles (default: the XDG data folder).", valueName: "dir"
        ))
    var state: String?

    @Option(
        help: ArgumentHelp(
            "Admit only the fingerprints in this file, one a line; # begins a comment.", valueName: "file"))
    var allow: String?

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
        let folder = Home(stateOption: state)
        try folder.create()
        guard let lock = try HomeLock.take(folder) else {
            throw CommandError(
                .tryAgain, "another server uses the folder \(folder.path)",
                hint: "name another with --state DIR")
        }
        defer { withExtendedLifetime(lock) {} }
        var options = ServiceOptions()
        options.allowAnyAddress = allowAnyAddress
        let store = try SQLiteClaimStore(path: folder.path + "/directory.sqlite")
        let endpoint: Endpoint
        do { endpoint = try Endpoint(listen) } catch { throw CommandError(.usage, "\(error)") }
        let showAddresses = showAddresses
        let host = try await DirectoryHost.start(
            endpoint, keys: try Self.keys(in: folder), store: store, allow: try allow.map(Self.admitted),
            options: options
        ) { event in
            // A reader that went away ends the lines, not the directory.
            try? Output.line(ServerEventText.line(event, showAddresses: showAddresses))
        }
        try Output.line("directory \(try host.reference)")
        let stopping = StopSignal()
        let service = OnlineService {
            await withDiscardingTaskGroup { group in
                group.addTask { await host.run() }
                await stopping.wait()
                await host.close()
            }
        } stop: {
            stopping.raise()
        }
        try await service.runUntilSignal()
        try store.close()
    }

    /// The directory's identity, made at the first start. It has no passphrase: a server starts without a person.
    private static func keys(in folder: Home) throws -> IdentityKeys {
        HomeOptions.warnIfMemoryCannotBeLocked()
        if KeyFile.exists(directory: folder.path) {
            return try KeyFile.open(directory: folder.path, passphrase: nil)
        }
        let keys = try IdentityKeys.generate()
        let none = [UInt8](repeating: 0, count: RecoveryKey.hashByteCount)
        try KeyFile.write(keys, recoveryHash: none, passphrase: nil, directory: folder.path)
        return keys
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
