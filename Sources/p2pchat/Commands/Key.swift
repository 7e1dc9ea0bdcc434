import ArgumentParser

struct Key: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Back up your identity, restore it, change its passphrase; replace, revoke or recover it.",
        discussion: """
            Examples:
              p2pchat key backup alice.backup
              p2pchat key restore alice.backup
              p2pchat key passphrase
              p2pchat key rotate               a new key; contacts are told by themselves
              p2pchat key revoke               nobody is to trust this key any more
              p2pchat key recover --directory HOST:PORT#FINGERPRINT --handle alice
            """,
        subcommands: [
            KeyBackup.self, KeyRestore.self, KeyPassphrase.self, KeyRotate.self, KeyRevoke.self,
            KeyRecover.self,
        ])
}
