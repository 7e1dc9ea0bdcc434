import Noise
import Sodium
import TestSupport
import Testing

/// What the published rows cannot show: refusals, and the late psk of protocol.md §3.
struct HandshakeTests {
    private struct Sides: ~Copyable {
        var initiator: HandshakeState
        var responder: HandshakeState
    }

    private let initiatorSecret = [UInt8](repeating: 1, count: 32)
    private let responderSecret = [UInt8](repeating: 2, count: 32)
    private let psk = [UInt8](repeating: 3, count: 32)

    private func pattern(_ base: String = "XKpsk2") throws -> HandshakePattern {
        try HandshakePattern(protocolName: "Noise_\(base)_25519_ChaChaPoly_BLAKE2b")
    }

    private func secret(_ bytes: [UInt8]) throws -> SecretBytes { try SecretBytes(copying: bytes) }

    private func responder(prologue: [UInt8] = [1]) throws -> HandshakeState {
        try HandshakeState(
            pattern: pattern(), role: .responder, prologue: prologue, localStatic: secret(responderSecret),
            localEphemeral: secret([UInt8](repeating: 5, count: 32)), remoteStatic: nil)
    }

    private func initiator(remote: [UInt8]? = nil) throws -> HandshakeState {
        try HandshakeState(
            pattern: pattern(), role: .initiator, prologue: [1], localStatic: secret(initiatorSecret),
            localEphemeral: secret([UInt8](repeating: 4, count: 32)),
            remoteStatic: remote ?? X25519.publicKey(of: secret(responderSecret)))
    }

    private func sides() throws -> Sides {
        Sides(initiator: try initiator(), responder: try responder())
    }

    /// The three messages of a handshake that goes well.
    private func transcript() throws -> [[UInt8]] {
        var sides = try sides()
        let first = try sides.initiator.writeMessage(payload: [1, 2])
        _ = try sides.responder.readMessage(first)
        try sides.responder.supplyPSK(secret(psk))
        let second = try sides.responder.writeMessage(payload: [3])
        try sides.initiator.supplyPSK(secret(psk))
        _ = try sides.initiator.readMessage(second)
        let third = try sides.initiator.writeMessage(payload: [])
        _ = try sides.responder.readMessage(third)
        return [first, second, third]
    }

    @Test func thePSKMayComeLate() throws {
        var sides = try sides()
        let first = try sides.initiator.writeMessage(payload: [1, 2])
        #expect(try sides.responder.readMessage(first) == [1, 2])
        // Both sides know the same hash after act 1; the psk is made of it (protocol.md §3).
        #expect(sides.initiator.handshakeHash == sides.responder.handshakeHash)
        #expect(sides.initiator.handshakeHash.count == 64)
        // Forgetting it is an error that harms nothing.
        #expect(throws: NoiseError.missingPSK) { _ = try sides.responder.writeMessage(payload: [3]) }
        try sides.responder.supplyPSK(secret(psk))
        let second = try sides.responder.writeMessage(payload: [3])
        #expect(throws: NoiseError.missingPSK) { _ = try sides.initiator.readMessage(second) }
        try sides.initiator.supplyPSK(secret(psk))
        #expect(try sides.initiator.readMessage(second) == [3])
        #expect(throws: NoiseError.unexpectedKey) { try sides.initiator.supplyPSK(secret(psk)) }
        #expect(sides.responder.remoteStaticKey == nil)
        let third = try sides.initiator.writeMessage(payload: [])
        #expect(try sides.responder.readMessage(third) == [])
        #expect(try sides.responder.remoteStaticKey == X25519.publicKey(of: secret(initiatorSecret)))
        let areFinished = (sides.initiator.isFinished, sides.responder.isFinished)
        #expect(areFinished == (true, true))
        #expect(throws: NoiseError.outOfTurn) { _ = try sides.initiator.writeMessage(payload: []) }
        #expect(throws: NoiseError.outOfTurn) { _ = try sides.initiator.readMessage([]) }
    }

    @Test func anotherPSKIsRefused() throws {
        var sides = try sides()
        _ = try sides.responder.readMessage(sides.initiator.writeMessage(payload: []))
        try sides.responder.supplyPSK(secret(psk))
        try sides.initiator.supplyPSK(secret([UInt8](repeating: 9, count: 32)))
        let second = try sides.responder.writeMessage(payload: [])
        #expect(throws: NoiseError.authenticationFailed) { _ = try sides.initiator.readMessage(second) }
    }

    @Test func everyBitOfTheFirstMessageCounts() throws {
        let first = try transcript()[0]
        for bit in 0..<first.count * 8 {
            var responder = try responder()
            expectRefusal(&responder, of: flipped(first, bit), thenOf: first)
        }
    }

