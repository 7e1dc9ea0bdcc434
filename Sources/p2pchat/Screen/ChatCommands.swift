/// What can be typed behind a slash while chatting.
enum ChatAction: Equatable {
    case to(String?)
    case unread
    case who
    case verify(String?)
    case fingerprint
    case invite
    case discoverable(Bool)
    case set(String?, String?)
    case status
    case requests
    case contact(ContactAction, String?)
    case name(String?)
    case queue
    case edit(Int, String)
    case cancel(Int)
    case history(Int)
    case search(String)
    case copy(String?)
    case delete(isSure: Bool)
    case sendFile(String)
    case files
    case get(Int?, String?)
    case refuse(Int?)
    case stop(Int)
    case help(String?)
    case quit
}

/// What one can decide about a peer.
enum ContactAction: String, Equatable {
    case accept, decline, block, unblock, mute, unmute
}

/// One command of the chat. Parsing, usage, help, completion and the manual come from it.
struct ChatCommandEntry: Sendable {
    let name: String
    let parameters: [ChatParameter]
    /// One line, without a full stop.
    let help: String
    let need: ChatNeed
    /// What one must know beyond the help; nil where that is all.
    let details: String?
    /// What may be typed behind the name.
    let example: String?
    /// Of what was typed, after its form was checked.
    let action: @Sendable (ChatArguments) -> ChatAction?

    init(
        _ name: String, _ parameters: [ChatParameter], _ help: String, needs need: ChatNeed = .nothing,
        details: String? = nil, example: String? = nil,
        action: @escaping @Sendable (ChatArguments) -> ChatAction?
    ) {
        self.name = name
        self.parameters = parameters
        self.help = help
        self.need = need
        self.details = details
        self.example = example
        self.action = action
    }

    var usage: String { (["/" + name] + parameters.map(\.usage)).joined(separator: " ") }
}

/// The one table of chat commands.
enum ChatCommandTable {
    static let entries: [ChatCommandEntry] = talking + people + messages + files + program

    static func entry(_ name: String) -> ChatCommandEntry? { entries.first { $0.name == name } }

    private static let talking = [
        ChatCommandEntry(
            "to", [.peer], "talk with another peer; alone: choose from a list",
            details: "Somebody known who is not there can be written to all the same: it waits.",
            example: "bob"
        ) { .to($0.text(0)) },
        ChatCommandEntry("unread", [], "the next conversation with something new", needs: .unread) { _ in
            .unread
        },
        ChatCommandEntry("who", [], "who is online and discoverable") { _ in .who },
        ChatCommandEntry(
            "verify",
            [ChatParameter("NUMBER", .text, optional: true, "the sixty digits, with or without spaces")],
            "show the safety number, or compare the one that the peer reads out", needs: .peer,
            details: """
                Compare it over another way: a phone, a table. Equal numbers mean that nobody is between you; the peer is \
                verified from then on.
                """,
            example: "05842 31077 19864 60521 88130 47715 92048 36690 15437 70926 28451 63309"
        ) { .verify($0.text(0)) },
        ChatCommandEntry("fingerprint", [], "your own fingerprint and the peer's") { _ in .fingerprint },
        ChatCommandEntry("invite", [], "what to hand to somebody who is to reach you") { _ in .invite },
    ]

    private static let people = [
        ChatCommandEntry("requests", [], "the strangers who ask to talk", needs: .request) { _ in .requests },
        contact(
            .accept, "take up a stranger's request; alone: the one that waits", needs: .request,
            details:
                "With the name of somebody whose key changed: go on with the new key, after you have asked the person."
        ),
        contact(.decline, "drop a stranger's request; nothing is said to it", needs: .request),
        contact(.block, "end it, and let the peer's calls fail from now on"),
        contact(.unblock, "let a blocked peer call again"),
        contact(.mute, "keep what the peer writes without showing it"),
        contact(.unmute, "show what the peer writes again"),
        ChatCommandEntry(
            "name", [ChatParameter("NICKNAME", .text, optional: true, "a word, known only here")],
            "your own name for the peer; alone: none any more", needs: .peer, example: "annie"
        ) { .name($0.text(0)) },
    ]

