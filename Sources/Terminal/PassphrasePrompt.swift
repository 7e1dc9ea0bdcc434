import CTerminal
import Glibc

/// A question whose answer is not shown.
package enum PassphrasePrompt {
    /// Bytes of a passphrase that can be typed. A terminal's own line limit is 4,095.
    package static let maximumBytes = 1024

    /// Asks on the controlling terminal (`/dev/tty`, whatever standard input is) and hands the typed bytes, without
    /// the newline, to `body`; they are erased when it returns, so it takes what it keeps into secret memory. Blocks
    /// the calling thread. The echo is on again afterwards, also when a signal ends or stops the program meanwhile;
    /// after a stop (Ctrl-Z) it asks again.
    /// - Throws: `TerminalError` `.noTerminal`, `.inUse`, `.tooLong`, `.endOfFile`, `.interrupted`, `.system`; or what
    ///   `body` throws.
    package static func read<Result: ~Copyable>(
        prompt: String,
        _ body: (UnsafeMutableRawBufferPointer) throws -> Result
    ) throws -> Result {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: maximumBytes, alignment: 1)
        defer {
            ct_erase(buffer.baseAddress, buffer.count)
            buffer.deallocate()
        }
        var length = 0
        let bytes = buffer.bindMemory(to: UInt8.self).baseAddress
        switch ct_passphrase_read(prompt, bytes, buffer.count, &length) {
        case CT_PASSPHRASE_OK: break
        case CT_PASSPHRASE_NO_TERMINAL: throw TerminalError.noTerminal
        case CT_PASSPHRASE_TOO_LONG: throw TerminalError.tooLong(limit: maximumBytes)
        case CT_PASSPHRASE_END_OF_FILE: throw TerminalError.endOfFile
        case CT_PASSPHRASE_INTERRUPTED: throw TerminalError.interrupted
        default: throw errno == EBUSY ? TerminalError.inUse : TerminalError.system(errno)
        }
        return try body(UnsafeMutableRawBufferPointer(rebasing: buffer[..<length]))
    }
}
