import ArgumentParser
import Glibc

struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read and search what was said, delete it, or say how long it is kept.",
        discussion: """
            Examples:
              p2pchat history                            everything
              p2pchat history bob --limit 20             the last 20
              p2pchat history bob --since 7d
              p2pchat history --search "green build"     messages with both words, and what stands around them
              p2pchat history bob --json | jq -a .text
              p2pchat history delete bob                 asks, then leaves nothing of it here
              p2pchat history keep bob 30d
            """,
        subcommands: [Show.self, Delete.self, Keep.self], defaultSubcommand: Show.self)

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print what was said, the oldest first.",
            discussion: """
                Own messages bear their state: queued, sent, delivered or read. A search takes all words, in any case, with or
                without accents, also in names of files. A TIME is a day (2026-01-31), an ISO 8601 time, or how long ago
                (90m, 12h, 7d).

                Examples:
                  p2pchat history show bob --limit 20
                  p2pchat history show --search "green build" --context 3
                """)

        @OptionGroup var options: HomeOptions

        @Argument(help: "With whom; everybody where it is left out.")
        var peer: String?

        @Option(help: ArgumentHelp("Only messages with all these words.", valueName: "words"))
        var search: String?

        @Option(help: ArgumentHelp("Only what was stored here since then.", valueName: "time"))
        var since: String?

        @Option(help: ArgumentHelp("Only what was stored here after that message.", valueName: "id"))
        var after: String?

        @Option(help: "The last so many; with --since or --after and no --search the first so many.")
        var limit: Int?

        @Option(
            help:
                "So many messages before and after each found one (default: 1, with --json 0, where they bear \"context\":true)."
        )
        var context: Int?

        @Flag(help: "One JSON object a line.")
        var json = false

        func validate() throws {
            guard limit ?? 1 > 0 else { throw ValidationError("--limit takes a number above 0.") }
            guard (0...Operations.mostContext).contains(context ?? 0) else {
                throw ValidationError("--context takes a number from 0 to \(Operations.mostContext).")
            }
            guard context == nil || search != nil else {
                throw ValidationError("--context belongs to --search.")
            }
        }

        func run() async throws {
            let query = HistoryParameters(peer: peer, search: search, after: after, since: since)
            try await HomeAccess(options: options).session { [limit, context, json] session in
                let reader = HistoryReader(session: session, query: query, limit: limit)
                let printer = HistoryPrinter(
                    names: json ? nil : try await PeerNames.load(session), isAmongOthers: query.peer == nil)
                if query.search == nil {
                    let count = try await reader.each { try printer.show($0) }
                    if count == 0 { Output.note("nothing was said yet") }
                } else {
                    let count = try await reader.eachFound(context: context ?? (json ? 0 : 1)) {
                        try printer.show($0, $1)
                    }
                    if count == 0 { Output.note("nothing found") }
                }
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete everything said with a peer, what waits for it included; only here.",
            discussion: """
                Nothing of it is left in the database. The contact stays. At a terminal it asks first; elsewhere it needs --yes.

                Examples:
                  p2pchat history delete bob
                  p2pchat history delete --all --yes
                """)

        @OptionGroup var options: HomeOptions

        @Argument(help: "With whom.")
        var peer: String?

        @Flag(help: "Everything said with everybody.")
        var all = false

        @Flag(help: "Do not ask.")
        var yes = false

        func validate() throws {
            guard (peer == nil) == all else { throw ValidationError("Give either a PEER or --all.") }
        }

        func run() async throws {
            let what = peer.map { "Everything said with \($0)" } ?? "Everything said with everybody"
            if !yes {
                guard isatty(STDIN_FILENO) == 1 else {
                    throw CommandError(
                        .refused, "there is no terminal to ask whether to delete", hint: "to do it: --yes")
                }
                guard try Question.yesOrNo("\(what) will be gone here. Delete it?", default: false) else {
                    throw CommandError(.refused, "nothing was deleted")
                }
            }
            _ = try await HomeAccess(options: options).call(
                ControlMethods.deleteHistory, DeletionParameters(peer: peer, all: all), { $0.deleteHistory })
            Output.note("deleted")
        }
    }

    struct Keep: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say how long messages of a conversation are kept; without a time, what holds.",
            discussion: """
                What is older is deleted, now and from then on, while a process is online or a command runs. What is not
                delivered yet stays.

                Examples:
                  p2pchat history keep bob 30d
                  p2pchat history keep bob forever
                  p2pchat history keep bob
                """)

        @OptionGroup var options: HomeOptions

        @Argument(help: "With whom.")
        var peer: String

        @Argument(help: ArgumentHelp("90m, 12h, 30d or forever.", valueName: "duration"))
        var duration: String?

        @Flag(help: "Print the result as JSON.")
        var json = false

        func run() async throws {
            let result = try await HomeAccess(options: options).call(
                ControlMethods.keepHistory, RetentionParameters(peer: peer, keep: duration),
                { $0.keepHistory })
            if json { return try Output.json(result) }
            let kept = result.seconds.map { "kept for \(TimeText.span($0))" } ?? "kept forever"
            try Output.line("messages with \(result.peer.name) are \(kept)")
        }
    }
}
