import ArgumentParser

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say how things stand: home, identity, directory, presence, and whether you can be called.",
        discussion: """
            Examples:
              p2pchat status
              p2pchat status --json
            """)

    @OptionGroup var options: HomeOptions

    @Flag(help: "One JSON object.")
    var json = false

    func run() async throws {
        let status = try await HomeAccess(options: options).call(
            ControlMethods.status, NoParameters(), { $0.status })
        if json { return try Output.json(status) }
        for line in StatusText.lines(status) { try Output.line(line) }
    }
}
