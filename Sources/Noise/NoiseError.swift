package import Sodium

/// What the handshake refuses.
package enum NoiseError: Error, Equatable, Sendable {
    /// A protocol name of another suite, an unknown pattern or modifier, or a one-way pattern.
    case unknownProtocol
    /// The pattern needs a key that was not given.
    case missingKey
    /// The pattern has no place for a key or psk that was given.
    case unexpectedKey
    /// A key or psk that has not 32 bytes.
    case invalidLength
    /// The next message has a psk token, and its psk was not supplied. Nothing has happened yet.
    case missingPSK
    /// It is the other side's turn, or the handshake is finished. Nothing has happened.
    case outOfTurn
    /// Split before the last message.
    case notFinished
    /// More than 65,535 bytes (Noise §3).
    case messageTooLong
    /// A message that ends inside a token.
    case messageTooShort
    /// A key or payload that does not authenticate.
    case authenticationFailed
    /// A Diffie-Hellman result of zeros.
    case lowOrderPoint
    /// The cipher's nonces are used up.
    case nonceExhausted
    /// An earlier message failed; this state does nothing any more.
    case failedBefore
    /// libsodium refused, for want of memory as a rule.
    case sodium(SodiumError)

    /// What an error of the primitives means here.
    init(_ error: SodiumError) {
        switch error {
        case .authenticationFailed: self = .authenticationFailed
        case .lowOrderPoint: self = .lowOrderPoint
        default: self = .sodium(error)
        }
    }
}

/// Runs `body`, and turns what libsodium refuses into this module's error.
func noise<R: ~Copyable>(_ body: () throws(SodiumError) -> R) throws(NoiseError) -> R {
    do {
        return try body()
    } catch {
        throw NoiseError(error)
    }
}
