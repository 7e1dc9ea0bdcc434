import ArgumentParser
import Identity
import Store

struct Contacts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Decide who may write to you, name people as you like, and see how trusted they are.",
        discussion: """
            Who writes to you for the first time asks for that: one message, and nothing goes back before you answer.

            Examples:
              p2pchat contacts                 who is known, and who asks
              p2pchat contacts accept bob      bob may write; also: bob honestly has a new key, and said so another way
              p2pchat contacts decline bob     what bob wrote is dropped; bob is told nothing
              p2pchat contacts block bob       not even a link is made any more
              p2pchat contacts mute bob        what bob writes is kept, and not shown by itself
              p2pchat contacts name bob bobby  your own name for bob; nobody else sees it
              p2pchat contacts forget bob      the next contact with bob pins anew
            """,
        subcommands: [
            List.self, Accept.self, Decline.self, Block.self, Unblock.self, Mute.self, Unmute.self,
            Name.self, Forget.self,
        ], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the contacts, and those who ask to become one.",
            discussion: "Example:\n  p2pchat contacts list --json")

        @OptionGroup var options: HomeOptions

        @Flag(help: "One JSON object a line.")
        var json = false

        func run() async throws {
            let result = try await HomeAccess(options: options).call(
                ControlMethods.contacts, NoParameters(), { $0.contacts })
            for contact in result.contacts {
                if json { try Output.json(contact) } else { try Output.line(try ContactLine.text(contact)) }
            }
            if result.contacts.isEmpty { Output.note("no contacts yet") }
            if !json, let asking = result.contacts.first(where: { $0.standing == "request" }) {
                Output.note(
                    "see what was asked with: p2pchat history \(asking.fingerprint); "
                        + "answer with: p2pchat contacts accept \(asking.fingerprint)")
            }
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take up a request to talk, or accept that a contact's handle went over to a new key.",
            discussion: """
                A new key starts unverified.

                Example:
                  p2pchat contacts accept bob
                """)

        @OptionGroup var options: HomeOptions

        @Argument(help: "Who asks, or the contact whose handle changed hands.")
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
                    "accepted: \(accepted.handle ?? peer) is now \(accepted.fingerprint), \(accepted.trust)")
            }
        }
    }

    struct Decline: AsyncParsableCommand, ContactChanging {
        static let configuration = CommandConfiguration(
            abstract: "Turn a request away without telling; what was written is dropped.",
            discussion: "Example:\n  p2pchat contacts decline bob")

        @OptionGroup var subject: ContactSubject
        func run() async throws { try await change("decline", "declined") }
    }

    struct Block: AsyncParsableCommand, ContactChanging {
        static let configuration = CommandConfiguration(
            abstract: "Refuse a peer's calls from now on, as those of somebody who is not who it says.",
            discussion: "Example:\n  p2pchat contacts block bob")

        @OptionGroup var subject: ContactSubject
        func run() async throws { try await change("block", "blocked") }
    }

    struct Unblock: AsyncParsableCommand, ContactChanging {
        static let configuration = CommandConfiguration(
            abstract: "Let a blocked peer call again.", discussion: "Example:\n  p2pchat contacts unblock bob"
        )

        @OptionGroup var subject: ContactSubject
        func run() async throws { try await change("unblock", "not blocked any more") }
    }

    struct Mute: AsyncParsableCommand, ContactChanging {
        static let configuration = CommandConfiguration(
            abstract: "Keep what a peer writes without showing it by itself.",
            discussion: "Example:\n  p2pchat contacts mute bob")

        @OptionGroup var subject: ContactSubject
        func run() async throws { try await change("mute", "muted") }
    }

    struct Unmute: AsyncParsableCommand, ContactChanging {
        static let configuration = CommandConfiguration(
            abstract: "Show what a peer writes again.", discussion: "Example:\n  p2pchat contacts unmute bob")

        @OptionGroup var subject: ContactSubject
        func run() async throws { try await change("unmute", "not muted any more") }
    }

    struct Name: AsyncParsableCommand, ContactChanging {
        static let configuration = CommandConfiguration(
            abstract: "Give a peer a name of your own, which nobody else sees; without one, take it away.",
            discussion: "Examples:\n  p2pchat contacts name bob bobby\n  p2pchat contacts name bobby")

        @OptionGroup var subject: ContactSubject

        @Argument(help: "1 to 32 characters without spaces.")
        var nickname: String?

        func run() async throws {
            try await change("name", nickname == nil ? "no name of your own" : "named", nickname)
        }
    }

    struct Forget: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget a contact's pin; the next contact pins anew. What was said stays.",
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

/// Whom a change is about.
struct ContactSubject: ParsableArguments {
    @OptionGroup var options: HomeOptions

    @Argument(help: "Fingerprint, handle, nickname, or the beginning of a contact's fingerprint.")
    var peer: String

    @Flag(help: "Print the result as JSON.")
    var json = false
}

protocol ContactChanging {
    var subject: ContactSubject { get }
}

extension ContactChanging {
    func change(_ action: String, _ outcome: String, _ name: String? = nil) async throws {
        let changed = try await HomeAccess(options: subject.options).call(
            ControlMethods.changeContact, ContactChange(peer: subject.peer, action: action, name: name),
            { $0.changeContact })
        if subject.json {
            try Output.json(changed)
        } else {
            try Output.line("\(outcome): \(changed.name)")
        }
    }
}

/// A contact as a line for people.
enum ContactLine {
    static func text(_ contact: ContactJSON) throws -> String {
        let handle = contact.handles.last?.handle
        var name = contact.nickname ?? handle ?? "-"
        if contact.nickname != nil, let handle { name += " (\(handle))" }
        let padding = String(repeating: " ", count: max(1, nameWidth - name.count))
        let short = try PublicIdentity(fingerprint: contact.fingerprint).shortFingerprint
        var marks = [contact.trust]
        if !contact.former.isEmpty, contact.trust == Trust.unverified.rawValue { marks.append("new key") }
        switch contact.standing {
        case "accepted": break
        case "request": marks.append("asks to talk")
        default: marks.append(contact.standing)
        }
        if contact.muted { marks.append("muted") }
        return "\(name)\(padding) \(short)  \(marks.joined(separator: ", "))"
    }

    private static let nameWidth = 16
}