    private static let messages = [
        ChatCommandEntry("queue", [], "what waits to be delivered to the peer", needs: .waiting) { _ in .queue
        },
        ChatCommandEntry(
            "edit", [number("a number of /queue"), ChatParameter("TEXT", .text, "what it says from now on")],
            "change number N of /queue before it is sent", needs: .waiting, example: "2 at nine, not at ten"
        ) { arguments in
            arguments.number(0).flatMap { number in arguments.text(1).map { .edit(number, $0) } }
        },
        ChatCommandEntry(
            "cancel", [number("a number of /queue")], "take number N of /queue back", needs: .waiting,
            example: "1"
        ) { $0.number(0).map { .cancel($0) } },
        ChatCommandEntry(
            "history",
            [
                ChatParameter(
                    "COUNT", .number(1...500), optional: true, "how many, 20 without it; at most 500")
            ],
            "the last messages with the peer", needs: .peer, example: "100"
        ) { .history($0.number(0) ?? 20) },
        ChatCommandEntry(
            "search",
            [ChatParameter("WORDS", .text, "all of which a message must hold, in any order")],
            "find messages, in all conversations", example: "meeting tuesday"
        ) { $0.text(0).map { .search($0) } },
        ChatCommandEntry(
            "copy",
            [
                ChatParameter(
                    "message|fingerprint|invite", .words(["message", "fingerprint", "invite"]), optional: true
                )
            ],
            "put a message, a fingerprint or your invite onto the terminal's clipboard",
            details: """
                Alone it is the message that a search has led to, else the last one in sight. Only on the full screen, where \
                /set clipboard allows it, and where the terminal takes it (OSC 52; in tmux: set-clipboard on).
                """,
            example: "fingerprint"
        ) { .copy($0.text(0)) },
        ChatCommandEntry(
            "delete", [ChatParameter("yes", .words(["yes"]), optional: true)],
            "delete everything said with the peer, here", needs: .peer,
            details: "Alone it says what would be gone. The peer keeps what it has.", example: "yes"
        ) { .delete(isSure: $0.text(0) != nil) },
    ]

    private static let files = [
        ChatCommandEntry(
            "send", [ChatParameter("FILE", .file, "a path; ~/ is your home")], "offer a file to the peer",
            needs: .peer, details: "It is sent when the peer takes it, and goes on after an interruption.",
            example: "~/holiday.tar"
        ) { $0.text(0).map { .sendFile($0) } },
        ChatCommandEntry("files", [], "which files are offered, on their way, or done", needs: .files) { _ in
            .files
        },
        ChatCommandEntry(
            "get",
            [
                number("a number of /files", optional: true),
                ChatParameter("DIR", .folder, optional: true, "the folder it goes to"),
            ],
            "take number N of /files; alone: the one that is offered", needs: .offer,
            details: "Nothing that is in the folder is overwritten.", example: "1 ~/Downloads"
        ) { .get($0.number(0), $0.text(1)) },
        ChatCommandEntry(
            "refuse", [number("a number of /files", optional: true)], "do not take number N of /files",
            needs: .offer, example: "1"
        ) { .refuse($0.number(0)) },
        ChatCommandEntry(
            "stop", [number("a number of /files")], "stop number N of /files, in either direction",
            needs: .files, example: "1"
        ) { $0.number(0).map { .stop($0) } },
    ]

    private static let program = [
        ChatCommandEntry(
            "discoverable", [yesOrNo], "whether strangers can find you",
            details:
                "Discoverable, you are on everybody's list at the directory, with handle and address. Also kept for the next time.",
            example: "no"
        ) { .discoverable($0.text(0) == "yes") },
        ChatCommandEntry(
            "receipts", [yesOrNo], "whether peers are told what you have read",
            details: "Short for /set read-receipts.", example: "no"
        ) { .set("read-receipts", $0.text(0)) },
        ChatCommandEntry(
            "set",
            [
                ChatParameter("NAME", .setting, optional: true, "a setting; without it, all are listed"),
                ChatParameter("VALUE", .settingValue, optional: true, "without it, the setting is explained"),
            ],
            "your settings; with a name: what it is for; with a value: change it",
            details: "They are in a file, which may be edited as well; it is read again when it changes.",
            example: "time-format 12h"
        ) { .set($0.text(0), $0.text(1)) },
        ChatCommandEntry("status", [], "the directory, and whether you can be called") { _ in .status },
        ChatCommandEntry(
            "help", [ChatParameter("COMMAND", .command, optional: true, "with or without its slash")],
            "what can be done here and now; with a command: what it does", example: "get"
        ) { .help($0.text(0)) },
        ChatCommandEntry("quit", [], "say goodbye and leave (also Ctrl-D)") { _ in .quit },
    ]

    private static let yesOrNo = ChatParameter("yes|no", .words(["yes", "no"]))

    private static func number(_ meaning: String, optional: Bool = false) -> ChatParameter {
        ChatParameter("N", .number(1...Int.max), optional: optional, meaning)
    }

    private static func contact(
        _ action: ContactAction, _ help: String, needs need: ChatNeed = .nothing, details: String? = nil
    ) -> ChatCommandEntry {
        ChatCommandEntry(action.rawValue, [.peer], help, needs: need, details: details, example: "bob") {
            .contact(action, $0.text(0))
        }
    }
}
