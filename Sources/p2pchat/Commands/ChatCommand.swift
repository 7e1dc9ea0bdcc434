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
        try await offerIdentity()
        let isPlain = plain || isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0 || Self.isDumb
        try await Online(options: options).run { [peer, lineMode] node in
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

    /// Without an identity, makes one or restores one if the person at the terminal wants.
    private func offerIdentity() async throws {
        guard !KeyFile.exists(directory: options.folder.path), isatty(STDIN_FILENO) == 1 else { return }
        Output.note("There is no identity in \(options.folder.path) yet.")
        for _ in 0..<3 {
            switch try Question.ask("Make one now? [Y/n, r: restore one from a backup] ").lowercased() {
            case "", "y", "yes":
                return try Keygen.make(home: options.folder, options: options, noPassphrase: false)
            case "n", "no": throw options.folder.noIdentity
            case "r", "restore":
                let file = try Question.ask("File of the backup: ")
                _ = try await Restoring(options: options, file: file, history: true).run()
                return
            default: Output.note("Please answer y, n or r.")
            }
        }
        throw CommandError(.usage, "no answer")
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
