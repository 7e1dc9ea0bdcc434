import ArgumentParser
import Directory
import Glibc
import Identity
import Store

struct Register: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Register with a directory: handle, public key, address, and whether strangers may find you.",
        discussion: """
            The settings are kept in the home, so that chat and listen need no flags. Your presence lasts as long as something
            listens: chat, listen, or this command with --stay, which prints what arrives as listen does.

            Examples:
              p2pchat register --directory 192.0.2.1:7600#p2p1... --handle alice --discoverable
              p2pchat register --no-discoverable
              p2pchat register --listen 0.0.0.0:4000 --advertise 198.51.100.7:4000
            """)

    @OptionGroup var options: HomeOptions

    @Option(
        help: ArgumentHelp("The directory, as its operator hands it out.", valueName: "host:port#fingerprint")
    )
    var directory: String?

    @Option(
        help: ArgumentHelp(
            "The handle to claim: 3 to 32 of a-z, 0-9, _ and -, beginning with a letter.", valueName: "handle"
        ))
    var handle: String?

    @Option(
        help: ArgumentHelp(
            "Where to listen; port 0 takes a free one each time (default: 0.0.0.0:0).", valueName: "host:port"
        ))
    var listen: String?

    @Option(
        help: ArgumentHelp(
            "The address to hand out instead of the one the directory sees.", valueName: "host:port"))
    var advertise: String?

    @Flag(inversion: .prefixedNo, help: "Whether strangers may find you (default: no).")
    var discoverable: Bool?

    @Flag(help: "Stay online, and print what arrives.")
    var stay = false

    func run() async throws {
        let open = try await options.open()
        defer { withExtendedLifetime(open) {} }
        guard try KeyFile.nextIdentity(directory: open.home.path) == nil else {
            throw CommandError(
                .tryAgain, "a change of the key is under way, by the handle and directory that this home has",
                hint: "end it with: p2pchat key rotate")
        }
        let store = try HomeStore(path: open.home.databasePath, keys: open.keys)
        let settings = try chosen(over: store.settings())
        guard let directory = settings.directory else {
            try store.save(settings)
            return Output.note("kept; there is no directory to register with")
        }
        try await claim(settings, directory, open, store)
        let node = try await Node.online(home: open.home, keys: open.keys, settings: settings)
        try await Online(options: options).run(node) { node in
            let presence = try await node.firstPresence()
            try store.save(settings)
            report(presence)
            if !stay { for line in (node.log?.told ?? []).flatMap(LogText.lines) { Output.note(line) } }
            if stay { try await Printer(node: node, json: false).run(.unshown) }
        }
    }

    /// Makes sure that the directory is who it should be, and claims the handle unless it is this identity's already.
    private func claim(
        _ settings: HomeSettings, _ reference: DirectoryReference, _ open: OpenHome, _ store: HomeStore
    ) async throws {
        let directory = try DirectoryVisit(reference: reference, keys: open.keys, store: store)
        guard let handle = settings.handle else { return try await directory.with { _ in } }
        guard try await !directory.isOwn(handle) else { return }
        try warnAboutClaim(handle)
        try await directory.claim(handle, recoveryHash: open.home.publicIdentity().recoveryHash)
    }

    private func chosen(over old: HomeSettings) throws -> HomeSettings {
        var settings = old
        do throws(IdentityError) {
            if let directory {
                let reference = try DirectoryReference(directory)
                // A handle belongs to the directory where it was claimed.
                if reference.identity != settings.directory?.identity { settings.handle = nil }
                settings.directory = reference
            }
            if let handle { settings.handle = try Handle(handle) }
            if let listen { settings.listen = try Endpoint(listen) }
            if let advertise { settings.advertise = try Endpoint(advertise) }
        } catch {
            throw CommandError(.usage, "\(error)")
        }
        if let discoverable { settings.isDiscoverable = discoverable }
        // Where one listens is of use without a directory, too.
        let isAlone = settings.goesWithoutDirectory && handle == nil && discoverable == nil
        guard settings.directory != nil || isAlone else {
            throw CommandError(
                .usage, "no directory is named",
                hint: "p2pchat register --directory HOST:PORT#FINGERPRINT (the operator's server prints it)")
        }
        return settings
    }

    /// Before a claim: what cannot be taken back.
    private func warnAboutClaim(_ handle: Handle) throws {
        for line in DirectoryVisit.meaningOfClaim { Output.note(line) }
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return }
        guard try Question.yesOrNo("Claim \(handle) at this directory?", default: true) else {
            throw CommandError(.refused, "nothing was claimed")
        }
    }

    private func report(_ presence: PublishResult) {
        Output.note(
            """
            registered: \(presence.handle?.text ?? "no handle"), \
            \(presence.discoverable ? "discoverable" : "not discoverable")
            """)
        if let problem = DirectoryStateText.problem(presence) {
            Output.note("you can call others, and cannot be called: \(problem)")
        } else {
            Output.note("you can be called at \(DirectoryStateText.reached(presence).joined(separator: " "))")
        }
        if !stay { Output.note("Next: p2pchat chat") }
    }
}
