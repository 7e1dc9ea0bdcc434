import Glibc
import Sodium
import Terminal

/// Where a passphrase comes from: a file, a file descriptor, or the terminal. Never an argument or the environment,
/// which others can see.
enum PassphraseInput {
    /// The first line of what the options name; nil where they name nothing.
    ///
    /// - Parameter advice: the hint for an empty one.
    static func given(file: String?, descriptor: Int32?, ifEmpty advice: String) throws -> SecretBytes? {
        if let descriptor { return try firstLine(of: descriptor, advice) }
        guard let file else { return nil }
        let opened = open(file, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else {
            throw CommandError(
                .inputOutput, "cannot read the passphrase file: \(String(cString: strerror(errno)))")
        }
        defer { _ = close(opened) }
        return try firstLine(of: opened, advice)
    }

    private static func firstLine(of descriptor: Int32, _ advice: String) throws -> SecretBytes {
        let passphrase = try SecretBytes.readLine(fileDescriptor: descriptor)
        // An empty file is a mistake, never a wish to have no passphrase.
        guard passphrase.count > 0 else { throw empty(advice) }
        return passphrase
    }

    static func empty(_ advice: String) -> CommandError {
        CommandError(.refused, "the passphrase is empty", hint: advice)
    }

    /// Asks at the terminal, without echo.
    ///
    /// - Parameters:
    ///   - reason: why it is needed, for where there is no terminal.
    ///   - options: what to give it with then.
    static func ask(
        _ prompt: String, otherwise reason: String,
        options: String = "--passphrase-file FILE or --passphrase-fd N"
    ) throws -> SecretBytes {
        do {
            return try PassphrasePrompt.read(prompt: prompt) { typed in
                var passphrase = try SecretBytes(zeroed: typed.count)
                passphrase.withMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(typed)) }
                return passphrase
            }
        } catch TerminalError.noTerminal {
            throw CommandError(
                .refused, "\(reason), and there is no terminal to ask for it", hint: "give it with \(options)"
            )
        }
    }

    /// Asks for a new passphrase, twice.
    static func askTwice(
        _ prompt: String, otherwise reason: String,
        options: String = "--passphrase-file FILE or --passphrase-fd N", ifEmpty advice: String
    ) throws -> SecretBytes {
        let first = try ask(prompt, otherwise: reason, options: options)
        guard first.count > 0 else { throw empty(advice) }
        try askAgain(first)
        return first
    }

    /// Asks for the same passphrase a second time.
    static func askAgain(_ first: borrowing SecretBytes) throws {
        let second = try ask("The same again: ", otherwise: "a new passphrase is asked for twice")
        guard first.constantTimeEquals(second) else {
            throw CommandError(.refused, "the two passphrases differ; nothing was changed")
        }
    }
}
