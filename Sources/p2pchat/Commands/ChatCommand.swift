import ArgumentParser
import Glibc
import Identity
import Terminal

struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Go online, choose a peer, and talk.",
        discussion: """
            A full screen: conversations at the side, messages in the middle, the line that you type below. /help lists the
            commands and keys, /quit or Ctrl-D says goodbye and leaves. With --line-mode, messages appear above the line that
            you type and scroll away; --plain does without line editing too. In a pipe, each line of standard input is a message;
            it ends with exit code 69 when the peer is not reached or does not acknowledge one.

            At a terminal it asks for what is missing: an identity (a new one or a backup's), a directory, a handle, who may find
            you, and where you listen.

            Examples:
              p2pchat chat
              p2pchat chat bob
            """)

    @OptionGroup var options: HomeOptions

    @Argument(help: "Whom to talk with at once; without it, choose from a list.")
    var peer: String?

    @Flag(help: "No line editing and no colour: for dumb terminals and screen readers.")
    var plain = false

    @Flag(help: "Lines that scroll away above the one that you type, and no full screen.")
    var lineMode = false

    func run() async throws {
        let isPlain = plain || isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0 || Self.isDumb
        if let peer, Invite.isMeant(by: peer) { _ = try Invite(peer) }
        guard let opened = try await open(isScreen: !isPlain && !lineMode) else { return }
        try await Online(options: options).run(opened.home) { [peer = opened.peer, lineMode] node in
            let names = KnownNames()
            if !isPlain, !lineMode, let screen = try Self.screen(node, names) {
                return try await Self.run(screen, node, names, first: peer)
            }
            let interface: any ChatInterface =
                isPlain ? PlainInterface() : try TerminalInterface(completions: names.completions)
            // A signal ends the node; the lines end with it.
            node.onStop { interface.stop() }
            defer { interface.stop() }
            try await LineChat(
                node: node, interface: interface, names: names, isScripted: isatty(STDIN_FILENO) == 0
            ).run(first: peer)
        }
    }

    /// A person who lacks an identity or a directory is led to them; a script is told.
    private func open(isScreen: Bool) async throws -> FirstEntry.Opened? {
        guard isatty(STDIN_FILENO) == 1 else {
            return FirstEntry.Opened(home: try await options.open(), peer: peer)
        }
        return try await FirstEntry(options: options, peer: peer, isScreen: isScreen).run()
    }

    /// Nil for a terminal that can only show lines.
    private static func screen(_ node: Node, _ names: KnownNames) throws -> ScreenInterface? {
        do {
            return try ScreenInterface(node: node, names: names)
        } catch TerminalError.noTerminal {
            return nil
        }
    }

    private static func run(
        _ interface: ScreenInterface, _ node: Node, _ names: KnownNames, first: String?
    ) async throws {
        node.onStop { interface.stop() }
        defer { interface.stop() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            let chat = LineChat(node: node, interface: interface, names: names)
            group.addTask { await interface.run(chat) }
            try await chat.run(first: first)
            interface.stop()
        }
    }

    private static var isDumb: Bool {
        guard let term = getenv("TERM") else { return true }
        return strcmp(term, "dumb") == 0
    }
}

/// A question at the terminal with a default.
enum Question {
    static func yesOrNo(_ question: String, default isYes: Bool) throws -> Bool {
        for _ in 0..<3 {
            switch try ask("\(question) [\(isYes ? "Y/n" : "y/N")] ").lowercased() {
            case "": return isYes
            case "y", "yes": return true
            case "n", "no": return false
            default: Output.note("Please answer yes or no.")
            }
        }
        throw CommandError(.usage, "no answer")
    }

    static func ask(_ question: String) throws -> String {
        Output.prompt(question)
        guard let line = readLine() else { throw CommandError(.usage, "no answer") }
        return line.trimmed
    }
}
