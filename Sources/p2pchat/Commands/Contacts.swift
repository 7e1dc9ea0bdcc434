import ArgumentParser
import Identity

struct Contacts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "See who is pinned and how trusted, and find the way back after a peer honestly lost a key.",
        discussion: """
            Examples:
              p2pchat contacts
              p2pchat contacts list --json
              p2pchat contacts accept bob      bob's handle leads to a new key, and bob said so another way
              p2pchat contacts forget bob      the next contact with bob pins anew
            """,
        subcommands: [List.self, Accept.self, Forget.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the contacts.", discussion: "Example:\n  p2pchat contacts list --json")

        @OptionGroup var options: HomeOptions

        @Flag(help: "One JSON object a line.")
        var json = false

        func run() async throws {
            let result = try await HomeAccess(options: options).call(
                ControlMethods.contacts, NoParameters(), { $0.contacts })
            for contact in result.contacts {
                if json {
                    try Output.json(contact)
                } else {
                    let name = contact.handles.last?.handle ?? "-"
                    let padding = String(repeating: " ", count: max(1, 16 - name.count))
                    let short = try PublicIdentity(fingerprint: contact.fingerprint).shortFingerprint
                    try Output.line("\(name)\(padding) \(short)  \(contact.trust)")
                }
            }
            if result.contacts.isEmpty { Output.note("no contacts yet") }
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Accept that a contact's handle went over to a new key; it starts unverified.",
            discussion: "Example:\n  p2pchat contacts accept bob")

        @OptionGroup var options: HomeOptions

        @Argument(help: "The contact whose handle changed hands.")
        var peer: String

        @Flag(help: "Print the result as JSON.")
        var json = false

        func run() async throws {
            let accepted = try await HomeAccess(options: options).call(
                ControlMethods.acceptContact, PeerParameters(peer: peer), { $0.acceptContact })
            if json {
                try Output.json(accepted)
            } else {
                try Output.line(
                    "accepted: \(accepted.handle ?? peer) is now \(accepted.fingerprint), unverified")
            }
        }
    }

    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget a contact's pin; the next contact pins anew.",
            discussion: "Example:\n  p2pchat contacts forget bob")

        @OptionGroup var options: HomeOptions

        @Argument(help: "The contact to forget.")
        var peer: String

        @Flag(help: "Print the result as JSON.")
        var json = false

        func run() async throws {
            let forgotten = try await HomeAccess(options: options).call(
                ControlMethods.forgetContact, PeerParameters(peer: peer), { $0.forgetContact })
            if json {
                try Output.json(forgotten)
            } else {
                try Output.line("forgotten: \(forgotten.handle ?? forgotten.fingerprint)")
            }
        }
    }
}
