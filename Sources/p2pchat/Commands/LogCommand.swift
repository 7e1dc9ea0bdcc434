import ArgumentParser

struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract:
            "See what this home knows of its directory's log, and whether your handle is as you left it.",
        discussion: """
            A directory keeps every handle in a log, and cannot change what it said once without being found out by those who
            saw it. This home remembers what it saw.

            Examples:
              p2pchat log status
              p2pchat log accept
              p2pchat log audit
              p2pchat log monitor --json
              p2pchat log policy witnesses.txt
              p2pchat log evidence lie.json
              p2pchat log check-evidence lie.json
            """,
        subcommands: [
            Status.self, Accept.self, LogAuditCommand.self, LogMonitorCommand.self, LogPolicyCommand.self,
            LogEvidenceCommand.self, CheckEvidence.self,
        ],
        defaultSubcommand: Status.self)

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what is known of the log: its size, how old that is, your own entry.",
            discussion: """
                Examples:
                  p2pchat log status
                  p2pchat log status --json
                """)

        @OptionGroup var options: HomeOptions

        @Flag(help: "One JSON object.")
        var json = false

        func run() async throws {
            let status = try await HomeAccess(options: options).call(
                ControlMethods.log, NoParameters(), { $0.log })
            if json { return try Output.json(status) }
            for line in LogStatusText.lines(status) { try Output.line(line) }
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that you know of the newest entry of your handle, which this home did not make.",
            discussion: """
                For an entry that another home of yours made, or this one before it was put back from an older copy. It changes
                nothing at the directory.

                Examples:
                  p2pchat log accept
                """)

        @OptionGroup var options: HomeOptions

        func run() async throws {
            let accepted = try await HomeAccess(options: options).call(
                ControlMethods.acceptEntry, NoParameters(), { $0.acceptEntry })
            try Output.line("accepted: \(accepted.handle), \(accepted.entry), \(accepted.time)")
        }
    }
}
