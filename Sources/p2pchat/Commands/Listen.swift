import ArgumentParser

struct Listen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Go online and print what arrives, until a signal ends it.",
        discussion: """
            First comes what arrived before and was not shown yet, then what arrives. What was printed counts as shown.
            With --json, one object a line, each with "v":1; docs/scripting.md has the table of events. No peer is told
            then that its message was read, unless the program says so over the control socket.
            While it runs, the other commands of the same home (send, history, contacts …) work through it.

            Examples:
              p2pchat listen
              p2pchat listen --accept-files ~/Downloads
              p2pchat listen --json | jq -a 'select(.event=="message") | .text'
              p2pchat listen --json --since 01890a5d-ac96-774b-bcce-b302099a8057
              p2pchat listen --json --no-history --accept-requests
            """)

    @OptionGroup var options: HomeOptions

    @Flag(help: "One JSON object a line.")
    var json = false

    @Option(help: ArgumentHelp("Begin with what arrived after this message.", valueName: "id"))
    var since: String?

    @Flag(help: "Only what arrives from now on.")
    var noHistory = false

    @Flag(help: "Accept strangers who ask to talk by themselves, for programs that serve everybody.")
    var acceptRequests = false

    @Option(
        help: ArgumentHelp(
            "Take every file that a contact offers, without a question, into this folder.", valueName: "dir"))
    var acceptFiles: String?

    func validate() throws {
        guard since == nil || !noHistory else {
            throw ValidationError("--since and --no-history exclude each other.")
        }
    }

    func run() async throws {
        // It reads them for what it tells peers.
        let settings = options.folder.settingsFile
        for line in SettingText.complaints(of: settings.read(), settings) { Output.note("note: " + line) }
        let folder = try acceptFiles.map(FolderCheck.writable)
        try await Online(options: options, takesFilesInto: folder, tellsShown: !json).run { node in
            let before: Arrived =
                if let since {
                    .since(try await Operations(node: node).position(ofArrived: since))
                } else { noHistory ? .nothing : .unshown }
            try await Printer(node: node, json: json, acceptsRequests: acceptRequests).run(before)
        }
    }
}
