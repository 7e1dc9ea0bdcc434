package import Sodium

/// One side of one handshake (Noise §5.3): pure, driven by the tokens of its pattern. It knows no sockets and
/// no time.
///
/// A message that fails, read or written, ends it: every later call throws `failedBefore`. So nothing can be
/// tried twice against one ephemeral key.
package struct HandshakeState: ~Copyable, Sendable {
    /// The most bytes of one message (Noise §3).
    package static let maximumMessageLength = 65_535

    /// Whether all messages are done, and `split` may be called.
    package var isFinished: Bool { !failed && nextMessage == pattern.messages.count }
    /// `h` as it stands now; 64 bytes, public. After the last message it binds the whole handshake.
    package var handshakeHash: [UInt8] { symmetric.handshakeHash }
    /// The other side's static key (32 bytes), once it is known. It is proven only when the messages that use
    /// it are done.
    package private(set) var remoteStaticKey: [UInt8]?

    private let pattern: HandshakePattern
    private let role: HandshakeRole
    private let localStaticPublic: [UInt8]?
    private var keys: LocalKeys
    private var symmetric: SymmetricState
    private var remoteEphemeral: [UInt8]?
    private var nextMessage = 0
    private var failed = false

    /// Initialize.
    ///
    /// - Parameters:
    ///   - prologue: what both sides know already, and must agree on. An empty one is mixed in, too.
    ///   - localStatic: the X25519 secret key (32 bytes), where the pattern has one for this role.
    ///   - localEphemeral: for tests alone; made when it is needed otherwise.
    ///   - remoteStatic: exactly where the pattern says that it is known beforehand.
    /// - Throws: `missingKey`, `unexpectedKey`, `invalidLength`.
    package init(
        pattern: HandshakePattern, role: HandshakeRole, prologue: [UInt8],
        localStatic: consuming SecretBytes?, localEphemeral: consuming SecretBytes? = nil,
        remoteStatic: [UInt8]?
    ) throws(NoiseError) {
        let remoteIsKnown =
            role == .initiator ? pattern.responderStaticIsKnown : pattern.initiatorStaticIsKnown
        guard remoteIsKnown == (remoteStatic != nil) else {
            throw remoteIsKnown ? .missingKey : .unexpectedKey
        }
        guard (remoteStatic ?? []).count == (remoteIsKnown ? X25519.byteCount : 0) else {
            throw .invalidLength
        }
        let keys = try LocalKeys(
            staticKey: localStatic, ephemeral: localEphemeral, pskCount: pattern.pskCount)
        let localPublic = try keys.staticPublicKey()
        guard localPublic != nil || !pattern.needsStatic(of: role) else { throw .missingKey }

        var symmetric = try SymmetricState(protocolName: pattern.protocolName)
        symmetric.mixHash(prologue)
        let initiatorStatic = role == .initiator ? localPublic : remoteStatic
        let responderStatic = role == .initiator ? remoteStatic : localPublic
        if pattern.initiatorStaticIsKnown, let initiatorStatic { symmetric.mixHash(initiatorStatic) }
        if pattern.responderStaticIsKnown, let responderStatic { symmetric.mixHash(responderStatic) }

        self.pattern = pattern
        self.role = role
        localStaticPublic = localPublic
        remoteStaticKey = remoteStatic
        self.keys = keys
        self.symmetric = symmetric
    }

    /// Supplies the next psk (32 bytes), in the order in which the psk tokens use them; at the latest just
    /// before the message that has the token. It is erased after use. Throws `invalidLength`, or
    /// `unexpectedKey` past the last.
    package mutating func supplyPSK(_ psk: consuming SecretBytes) throws(NoiseError) {
        guard !failed else { throw .failedBefore }
        try keys.supplyPSK(psk)
    }

    /// WriteMessage: the next message, with `payload` encrypted as far as the pattern has got.
    package mutating func writeMessage(payload: [UInt8]) throws(NoiseError) -> [UInt8] {
        let tokens = try beginMessage(by: role)
        failed = true
        var message: [UInt8] = []
        for token in tokens {
            switch token {
            case .e:
                let ephemeral = try keys.makeEphemeral()
                message += ephemeral
                mixEphemeral(ephemeral)
            case .s:
                guard let localStaticPublic else { throw .missingKey }
                message += try symmetric.encryptAndHash(localStaticPublic)
            default:
                try mixSecret(token)
            }
        }
        message += try symmetric.encryptAndHash(payload)
        guard message.count <= HandshakeState.maximumMessageLength else { throw .messageTooLong }
        endMessage()
        return message
    }

    /// ReadMessage: the payload of the other side's next message.
    package mutating func readMessage(_ message: [UInt8]) throws(NoiseError) -> [UInt8] {
        let tokens = try beginMessage(by: role.other)
        failed = true
        guard message.count <= HandshakeState.maximumMessageLength else { throw .messageTooLong }
        var rest = message[...]
        for token in tokens {
            switch token {
            case .e:
                let ephemeral = try take(X25519.byteCount, from: &rest)
                remoteEphemeral = ephemeral
                mixEphemeral(ephemeral)
            case .s:
                let sealed = try take(X25519.byteCount + symmetric.overhead, from: &rest)
                remoteStaticKey = try symmetric.decryptAndHash(sealed)
            default:
                try mixSecret(token)
            }
        }
        guard rest.count >= symmetric.overhead else { throw .messageTooShort }
        let payload = try symmetric.decryptAndHash(Array(rest))
        endMessage()
        return payload
    }

    /// Split: the transport keys. Throws `notFinished` before the last message.
    package consuming func split() throws(NoiseError) -> TransportKeys {
        guard !failed else { throw .failedBefore }
        guard isFinished else { throw .notFinished }
        return try symmetric.split()
    }

    /// The tokens of the next message, when it is `writer`'s turn and nothing is missing.
    private func beginMessage(by writer: HandshakeRole) throws(NoiseError) -> [HandshakeToken] {
        guard !failed else { throw .failedBefore }
        let turn: HandshakeRole = nextMessage % 2 == 0 ? .initiator : .responder
        guard nextMessage < pattern.messages.count, turn == writer else { throw .outOfTurn }
        let tokens = pattern.messages[nextMessage]
        guard tokens.count(where: { $0 == .psk }) <= keys.waitingPSKs else { throw .missingPSK }
        return tokens
    }

    /// `failed` holds from the beginning of a message to its end, so that no early exit can leave a usable
    /// state.
    private mutating func endMessage() {
        nextMessage += 1
        failed = false
    }

    private mutating func mixEphemeral(_ publicKey: [UInt8]) {
        symmetric.mixHash(publicKey)
        // In a psk handshake, e is mixed into the key as well, so that no psk ever encrypts under a fixed key
        // (§9.2).
        guard pattern.pskCount > 0 else { return }
        publicKey.withUnsafeBytes { symmetric.mixKey($0) }
    }

    private mutating func mixSecret(_ token: HandshakeToken) throws(NoiseError) {
        let secret: SecretBytes
        switch (token, role) {
        case (.psk, _):
            let psk = try keys.takePSK()
            return psk.withBytes { symmetric.mixKeyAndHash($0) }
        case (.ee, _): secret = try keys.sharedSecret(.ephemeral, remoteEphemeral)
        case (.ss, _): secret = try keys.sharedSecret(.static, remoteStaticKey)
        case (.es, .initiator), (.se, .responder): secret = try keys.sharedSecret(.ephemeral, remoteStaticKey)
        case (.se, .initiator), (.es, .responder): secret = try keys.sharedSecret(.static, remoteEphemeral)
        case (.e, _), (.s, _): return
        }
        secret.withBytes { symmetric.mixKey($0) }
    }

    private func take(_ count: Int, from rest: inout ArraySlice<UInt8>) throws(NoiseError) -> [UInt8] {
        guard rest.count >= count else { throw .messageTooShort }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }
}

extension HandshakePattern {
    fileprivate func needsStatic(of role: HandshakeRole) -> Bool {
        if role == .initiator ? initiatorStaticIsKnown : responderStaticIsKnown { return true }
        let own = messages.enumerated().filter { ($0.offset % 2 == 0) == (role == .initiator) }
        return own.contains { $0.element.contains(.s) }
    }
}
