import CTerminal

/// What may be typed at a full screen.
package enum ScreenTyping: Sendable {
    /// The bytes of a secret, erased when it returns; nil when there were more than `PassphrasePrompt.maximumBytes`. Runs on
    /// the screen's thread.
    package typealias SecretTaker = @Sendable (UnsafeRawBufferPointer?) -> Void

    /// Lines, one after the other.
    case free
    /// Nothing: it is dropped, but for Esc, Ctrl-C, Ctrl-D, Ctrl-L and Ctrl-Z. While the program is at work.
    case nothing
    /// One line, and nothing behind it: what is typed ahead never answers a question that nobody has read.
    case answer
    /// One line that is not shown and does not come into readline's memory (line, undo, kill ring, history), and nothing behind
    /// it. The taker gets its bytes; `.secret` follows. Esc, and on nothing typed Ctrl-C and Ctrl-D, are events as always.
    case secret(SecretTaker)

    var mode: ct_typing {
        switch self {
        case .free: CT_TYPING_FREE
        case .nothing: CT_TYPING_NOTHING
        case .answer: CT_TYPING_ANSWER
        case .secret: CT_TYPING_SECRET
        }
    }
}
