import Crypto
import Foundation
import Identity
import NIOCore
import Noise
import Sodium
import TestSupport

@testable import Link

/// Makes the vector files anew (`P2PCHAT_WRITE_VECTORS=1`), which only a change of the protocol should need.
enum TranscriptMaker {
    static func transcript() throws -> Transcript {
        let initiator = try IdentityKeys(seed: SecretBytes(copying: seed(1))).publicIdentity
        let responder = try IdentityKeys(seed: SecretBytes(copying: seed(2))).publicIdentity
        var transcript = Transcript(
            purpose: "peer", safetyNumber: SafetyNumber.between(initiator, responder).grouped,
            initiator: party(initiator, 1),
            responder: party(responder, 2),
            encapsulations: try [3, 4].map { number in
                let seed = seed(number) + seed(number + 2)
                let key = try MLKEM768.PrivateKey(seedRepresentation: seed, publicKey: nil)
                let drawn = try key.publicKey.encapsulate()
                return Transcript.Encapsulated(
                    seed: seed.hex, ciphertext: Array(drawn.encapsulated).hex,
                    sharedSecret: drawn.sharedSecret.withUnsafeBytes { Array($0) }.hex)
            }, agreements: [], flights: [])
        transcript.agreements = [try transcript.openingAgreement()]
        transcript.flights = try transcript.play()
        return transcript
    }

    private static func seed(_ number: Int) -> [UInt8] { [UInt8](repeating: UInt8(number), count: 32) }

    private static func party(_ identity: PublicIdentity, _ number: Int) -> Transcript.Party {
        Transcript.Party(
            seed: seed(number).hex, identity: identity.bytes.hex, fingerprint: identity.fingerprint,
            ephemerals: [seed(number + 16).hex, seed(number + 32).hex],
            headers: [
                [UInt8](repeating: UInt8(number + 48), count: 24).hex,
                [UInt8](repeating: UInt8(number + 64), count: 24).hex,
            ])
    }

    // MARK: What must be refused

    static func refused(_ transcript: Transcript) throws -> [RefusedFlight] {
        try handshake(transcript) + frames(transcript)
    }

