import ArgumentParser
import Glibc
import Identity
import Sodium
import Terminal

/// Options that every command about a home has.
struct HomeOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The home folder (default: P2PCHAT_HOME, or the XDG data folder).", valueName: "dir"))
    var home: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Read the passphrase from the first line of a file.", valueName: "file"))
    var passphraseFile: String?

    @Option(name: .long, help: ArgumentHelp("Read the passphrase from a file descriptor.", valueName: "n"))
    var passphraseFd: Int32?

    func validate() throws {
        if passphraseFile != nil, passphraseFd != nil {
            throw ValidationError("--passphrase-file and --passphrase-fd exclude each other.")
        }
    }

    var folder: Home { Home(option: home) }

    /// Opens the identity; asks for the passphrase where the key file is sealed.
    func unlock() throws -> IdentityKeys {
        let home = folder
        guard KeyFile.exists(directory: home.path) else { throw home.noIdentity }
        Self.warnIfMemoryCannotBeLocked()
        guard try KeyFile.readPublic(directory: home.path).needsPassphrase else {
            return try KeyFile.open(directory: home.path, passphrase: nil)
        }
        var passphrase = try givenPassphrase()
        // Typed blindly: a mistake costs another attempt, not the command.
        for _ in 1..<Self.attempts where passphrase == nil {
            let typed: SecretBytes? = try Self.ask(
                "Passphrase: ", otherwise: "this identity has a passphrase")
            do {
                return try KeyFile.open(directory: home.path, passphrase: typed)
            } catch IdentityError.keyFile(.wrongPassphrase) {
                Output.note("wrong passphrase")
            }
        }
        if passphrase == nil {
            passphrase = try Self.ask("Passphrase: ", otherwise: "this identity has a passphrase")
        }
        return try KeyFile.open(directory: home.path, passphrase: passphrase)
    }

    private static let attempts = 3

    /// Said once and gone on: a system that does not let memory be locked may write keys to its swap.
    static func warnIfMemoryCannotBeLocked() {
        guard !SodiumSelfCheck.canLockMemory else { return }
        Output.note(
            "note: this system does not let memory be locked; keys may reach its swap (see ulimit -l)")
    }

    /// The passphrase that the options name; nil where they name none.
    func givenPassphrase() throws -> SecretBytes? {
        if let passphraseFd { return try Self.firstLine(of: passphraseFd) }
        guard let passphraseFile else { return nil }
        let descriptor = open(passphraseFile, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandError(
                .inputOutput, "cannot read the passphrase file: \(String(cString: strerror(errno)))")
        }
        defer { _ = close(descriptor) }
        return try Self.firstLine(of: descriptor)
    }

    private static func firstLine(of descriptor: Int32) throws -> SecretBytes {
        let passphrase = try SecretBytes.readLine(fileDescriptor: descriptor)
        // An empty file is a mistake, never a wish to have no passphrase.
        guard passphrase.count > 0 else { throw emptyPassphrase }
        return passphrase
    }

    static let emptyPassphrase = CommandError(
        .refused, "the passphrase is empty", hint: "to have none on purpose: p2pchat keygen --no-passphrase")

    static func ask(_ prompt: String, otherwise reason: String) throws -> SecretBytes {
        do {
            return try PassphrasePrompt.read(prompt: prompt) { typed in
                var passphrase = try SecretBytes(zeroed: typed.count)
                passphrase.withMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(typed)) }
                return passphrase
            }
        } catch TerminalError.noTerminal {
            throw CommandError(
                .refused, "\(reason), and there is no terminal to ask for it",
                hint: "give it with --passphrase-file FILE or --passphrase-fd N")
        }
    }
}
