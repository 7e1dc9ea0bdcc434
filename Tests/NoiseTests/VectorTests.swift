import Noise
import Sodium
import TestSupport
import Testing

/// Every interactive row of the published files: each message written by one side is the published one, and
/// is read by the other; so both roles do both. Then the transport messages both ways, and the transcript
/// hash where it is given.
@Suite(.needsVectors)
struct VectorTests {
    @Test func flynn() throws {
        let rows = try FlynnFile.rows()
        #expect(try run(rows) == Counts(run: 204, oneWay: 36, withHash: 0))
        #expect(rows.contains { $0.name == HandshakePattern.p2pchatName })
    }

    @Test func cacophony() throws {
        #expect(try run(JSONFile.rows("cacophony")) == Counts(run: 53, oneWay: 6, withHash: 53))
    }

    @Test func snow() throws {
        let rows = try JSONFile.rows("snow")
        #expect(try run(rows) == Counts(run: 48, oneWay: 3, withHash: 0))
        #expect(rows.contains { $0.initiator.psks.count == 4 })
    }

    private struct Counts: Equatable {
        var run = 0
        var oneWay = 0
        var withHash = 0
    }

    private func run(_ rows: [VectorRow]) throws -> Counts {
        var counts = Counts()
        for row in rows {
            // One-way patterns are the only rows that are not run.
            if row.isOneWay {
                counts.oneWay += 1
                #expect(throws: NoiseError.unknownProtocol) { try HandshakePattern(protocolName: row.name) }
                continue
            }
            try run(row)
            counts.run += 1
            if row.handshakeHash != nil { counts.withHash += 1 }
        }
        return counts
    }

    private func run(_ row: VectorRow) throws {
        let pattern = try HandshakePattern(protocolName: row.name)
        var initiator = try state(pattern, .initiator, row.initiator, other: row.responder)
        var responder = try state(pattern, .responder, row.responder, other: row.initiator)
        // Late: each psk only just before the message with its token.
        var next = 0
        for (number, tokens) in pattern.messages.enumerated() {
            for _ in tokens.filter({ $0 == .psk }) {
                let index = min(next, row.initiator.psks.count - 1)
                try initiator.supplyPSK(SecretBytes(copying: row.initiator.psks[index]))
                try responder.supplyPSK(SecretBytes(copying: row.responder.psks[index]))
                next += 1
            }
            let message = row.messages[number]
            if number % 2 == 0 {
                #expect(
                    try initiator.writeMessage(payload: message.payload) == message.ciphertext, "\(row.name)")
                #expect(try responder.readMessage(message.ciphertext) == message.payload, "\(row.name)")
            } else {
                #expect(
                    try responder.writeMessage(payload: message.payload) == message.ciphertext, "\(row.name)")
                #expect(try initiator.readMessage(message.ciphertext) == message.payload, "\(row.name)")
            }
            #expect(initiator.handshakeHash == responder.handshakeHash)
        }
        let initiatorIsFinished = initiator.isFinished
        let responderIsFinished = responder.isFinished
        #expect(initiatorIsFinished && responderIsFinished)
        let keys = try initiator.split()
        let otherKeys = try responder.split()
        let sameKeys =
            keys.initiatorToResponder.constantTimeEquals(otherKeys.initiatorToResponder)
            && keys.responderToInitiator.constantTimeEquals(otherKeys.responderToInitiator)
        #expect(sameKeys, "\(row.name)")
        if let hash = row.handshakeHash { #expect(keys.handshakeHash == hash, "\(row.name)") }
        try transport(row, from: pattern.messages.count, keys)
    }

    /// What comes behind the handshake goes on by turns; in flynn's file the initiator begins again.
    private func transport(_ row: VectorRow, from start: Int, _ keys: borrowing TransportKeys) throws {
        #expect(start < row.messages.count, "\(row.name) has transport messages")
        var initiatorSends = try CipherState(key: keys.initiatorToResponder.copy())
        var responderReads = try CipherState(key: keys.initiatorToResponder.copy())
        var responderSends = try CipherState(key: keys.responderToInitiator.copy())
        var initiatorReads = try CipherState(key: keys.responderToInitiator.copy())
        for (number, message) in row.messages.enumerated().dropFirst(start) {
            if (row.initiatorBeginsTransport ? number - start : number) % 2 == 0 {
                #expect(
                    try initiatorSends.encryptWithAd([], message.payload) == message.ciphertext, "\(row.name)"
                )
                #expect(
                    try responderReads.decryptWithAd([], message.ciphertext) == message.payload, "\(row.name)"
                )
            } else {
                #expect(
                    try responderSends.encryptWithAd([], message.payload) == message.ciphertext, "\(row.name)"
                )
                #expect(
                    try initiatorReads.decryptWithAd([], message.ciphertext) == message.payload, "\(row.name)"
                )
            }
        }
    }

    private func state(
        _ pattern: HandshakePattern, _ role: HandshakeRole, _ side: VectorRow.Side, other: VectorRow.Side
    ) throws -> HandshakeState {
        let otherIsKnown =
            role == .initiator ? pattern.responderStaticIsKnown : pattern.initiatorStaticIsKnown
        var remote: [UInt8]?
        if otherIsKnown {
            remote =
                try side.remoteStatic ?? X25519.publicKey(of: SecretBytes(copying: other.staticKey ?? []))
        }
        return try HandshakeState(
            pattern: pattern, role: role, prologue: side.prologue, localStatic: secret(side.staticKey),
            localEphemeral: secret(side.ephemeral), remoteStatic: remote)
    }

    private func secret(_ bytes: [UInt8]?) throws -> SecretBytes? {
        guard let bytes else { return nil }
        return try SecretBytes(copying: bytes)
    }
}
