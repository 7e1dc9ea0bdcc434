import ArgumentParser
import Directory

struct LogAuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Read the directory's whole log, and hold everything in it against the rules.",
        discussion: """
            However long it is: every entry, its signatures and whether it may follow the one before it, that they are the log of
            every checkpoint that this home saw, and that they give the map. What was read before is not read again. Exit code 76
            when the directory lied.

            Examples:
              p2pchat log audit
              p2pchat log audit --json
            """)

    @OptionGroup var options: HomeOptions

    @Flag(help: "One JSON object.")
    var json = false

    func run() async throws {
        let audit = try await HomeAccess(options: options).call(
            ControlMethods.auditLog, NoParameters(), within: .seconds(86_400), { $0.auditLog })
        if json { return try Output.json(audit) }
        try Output.line(
            """
            audited: \(audit.checkpoint.size.entries), all by the rules, \(audit.read) read now
            log      root \(audit.checkpoint.root)
            map      root \(audit.checkpoint.mapRoot), which these entries give
            """)
    }
}
