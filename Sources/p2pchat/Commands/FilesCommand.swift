import ArgumentParser
import Chat
import Files
import Terminal
import Wire

struct FilesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "files",
        abstract: "See which files are offered, on their way or done, and decide about them.",
        discussion: """
            Files of contacts only are offered. What was accepted comes while this home is online (chat or listen).

            Examples:
              p2pchat files
              p2pchat files accept bob --to ~/Downloads
              p2pchat files decline 019aabcd-1111-7222-8333-444455556666
            """,
        subcommands: [List.self, Accept.self, Decline.self, Cancel.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the files, the newest last.", discussion: "Example:\n  p2pchat files list --json")

        @OptionGroup var options: HomeOptions

        @Flag(help: "One JSON object a line.")
        var json = false

        func run() async throws {
            let result = try await HomeAccess(options: options).call(
                ControlMethods.files, FilesParameters(ids: nil), { $0.files })
            try Self.show(result, json)
            if result.more { Output.note("and older ones") }
            if result.files.isEmpty { Output.note("no files") }
        }

        static func show(_ result: FilesResult, _ json: Bool) throws {
            for file in result.files {
                if json {
                    try Output.json(file)
                } else {
                    try Output.line("\(file.id)  \(FileText.line(file))")
                }
            }
        }
    }

    /// Which files: a peer's, one by its id, or both where an id fits files of two peers.
    struct Which: ParsableArguments {
        @Argument(help: "The peer whose offers, or the id of one; or both.")
        var which: [String]

        func validate() throws {
            guard (1...2).contains(which.count) else {
                throw ValidationError("Name a peer, an id, or a peer and an id.")
            }
        }

        func parameters(folder: String? = nil) -> TransferParameters {
            if which.count == 2 { return TransferParameters(id: which[1], peer: which[0], folder: folder) }
            let isID = MessageID(which[0]) != nil
            return TransferParameters(
                id: isID ? which[0] : nil, peer: isID ? nil : which[0], folder: folder)
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take files, also those that failed before; the folder for downloads is the default.",
            discussion: "Examples:\n  p2pchat files accept bob\n  p2pchat files accept bob --to .")

        @OptionGroup var options: HomeOptions

        @OptionGroup var which: Which

        @Option(help: ArgumentHelp("The folder; names that are taken there stay.", valueName: "dir"))
        var to: String?

        @Flag(help: "One JSON object a line.")
        var json = false

        func run() async throws {
            let folder = try to.map(FolderCheck.writable) ?? DownloadFolder.make(for: options.folder)
            let result = try await HomeAccess(options: options).call(
                ControlMethods.acceptFile, which.parameters(folder: folder), { $0.acceptFile })
            try List.show(result, json)
            if result.files.contains(where: { $0.wait == "link" }) {
                Output.note(
                    "it comes while this home is online (p2pchat chat or listen) and the sender is there")
            }
        }
    }

    struct Decline: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Refuse files; the sender is told.", discussion: "Example:\n  p2pchat files decline bob"
        )

        @OptionGroup var options: HomeOptions

        @OptionGroup var which: Which

        @Flag(help: "One JSON object a line.")
        var json = false

        func run() async throws {
            let result = try await HomeAccess(options: options).call(
                ControlMethods.declineFile, which.parameters(), { $0.declineFile })
            try List.show(result, json)
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop a file for good, in either direction; what came of it is removed.",
            discussion: "Example:\n  p2pchat files cancel 019aabcd-1111-7222-8333-444455556666")

        @OptionGroup var options: HomeOptions

        @OptionGroup var which: Which

        @Flag(help: "One JSON object a line.")
        var json = false

        func run() async throws {
            let result = try await HomeAccess(options: options).call(
                ControlMethods.cancelFile, which.parameters(), { $0.cancelFile })
            try List.show(result, json)
        }
    }
}
