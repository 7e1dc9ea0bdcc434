/// What a peer did wrong. On the wire all of these are the same silence; inside, the exact one is kept, so that a test can
/// say which rule caught it.
enum Violation: Error, Equatable, Sendable {
    // The handshake
    case version
    case authentication
    case encapsulation
    case identity
    case notAuthorized
    case ownIdentity
    case earlyBytes
    case notReady

    // Frames
    case frameLength
    case frameAuthentication
    case contentLength
    case kind
    case tag
    case finalWithoutClose
    case closeWithoutFinal
    case emptyEnvelope
    case contentNotEmpty
    case misplacedReady
    case rekeyOverdue

    // Acts inside a link
    case actLength
    case actOrder
    case actTooEarly

    /// The local system failed; treated alike, because a side that cannot compute must not go on.
    case local
}

/// How a link, or the attempt at one, ended.
enum LinkEnd: Error, Equatable, Sendable {
    /// Both sides sent `FINAL`.
    case goodbye
    /// The stream ended without it.
    case cut
    /// The 5 s of the handshake were over.
    case handshakeTimeout
    /// Nothing came for too long.
    case silence
    /// The own `FINAL` was not answered, or could not be written, in time.
    case closeTimeout
    /// The keys are too old.
    case keysExpired
    case violation(Violation)
    /// A probe saw what it wanted: act 2 verified.
    case proved
}
