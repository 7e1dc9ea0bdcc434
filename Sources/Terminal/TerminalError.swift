/// Why a terminal cannot be used as asked.
package enum TerminalError: Error, Equatable, Sendable {
    /// Not a terminal, or no controlling terminal at all (`/dev/tty` does not open).
    case noTerminal
    /// The line editor or a passphrase prompt holds the terminal already.
    case inUse
    /// More than `limit` bytes were typed.
    case tooLong(limit: Int)
    /// The input ended before anything was typed.
    case endOfFile
    /// A signal came that the program survived (Ctrl-C with a handler, for one).
    case interrupted
    /// A system call failed with this `errno`.
    case system(Int32)
}

/// What a person, or a pipe, gives a program that reads lines.
package enum LineEvent: Sendable, Equatable {
    /// A finished line without its newline. A paste of several lines is one event with newlines inside.
    case line(String)
    /// Ctrl-D on an empty line, the end of the pipe, or the terminal hung up.
    case endOfFile
    /// Ctrl-C on an empty line; on a half-typed one it clears the line, as shells do, and there is no event.
    case interrupt
    /// A line of a pipe was longer than this many bytes, and was dropped.
    case lineTooLong(limit: Int)
    /// Enter on a line of so many bytes, more than the editor allows. It still stands there.
    case lineRefused(bytes: Int)
}
