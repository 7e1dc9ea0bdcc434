import ArgumentParser

struct Outbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "See, change or take back what is not delivered yet.",
        discussion: """
            What waits goes by itself when this home is online (chat or listen) and the peer is there.

            Examples:
              p2pchat outbox
              p2pchat outbox list bob --json | jq -r .id
              p2pchat outbox edit bob 01890a5d-ac96-774b-bcce-b302099a8057 "at eight, not at seven"
              p2pchat outbox cancel bob 01890a5d-ac96-774b-bcce-b302099a8057
            """,
        subcommands: [List.self, Edit.self, Cancel.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what waits: its id, when it was written, for whom, its state and its text.",
            discussion: "Examples:\n  p2pchat outbox list\n  p2pchat outbox list bob --json")

        @OptionGroup var options: HomeOptions

        @Argument(help: "Only what waits for this peer.")
        var peer: String?

        @Flag(help: "One JSON object a line.")
        var json = false

        func run() async throws {
            let isEmpty = try await HomeAccess(options: options).session { [peer, json] session in
                let names = json ? nil : try await PeerNames.load(session)
                var above: Int64 = 0
                while true {
                    let page = try await session.call(
                        ControlMethods.outbox, OutboxParameters(peer: peer, above: above), { $0.outbox })
                    for message in page.messages {
                        if let names {
                            try Output.line("\(message.id)  \(MessageLine.waiting(message, names))")
                        } else {
                            try Output.json(message)
                        }
                    }
                    guard page.more, let last = page.messages.last else {
                        return above == 0 && page.messages.isEmpty
                    }
                    above = last.position
                }
            }
            if isEmpty { Output.note("nothing waits") }
        }
    }

    struct Edit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change the text of a message that was not sent yet; it keeps its time.",
            discussion: "Example:\n  p2pchat outbox edit bob 01890a5d-ac96-774b-bcce-b302099a8057 new text")

        @OptionGroup var options: HomeOptions

        @Argument(help: "For whom it waits.")
        var peer: String

        @Argument(help: "Its id, from p2pchat outbox.")
        var id: String

        @Argument(help: "The new text; several words are joined by spaces.")
        var text: [String]

        @Flag(help: "Print the result as JSON.")
        var json = false

        func run() async throws {
            let result = try await HomeAccess(options: options).call(
                ControlMethods.editMessage,
                MessageParameters(peer: peer, id: id, text: text.joined(separator: " ")), { $0.editMessage })
            if json { try Output.json(result) } else { try Output.line("changed: \(result.id)") }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a message back that is not delivered.",
            discussion: """
                With --json, "state" is how far it was: after "sent" it may have arrived all the same.

                Example:
                  p2pchat outbox cancel bob 01890a5d-ac96-774b-bcce-b302099a8057
                """)

        @OptionGroup var options: HomeOptions

        @Argument(help: "For whom it waits.")
        var peer: String

        @Argument(help: "Its id, from p2pchat outbox.")
        var id: String

        @Flag(help: "Print the result as JSON.")
        var json = false

        func run() async throws {
            let result = try await HomeAccess(options: options).call(
                ControlMethods.cancelMessage, MessageParameters(peer: peer, id: id, text: nil),
                { $0.cancelMessage })
            if json { return try Output.json(result) }
            let doubt = result.state == "queued" ? "" : "; it had left already, so it may have arrived"
            try Output.line("taken back: \(result.id)\(doubt)")
        }
    }
}
