import ArgumentParser
import Directory
import DirectoryServer
import Identity
import Transparency

struct ServerKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Show a directory's log keys, back them up, replace them.",
        discussion: """
            The log keys sign what a directory says its log is; they are apart from its identity. Witnesses and auditors know
            them by the lines that are shown here.

            Examples:
              p2pchat server key
              p2pchat server key backup log-key.backup --state /var/lib/p2pchat
              p2pchat server key rotate
            """,
        subcommands: [Show.self, Backup.self, Rotate.self], defaultSubcommand: Show.self)

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the log's name and its public keys, as C2SP verifier keys.")

        @OptionGroup var options: StateOptions

        func run() async throws {
            try ServerKey.show(try options.signer(options.folder.keys()))
        }
    }

    struct Backup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy the log keys into a file that whoever can read it can use.",
            discussion: """
                To restore it, put it back as log.key into the folder of the stopped directory. It works while the directory runs.

                Examples:
                  p2pchat server key backup log-key.backup
                """)

        @OptionGroup var options: StateOptions

        @Argument(help: "The file to write; nothing is overwritten.")
        var file: String

        func run() async throws {
            _ = try options.signer(options.folder.keys())
            guard let key = try LogKeyFile.read(folder: options.folder.home.path) else { return }
            try key.create(FolderCheck.absolute(file))
            Output.note("whoever reads \(file) can sign as this log; keep it where nobody else does")
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replace the log keys, while the directory is stopped.",
            discussion: """
                The directory's identity signs a statement that names the new keys; clients get it with those before. The log
                goes on where it was.

                Examples:
                  p2pchat server key rotate --state /var/lib/p2pchat
                """)

        @OptionGroup var options: StateOptions

        func run() async throws {
            let keys = try options.folder.keys()
            let former = try options.signer(keys)
            let lock = try options.folder.lock()
            defer { withExtendedLifetime(lock) {} }
            let file: LogKeyFile
            do {
                file = try LogKeyFile.generate(former: former.statements.map(\.bytes))
            } catch {
                throw CommandError(
                    .refused,
                    "the log keys were replaced \(former.statements.count - 1) times already, which is the most"
                )
            }
            // Nothing is replaced by what cannot be used.
            let signer = try LogSigner(file, directory: keys)
            try file.replace(folder: options.folder.home.path)
            try ServerKey.show(signer)
        }
    }

    private static func show(_ signer: LogSigner) throws {
        try Output.line("origin \(signer.keys.note.name)")
        try Output.line("sequence \(signer.statements.count - 1)")
        try Output.line("checkpoints \(signer.keys.note.text)")
        try Output.line("cosignatures \(signer.keys.cosignature.text)")
    }
}