    private static func handshake(_ transcript: Transcript) throws -> [RefusedFlight] {
        let flights = try transcript.flights.map { try [UInt8](hex: $0.hex) }
        let (first, second, third, ready) = (flights[0], flights[1], flights[2], flights[3])
        let initiator = try transcript.local(transcript.initiator)
        let responder = try transcript.local(transcript.responder).identity
        let stranger = try IdentityKeys(seed: SecretBytes(copying: seed(9)))

        func act1(_ purpose: LinkPurpose, _ responder: PublicIdentity) throws -> [UInt8] {
            let local = try transcript.local(transcript.initiator)
            return try InitiatorExchange(
                ExchangeContext(purpose: purpose, responder: responder, renewing: nil),
                static: local.secretKey(), material: local.material
            ).first
        }
        func act1(encapsulationKey: [UInt8]) throws -> [UInt8] {
            let context = ExchangeContext(purpose: .peer, responder: responder, renewing: nil)
            var noise = try context.noise(
                .initiator, static: initiator.secretKey(), transcript.local(transcript.initiator).material)
            return try [Act.version] + noise.writeMessage(payload: encapsulationKey)
        }
        /// Act 3 of somebody who shows one identity and proves another.
        func act3(proving keys: IdentityKeys, showing identity: [UInt8]) throws -> [UInt8] {
            let local = try transcript.local(transcript.initiator)
            let context = ExchangeContext(purpose: .peer, responder: responder, renewing: nil)
            var noise = try context.noise(.initiator, static: keys.x25519SecretKey(), local.material)
            let key = try MLKEM768.PrivateKey(
                seedRepresentation: [UInt8](hex: transcript.encapsulations[0].seed), publicKey: nil)
            let encapsulationKey = Array(key.publicKey.rawRepresentation)
            _ = try noise.writeMessage(payload: encapsulationKey)
            let ciphertext = Array(second.prefix(Act.ciphertextSize))
            try noise.supplyPSK(
                Act.presharedKey(
                    key.secret(from: ciphertext), encapsulationKey: encapsulationKey, ciphertext: ciphertext,
                    hashAfterFirst: noise.handshakeHash))
            _ = try noise.readMessage(Array(second.dropFirst(Act.ciphertextSize)))
            let payload = [Act.version, 0] + identity + [UInt8](repeating: 0, count: 478)
            return try noise.writeMessage(payload: payload)
        }
        func changed(_ bytes: [UInt8], _ index: Int) -> [UInt8] {
            var bytes = bytes
            bytes[index] ^= 1
            return bytes
        }

        var modulus = try act1Key(transcript)
        // The first coefficient becomes 3329, the modulus itself.
        modulus[0] = 0x01
        modulus[1] = modulus[1] & 0xf0 | 0x0d
        var zero = first
        zero.replaceSubrange(1..<33, with: [UInt8](repeating: 0, count: 32))
        let own = try IdentityKeys(seed: SecretBytes(copying: seed(2)))
        return try [
            RefusedFlight("act 1: version 2", 0, "responder", .version, [2] + first.dropFirst()),
            RefusedFlight("act 1: version 0", 0, "responder", .version, [0] + first.dropFirst()),
            RefusedFlight(
                "act 1: for a directory", 0, "responder", .authentication, try act1(.directory, responder)),
            RefusedFlight(
                "act 1: for another responder", 0, "responder", .authentication,
                try act1(.peer, stranger.publicIdentity)),
            RefusedFlight("act 1: ephemeral key is zero", 0, "responder", .authentication, zero),
            RefusedFlight(
                "act 1: encapsulation key has a coefficient that is the modulus", 0, "responder",
                .encapsulation,
                try act1(encapsulationKey: modulus)),
            RefusedFlight("act 1: a byte behind it", 0, "responder", .earlyBytes, first + [0]),
            RefusedFlight("act 2: ciphertext altered", 1, "initiator", .authentication, changed(second, 0)),
            RefusedFlight(
                "act 2: ephemeral key altered", 1, "initiator", .authentication, changed(second, 1088)),
            RefusedFlight("act 2: payload altered", 1, "initiator", .authentication, changed(second, 1130)),
            RefusedFlight("act 2: tag altered", 1, "initiator", .authentication, changed(second, 1199)),
            RefusedFlight("act 3: static key altered", 2, "responder", .authentication, changed(third, 0)),
            RefusedFlight("act 3: payload altered", 2, "responder", .authentication, changed(third, 60)),
            RefusedFlight(
                "act 3: shows an identity that it does not prove", 2, "responder", .identity,
                try act3(proving: initiator.keys, showing: stranger.publicIdentity.bytes)),
            RefusedFlight(
                "act 3: shows no point at all", 2, "responder", .identity,
                try act3(proving: initiator.keys, showing: [UInt8](repeating: 0xff, count: 32))),
            RefusedFlight(
                "act 3: the responder's own identity", 2, "responder", .ownIdentity,
                try act3(proving: own, showing: own.publicIdentity.bytes)),
            RefusedFlight(
                "act 3: a frame behind the header, before ready", 2, "responder", .earlyBytes,
                third + [UInt8](hex: transcript.flights[4].hex)),
            RefusedFlight(
                "header altered, shown by ready", 3, "initiator", .frameAuthentication, changed(ready, 0)),
            RefusedFlight("ready: length altered", 3, "initiator", .frameLength, changed(ready, 25)),
        ]
    }

    private static func act1Key(_ transcript: Transcript) throws -> [UInt8] {
        let key = try MLKEM768.PrivateKey(
            seedRepresentation: [UInt8](hex: transcript.encapsulations[0].seed), publicKey: nil)
        return Array(key.publicKey.rawRepresentation)
    }

