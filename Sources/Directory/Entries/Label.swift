package import Identity
import Sodium

/// What a handle is called in the log: SHA-256("p2pchat/1 label" ‖ handle), 32 bytes, so that the log holds no
/// user text (protocol.md §7). A handle that can be guessed can be guessed from its label.
package struct Label: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ handle: Handle) {
        bytes = SHA256.hash(Array("p2pchat/1 label".utf8), Array(handle.text.utf8))
    }

    /// Nil unless 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }
}
