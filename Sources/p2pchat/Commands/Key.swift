import ArgumentParser

struct Key: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Back up your identity, restore it, change its passphrase.",
        discussion: """
            Examples:
              p2pchat key backup alice.backup
              p2pchat key restore alice.backup
              p2pchat key passphrase
            """,
        subcommands: [KeyBackup.self, KeyRestore.self, KeyPassphrase.self])
}
