/// Why a link could not be opened, or is gone. Failed cryptography is deliberately vague: what exactly did not verify is
/// nobody's business but a debugger's.
package enum LinkError: Error, Equatable, Sendable {
    /// Nothing listens there.
    case refused
    /// The network knows no way there, or the name is not known.
    case unreachable(String)
    /// No answer in time: while connecting, or within the handshake.
    case timeout
    /// What answers there is not the expected identity, has another purpose, or does not want this identity. These look
    /// alike on purpose.
    case handshakeFailed
    /// The connection ended without a goodbye.
    case cut
    /// The peer broke the protocol on an open link.
    case protocolViolation
    /// The link was closed properly; nothing more can be sent.
    case closed
    /// An envelope is larger than `Frame.largestEnvelope`.
    case tooLarge
    /// An envelope without content.
    case empty
    /// Dialling one's own identity.
    case selfDial
    /// The local address cannot be listened on.
    case cannotListen(String)
    /// The local system failed (libsodium could not start, no memory, no entropy).
    case system
}