    private static func frames(_ transcript: Transcript) throws -> [RefusedFlight] {
        let agreement = transcript.agreements[0]
        func row(
            _ name: String, from party: Transcript.Party, _ violation: Violation, after: Int = 4,
            _ plaintext: [UInt8], _ tag: SecretStreamTag = .message
        ) throws -> RefusedFlight {
            let isInitiator = party.seed == transcript.initiator.seed
            let key = try SecretBytes(
                copying: [UInt8](hex: isInitiator ? agreement.keyI2R : agreement.keyR2I))
            let header = try [UInt8](hex: party.headers[0])
            var push = try SecretStreamPush(key: key, header: header)
            var bytes: [UInt8] = []
            // The responder's `ready` came first; a row in its place begins behind the header.
            if !isInitiator, after == 3 { bytes = header }
            if !isInitiator, after == 4 { _ = try Self.seal(frame(1), .message, &push) }
            bytes += try seal(plaintext, tag, &push)
            return RefusedFlight(name, after, isInitiator ? "responder" : "initiator", violation, bytes)
        }
        let (initiator, responder) = (transcript.initiator, transcript.responder)
        var rows: [RefusedFlight] = []
        for length in [0, 256, 272, 274, 65298, 65535] {
            rows.append(
                RefusedFlight(
                    "frame: length \(length)", 4, "responder", .frameLength,
                    [UInt8(length >> 8), UInt8(length & 255)]))
        }
        rows += [
            try row("frame: kind 6", from: initiator, .kind, frame(6, [1])),
            try row("frame: kind 255", from: initiator, .kind, frame(255)),
            try row("frame: envelope without content", from: initiator, .emptyEnvelope, frame(0)),
            try row("frame: ping with content", from: initiator, .contentNotEmpty, frame(2, [0])),
            try row(
                "frame: content longer than the frame", from: initiator, .contentLength,
                frame(0, [1], claim: 253)),
            try row("frame: tag PUSH", from: initiator, .tag, frame(0, [1]), .push),
            try row("frame: FINAL without close", from: initiator, .finalWithoutClose, frame(0, [1]), .final),
            try row("frame: close without FINAL", from: initiator, .closeWithoutFinal, frame(5)),
            try row("frame: close with REKEY", from: initiator, .closeWithoutFinal, frame(5), .rekey),
            try row("frame: close with content", from: initiator, .contentNotEmpty, frame(5, [0]), .final),
            try row("frame: ready from the initiator", from: initiator, .misplacedReady, frame(1)),
            try row("frame: ready twice", from: responder, .misplacedReady, frame(1)),
            try row("frame: ping instead of ready", from: responder, .notReady, after: 3, frame(2)),
            try row("frame: envelope instead of ready", from: responder, .notReady, after: 3, frame(0, [1])),
            try row(
                "act in a frame: 32 bytes", from: initiator, .actLength,
                frame(4, [UInt8](repeating: 0, count: 32))),
            try row(
                "act in a frame: act 3 without act 1", from: initiator, .actOrder,
                frame(4, [UInt8](repeating: 0, count: 600))),
            try row(
                "act in a frame: act 2 that nobody asked for", from: responder, .actOrder,
                frame(4, [UInt8](repeating: 0, count: 1200))),
            try row(
                "act in a frame: act 1 from the responder", from: responder, .actLength,
                frame(4, [UInt8](repeating: 0, count: 1233))),
        ]
        return rows
    }

    private static func frame(_ kind: UInt8, _ content: [UInt8] = [], claim: Int? = nil) -> [UInt8] {
        let count = claim ?? content.count
        let size = Frame.size(forContent: content.count) ?? 0
        let plaintext = [kind, UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255)] + content
        return plaintext + [UInt8](repeating: 0, count: size - plaintext.count)
    }

    private static func seal(
        _ plaintext: [UInt8], _ tag: SecretStreamTag, _ push: inout SecretStreamPush
    ) throws -> [UInt8] {
        let length = plaintext.count + SecretStream.overhead
        let ad = [UInt8(length >> 8), UInt8(length & 255)]
        var ciphertext = [UInt8](repeating: 0, count: length)
        try plaintext.withUnsafeBytes { plaintext in
            try ciphertext.withUnsafeMutableBytes { ciphertext in
                try ad.withUnsafeBytes { try push.push(plaintext, into: ciphertext, ad: $0, tag: tag) }
            }
        }
        return ad + ciphertext
    }
}
