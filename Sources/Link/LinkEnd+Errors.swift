extension LinkEnd {
    /// What the user of an open link is told.
    var error: LinkError {
        switch self {
        case .goodbye, .proved: .closed
        case .cut, .silence, .closeTimeout, .keysExpired: .cut
        case .handshakeTimeout: .timeout
        case .violation(.local): .system
        case .violation: .protocolViolation
        }
    }

    /// What a dialler is told whose link never opened.
    var dialError: LinkError {
        switch self {
        case .handshakeTimeout: .timeout
        case .violation(.local): .system
        case .violation(.ownIdentity): .selfDial
        case .goodbye, .proved, .cut, .silence, .closeTimeout, .keysExpired, .violation: .handshakeFailed
        }
    }
}
