import ArgumentParser

/// For `make install`: the manual page on standard output.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual", abstract: "Print the manual page (troff).", shouldDisplay: false)

    func run() throws {
        let dump = try HelpDump(P2PChat._dumpHelp())
        try Output.line(Manual.page(dump, version: P2PChat.configuration.version).trimmed)
    }
}
