import Crypto
import Foundation
import Identity
import Noise
import Sodium
import Synchronization
import TestSupport

@testable import Link

/// transcript.json: one whole link with everything random in it fixed (protocol.md, "Test vectors"). Bytes are hexadecimal.
struct Transcript: Codable {
    /// What one side draws; a list where fresh keys inside the link draw again.
    struct Party: Codable {
        var seed: String
        var identity: String
        var fingerprint: String
        var ephemerals: [String]
        var headers: [String]
    }

    struct Encapsulated: Codable {
        /// d ‖ z of the initiator's KEM key.
        var seed: String
        var ciphertext: String
        var sharedSecret: String
    }

    /// What an agreement comes to.
    struct Agreement: Codable {
        var psk: String
        var hash: String
        var keyI2R: String
        var keyR2I: String
    }

    struct Flight: Codable {
        var name: String
        var from: String
        var hex: String
    }

    var purpose: String
    var safetyNumber: String
    var initiator: Party
    var responder: Party
    var encapsulations: [Encapsulated]
    var agreements: [Agreement]
    var flights: [Flight]

    static var folder: String { PackageFolder.root + "/Tests/LinkTests/Vectors" }

    static func read() throws -> Transcript {
        try JSONDecoder().decode(
            Transcript.self, from: Data(contentsOf: URL(fileURLWithPath: folder + "/transcript.json")))
    }

    // MARK: Playing it

    /// Fresh keys right behind the first envelopes.
    static var limits: LinkLimits {
        var limits = LinkLimits.standard
        limits.renewalBytes = 1500
        limits.renewalNotWithin = .zero
        return limits
    }

    func local(_ party: Party, _ limits: LinkLimits = limits) throws -> LocalSide {
        let ephemerals = Queue(try party.ephemerals.map { try [UInt8](hex: $0) })
        let headers = Queue(try party.headers.map { try [UInt8](hex: $0) })
        let seeds = Queue(try encapsulations.map { try [UInt8](hex: $0.seed) })
        let kems = Queue(
            try encapsulations.map { (try [UInt8](hex: $0.sharedSecret), try [UInt8](hex: $0.ciphertext)) })
        return LocalSide(
            keys: try IdentityKeys(seed: SecretBytes(copying: [UInt8](hex: party.seed))), purpose: .peer,
            limits: limits,
            material: FreshMaterial(
                ephemeral: { try SecretBytes(copying: ephemerals.next()) },
                decapsulationKey: {
                    try MLKEM768.PrivateKey(seedRepresentation: seeds.next(), publicKey: nil)
                },
                encapsulate: { key in
                    _ = try MLKEM768.PublicKey(rawRepresentation: key)
                    let (secret, ciphertext) = try kems.next()
                    return Encapsulation(
                        sharedSecret: try SecretBytes(copying: secret), ciphertext: ciphertext)
                },
                streamHeader: { (try? headers.next()) ?? [] }))
    }

    /// Plays the link and returns its flights.
    func play() throws -> [Flight] {
        let clock = TestClock()
        let responder = Side(answering: try local(self.responder), clock)
        let initiator = Side(
            dialling: try PublicIdentity(bytes: [UInt8](hex: self.responder.identity)),
            try local(self.initiator), clock)
        var flights: [Flight] = []
        func there(_ name: String) {
            let bytes = initiator.flush()
            flights.append(Flight(name: name, from: "initiator", hex: bytes.hex))
            responder.receive(bytes)
        }
        func back(_ name: String) {
            let bytes = responder.flush()
            flights.append(Flight(name: name, from: "responder", hex: bytes.hex))
            initiator.receive(bytes)
        }
        there("act 1")
        back("act 2")
        there("act 3, header")
        back("header, ready")
        initiator.send(Array("hello".utf8))
        there("envelope \"hello\"")
        responder.send([UInt8](repeating: 0xa5, count: 253))
        back("envelope of 253 bytes a5: the next size")
        initiator.ping()
        there("ping")
        back("pong")
        initiator.send(Array("still old keys".utf8))
        there("fresh keys: act 1; an envelope behind it under the old keys")
        back("fresh keys: act 2")
        there("fresh keys: act 3, header")
        back("fresh keys: header; ready under the new keys")
        initiator.send(Array("new keys there".utf8))
        there("envelope under the new keys")
        responder.send(Array("new keys back".utf8))
        back("envelope under the new keys")
        initiator.close()
        there("close")
        back("close")
        guard initiator.end == .goodbye, responder.end == .goodbye else { throw LinkError.cut }
        return flights
    }

    /// What the first agreement comes to, computed from its parts.
    func openingAgreement() throws -> Agreement {
        let initiator = try local(self.initiator)
        let identity = try PublicIdentity(bytes: [UInt8](hex: responder.identity))
        let context = ExchangeContext(purpose: .peer, responder: identity, renewing: nil)
        let key = try MLKEM768.PrivateKey(
            seedRepresentation: [UInt8](hex: encapsulations[0].seed), publicKey: nil)
        let encapsulationKey = Array(key.publicKey.rawRepresentation)
        var noise = try context.noise(
            .initiator, static: initiator.secretKey(), local(self.initiator).material)
        _ = try noise.writeMessage(payload: encapsulationKey)
        let psk = try Act.presharedKey(
            SecretBytes(copying: [UInt8](hex: encapsulations[0].sharedSecret)),
            encapsulationKey: encapsulationKey,
            ciphertext: [UInt8](hex: encapsulations[0].ciphertext), hashAfterFirst: noise.handshakeHash)
        let exchange = try InitiatorExchange(
            context, static: initiator.secretKey(), material: initiator.material)
        let responding = try local(self.responder)
        let answer = try ResponderExchange(
            answering: exchange.first, context, static: responding.secretKey(), material: responding.material)
        let keys = try exchange.readSecond(answer.second).writeThird(initiator.identity).takeKeys()
        return Agreement(
            psk: psk.withBytes { Array($0) }.hex, hash: keys.hash.hex,
            keyI2R: keys.initiatorToResponder.withBytes { Array($0) }.hex,
            keyR2I: keys.responderToInitiator.withBytes { Array($0) }.hex)
    }
}

/// Hands out fixed values one after the other.
private final class Queue<Value: Sendable>: Sendable {
    struct Empty: Error {}

    private let values: Mutex<[Value]>

    init(_ values: [Value]) { self.values = Mutex(values) }

    func next() throws -> Value {
        try values.withLock { values in
            guard let first = values.first else { throw Empty() }
            values.removeFirst()
            return first
        }
    }
}