    @Test func everyBitOfTheSecondMessageCounts() throws {
        let second = try transcript()[1]
        for bit in 0..<second.count * 8 {
            var initiator = try initiator()
            _ = try initiator.writeMessage(payload: [1, 2])
            try initiator.supplyPSK(secret(psk))
            expectRefusal(&initiator, of: flipped(second, bit), thenOf: second)
        }
    }

    @Test func everyBitOfTheThirdMessageCounts() throws {
        let messages = try transcript()
        for bit in 0..<messages[2].count * 8 {
            var responder = try responder()
            _ = try responder.readMessage(messages[0])
            try responder.supplyPSK(secret(psk))
            _ = try responder.writeMessage(payload: [3])
            expectRefusal(&responder, of: flipped(messages[2], bit), thenOf: messages[2])
        }
    }

    @Test func everyTruncationIsRefused() throws {
        let first = try transcript()[0]
        for length in first.indices {
            var responder = try responder()
            expectRefusal(&responder, of: Array(first.prefix(length)), thenOf: first)
        }
        var responder = try responder()
        expectRefusal(&responder, of: first + [0], thenOf: first)
    }

    private func flipped(_ message: [UInt8], _ bit: Int) -> [UInt8] {
        var message = message
        message[bit / 8] ^= 1 << UInt8(bit % 8)
        return message
    }

    /// The altered message is refused, and then the true one as well: a failed state is of no use to anybody.
    private func expectRefusal(_ state: inout HandshakeState, of altered: [UInt8], thenOf message: [UInt8]) {
        #expect(throws: NoiseError.self) { _ = try state.readMessage(altered) }
        #expect(throws: NoiseError.failedBefore) { _ = try state.readMessage(message) }
        #expect(throws: NoiseError.failedBefore) { _ = try state.writeMessage(payload: []) }
        #expect(throws: NoiseError.failedBefore) { try state.supplyPSK(secret(psk)) }
        let isFinished = state.isFinished
        #expect(!isFinished)
    }

    @Test func anotherPrologueIsRefused() throws {
        let first = try transcript()[0]
        for prologue in [[], [2], [1, 0]] as [[UInt8]] {
            var responder = try responder(prologue: prologue)
            #expect(throws: NoiseError.authenticationFailed) { _ = try responder.readMessage(first) }
        }
    }

    @Test func anotherResponderIsRefused() throws {
        var initiator = try initiator(remote: X25519.publicKey(of: secret(initiatorSecret)))
        var responder = try responder()
        let first = try initiator.writeMessage(payload: [])
        #expect(throws: NoiseError.authenticationFailed) { _ = try responder.readMessage(first) }
    }

    /// An ephemeral key that gives zeros with every secret.
    @Test func lowOrderPointsAreRefused() throws {
        let first = try transcript()[0]
        var responder = try responder()
        let forged = [UInt8](repeating: 0, count: 32) + first.dropFirst(32)
        #expect(throws: NoiseError.lowOrderPoint) { _ = try responder.readMessage(forged) }
        var initiator = try initiator(remote: [UInt8](repeating: 0, count: 32))
        #expect(throws: NoiseError.lowOrderPoint) { _ = try initiator.writeMessage(payload: []) }
        #expect(throws: NoiseError.failedBefore) { _ = try initiator.writeMessage(payload: []) }
    }

