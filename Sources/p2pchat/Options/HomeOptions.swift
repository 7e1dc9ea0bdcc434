import ArgumentParser
import Identity
import Sodium

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

    /// Opens the home to be online with it.
    func open() async throws -> OpenHome {
        let home = folder
        _ = try home.publicIdentity()
        return OpenHome(home: home, lock: try await HomeLock.takeSoon(home), keys: try await unlockSettled())
    }

    /// Opens the identity, and ends a change of it that was interrupted. The caller holds the home's lock.
    func unlockSettled() async throws -> IdentityKeys {
        try await KeyChange(home: folder, present: unlockKeepingPassphrase()).settle()
    }

    /// Opens the identity; asks for the passphrase where the key file is sealed.
    func unlock() throws -> IdentityKeys {
        try unlockKeepingPassphrase().keys
    }

    /// Opens the identity as `unlock` does, and keeps what opened it.
    func unlockKeepingPassphrase() throws -> Unlocked {
        let home = folder
        guard KeyFile.exists(directory: home.path) else { throw home.noIdentity }
        Self.warnIfMemoryCannotBeLocked()
        guard try KeyFile.readPublic(directory: home.path).needsPassphrase else {
            return try Unlocked(home, passphrase: nil)
        }
        if passphraseFile != nil || passphraseFd != nil {
            return try Unlocked(home, passphrase: givenPassphrase())
        }
        // Typed blindly: a mistake costs another attempt, not the command.
        for _ in 1..<Self.attempts {
            do {
                return try Unlocked(home, passphrase: Self.askForPassphrase())
            } catch IdentityError.keyFile(.wrongPassphrase) {
                Output.note("wrong passphrase")
            }
        }
        return try Unlocked(home, passphrase: Self.askForPassphrase())
    }

    private static func askForPassphrase() throws -> SecretBytes {
        try PassphraseInput.ask("Passphrase: ", otherwise: "this identity has a passphrase")
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
        try PassphraseInput.given(
            file: passphraseFile, descriptor: passphraseFd, ifEmpty: Keygen.withoutPassphrase)
    }
}

/// An open identity, and the right to be online with its home for as long as this value lives.
struct OpenHome: Sendable {
    let home: Home
    private let lock: HomeLock
    let keys: IdentityKeys

    init(home: Home, lock: HomeLock, keys: IdentityKeys) {
        self.home = home
        self.lock = lock
        self.keys = keys
    }
}

/// An open identity, and what opened it.
final class Unlocked: Sendable {
    let keys: IdentityKeys
    /// Nil where the key file has none.
    private let passphrase: SecretBytes?

    init(_ home: Home, passphrase: consuming SecretBytes?) throws {
        keys = try KeyFile.open(directory: home.path, passphrase: passphrase)
        self.passphrase = passphrase
    }

    var hasPassphrase: Bool { passphrase != nil }

    /// The identity that the home is changing over to.
    func openNext(_ home: Home) throws -> IdentityKeys {
        try KeyFile.openNext(directory: home.path, passphrase: passphrase)
    }

    /// Writes a new identity beside the key file, sealed as that one is.
    func writeNext(_ next: IdentityKeys, _ home: Home, cost: KeyFile.Cost) throws {
        try KeyFile.writeNext(next, passphrase: passphrase, directory: home.path, cost: cost)
    }

    /// The passphrase in memory of its own; nil where the key file has none.
    func copyOfPassphrase() throws -> SecretBytes? {
        switch passphrase {
        case .none: nil
        case .some(let passphrase): try passphrase.copy()
        }
    }
}
