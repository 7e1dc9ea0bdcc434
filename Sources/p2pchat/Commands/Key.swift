import ArgumentParser

struct Key: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Change the passphrase of your identity.",
        discussion: """
            Examples:
              p2pchat key passphrase
            """,
        subcommands: [KeyPassphrase.self])
}