    @Test func messagesAreBounded() throws {
        var sides = try sides()
        #expect(throws: NoiseError.messageTooLong) {
            _ = try sides.initiator.writeMessage(payload: [UInt8](repeating: 0, count: 65_535 - 47))
        }
        #expect(throws: NoiseError.messageTooLong) {
            _ = try sides.responder.readMessage([UInt8](repeating: 0, count: 65_536))
        }
        var longest = try initiator()
        #expect(
            try longest.writeMessage(payload: [UInt8](repeating: 0, count: 65_535 - 48)).count
                == HandshakeState.maximumMessageLength)
    }

    @Test func turnsAreKept() throws {
        var sides = try sides()
        #expect(throws: NoiseError.outOfTurn) { _ = try sides.initiator.readMessage([]) }
        #expect(throws: NoiseError.outOfTurn) { _ = try sides.responder.writeMessage(payload: []) }
        let first = try sides.initiator.writeMessage(payload: [])
        #expect(throws: NoiseError.outOfTurn) { _ = try sides.initiator.writeMessage(payload: []) }
        #expect(throws: Never.self) { _ = try sides.responder.readMessage(first) }
        #expect(throws: NoiseError.notFinished) { _ = try initiator().split() }
    }

    @Test func keysMustFitThePattern() throws {
        let remote = try X25519.publicKey(of: secret(responderSecret))
        #expect(throws: NoiseError.missingKey) {
            _ = try HandshakeState(
                pattern: pattern(), role: .initiator, prologue: [], localStatic: secret(initiatorSecret),
                remoteStatic: nil)
        }
        #expect(throws: NoiseError.missingKey) {
            _ = try HandshakeState(
                pattern: pattern(), role: .initiator, prologue: [], localStatic: nil, remoteStatic: remote)
        }
        #expect(throws: NoiseError.missingKey) {
            _ = try HandshakeState(
                pattern: pattern(), role: .responder, prologue: [], localStatic: nil, remoteStatic: nil)
        }
        #expect(throws: NoiseError.unexpectedKey) {
            _ = try HandshakeState(
                pattern: pattern(), role: .responder, prologue: [], localStatic: secret(responderSecret),
                remoteStatic: remote)
        }
        #expect(throws: NoiseError.invalidLength) {
            _ = try HandshakeState(
                pattern: pattern(), role: .initiator, prologue: [], localStatic: secret([1]),
                remoteStatic: remote)
        }
        #expect(throws: NoiseError.invalidLength) {
            _ = try HandshakeState(
                pattern: pattern(), role: .initiator, prologue: [], localStatic: secret(initiatorSecret),
                remoteStatic: [1])
        }
        var state = try initiator()
        #expect(throws: NoiseError.invalidLength) { try state.supplyPSK(secret([1])) }
        var plain = try HandshakeState(
            pattern: pattern("NN"), role: .initiator, prologue: [], localStatic: nil, remoteStatic: nil)
        #expect(throws: NoiseError.unexpectedKey) { try plain.supplyPSK(secret(psk)) }
    }

    @Test(arguments: [
        "", "Noise", "Noise_XX_25519_ChaChaPoly_BLAKE2b_", "Noise_XX_448_ChaChaPoly_BLAKE2b",
        "Noise_XX_25519_AESGCM_BLAKE2b", "Noise_XX_25519_ChaChaPoly_BLAKE2s",
        "noise_XX_25519_ChaChaPoly_BLAKE2b",
        "Noise_XZ_25519_ChaChaPoly_BLAKE2b", "Noise_N_25519_ChaChaPoly_BLAKE2b",
        "Noise_XX2_25519_ChaChaPoly_BLAKE2b", "Noise_XXfallback_25519_ChaChaPoly_BLAKE2b",
        "Noise_XXpsk4_25519_ChaChaPoly_BLAKE2b", "Noise_XXpsk_25519_ChaChaPoly_BLAKE2b",
        "Noise_XXpsk-1_25519_ChaChaPoly_BLAKE2b", "Noise_XXpsk01_25519_ChaChaPoly_BLAKE2b",
        "Noise_XXpsk+1_25519_ChaChaPoly_BLAKE2b", "Noise_XXpsk1+_25519_ChaChaPoly_BLAKE2b",
        "Noise_XXpsk1+psk1_25519_ChaChaPoly_BLAKE2b", "Noise_XX+psk1_25519_ChaChaPoly_BLAKE2b",
    ])
    func unknownNamesAreRefused(name: String) {
        #expect(throws: NoiseError.unknownProtocol) { try HandshakePattern(protocolName: name) }
    }

    @Test func theProgramsOwnPattern() throws {
        let pattern = try HandshakePattern(protocolName: HandshakePattern.p2pchatName)
        #expect(pattern.messages == [[.e, .es], [.e, .ee, .psk], [.s, .se]])
        #expect(pattern.responderStaticIsKnown && !pattern.initiatorStaticIsKnown)
        #expect(pattern.pskCount == 1)
    }

    @Test func transportRefusesReplayAndReordering() throws {
        var sending = try CipherState(key: secret(psk))
        var reading = try CipherState(key: secret(psk))
        let first = try sending.encryptWithAd([7], [1])
        let second = try sending.encryptWithAd([7], [2])
        #expect(throws: NoiseError.authenticationFailed) { _ = try reading.decryptWithAd([7], second) }
        #expect(try reading.decryptWithAd([7], first) == [1])
        #expect(throws: NoiseError.authenticationFailed) { _ = try reading.decryptWithAd([7], first) }
        #expect(throws: NoiseError.authenticationFailed) { _ = try reading.decryptWithAd([8], second) }
        #expect(try reading.decryptWithAd([7], second) == [2])
        #expect(throws: NoiseError.invalidLength) { _ = try CipherState(key: secret([1])) }
    }
}
