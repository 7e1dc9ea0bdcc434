import ArgumentParser
import Glibc
import Identity

struct KeyRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Replace your key by a new one: handle, contacts and messages stay.",
        discussion: """
            The old key and the new one sign that the handle goes on with the new one; that stands in the directory's log for good. Only then
            the home changes over, and the old key is destroyed. Contacts are told by themselves when they are next connected, or see it
            when they look the handle up; their conversations go on, not verified until the safety numbers are compared again. The recovery
            words and the passphrase stay. Only the handle of this home goes on: others that the old key holds stay with it.

            Nothing may be online with the home meanwhile. What was interrupted is ended by the same command, or at the next start.

            Examples:
              p2pchat key rotate
              p2pchat key rotate --yes --json
            """)

    @OptionGroup var options: HomeOptions

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(help: "Print the result as one JSON object.")
    var json = false

    func run() async throws {
        let home = options.folder
        _ = try home.publicIdentity()
        let lock = try KeyCommand.lock(home)
        defer { withExtendedLifetime(lock) {} }
        if try KeyFile.nextIdentity(directory: home.path) == nil {
            try KeyCommand.confirm("Replace the key of this home by a new one?", yes)
        }
        let change = KeyChange(home: home, present: try options.unlockKeepingPassphrase())
        let outcome: KeyChange.Outcome
        do {
            outcome = try await change.run()
        } catch {
            if try KeyFile.nextIdentity(directory: home.path) != nil {
                Output.note("the change is not done; this command, or the next start, goes on with it")
            }
            throw error
        }
        let identity = outcome.keys.publicIdentity
        if json {
            try Output.json(
                RotateJSON(
                    fingerprint: identity.fingerprint, former: outcome.former.fingerprint,
                    handle: outcome.handle?.text, untold: outcome.untold))
        } else {
            try Output.line(Output.isTerminal ? identity.groupedFingerprint : identity.fingerprint)
        }
        Output.note(
            """
            the key is replaced; before it was \(outcome.former.fingerprint)
            contacts to be told when they are next connected: \(outcome.untold)
            backups made before hold the old key: make a new one with p2pchat key backup FILE
            """)
    }
}

/// What the commands that change keys have in common.
enum KeyCommand {
    /// - Throws: where a process is online with the home: it has the old key in memory, and would go on with it.
    static func lock(_ home: Home) throws -> HomeLock {
        guard let lock = try HomeLock.take(home) else {
            throw CommandError(
                .tryAgain,
                "another process is online with the home \(home.path); its key is not changed under it",
                hint: "end it (in a chat with /quit), then repeat this command")
        }
        return lock
    }

    /// What an option says; a mistake in it is one of usage.
    static func parsed<Value>(_ parse: () throws(IdentityError) -> Value) throws -> Value {
        do {
            return try parse()
        } catch {
            throw CommandError(.usage, "\(error)")
        }
    }

    /// Asks a person; a script has decided.
    static func confirm(_ question: String, _ isConfirmed: Bool) throws {
        guard !isConfirmed, isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return }
        guard try Question.yesOrNo(question, default: false) else {
            throw CommandError(.refused, "nothing was changed")
        }
    }
}

private struct RotateJSON: Encodable {
    let v = 1
    let fingerprint: String
    let former: String
    let handle: String?
    let untold: Int
}
