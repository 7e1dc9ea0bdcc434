import Crypto
import Identity
import Noise
import Sodium

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The initiator's side of the three acts. Each step consumes the one before, so none can be repeated or left out.
struct InitiatorExchange: ~Copyable {
    /// Act 1, `Act.firstSize` bytes; sent as it is.
    let first: [UInt8]
    private var noise: HandshakeState
    private let decapsulationKey: MLKEM768.PrivateKey
    private let encapsulationKey: [UInt8]

    /// Writes act 1. `localStatic` is the X25519 secret of the identity that act 3 will show.
    init(
        _ context: ExchangeContext, static localStatic: consuming SecretBytes, material: FreshMaterial
    ) throws(Violation) {
        var noise = try context.noise(.initiator, static: localStatic, material)
        let decapsulationKey: MLKEM768.PrivateKey
        do { decapsulationKey = try material.decapsulationKey() } catch { throw .local }
        let encapsulationKey = Array(decapsulationKey.publicKey.rawRepresentation)
        let message: [UInt8]
        do { message = try noise.writeMessage(payload: encapsulationKey) } catch { throw .local }
        first = [Act.version] + message
        self.noise = noise
        self.decapsulationKey = decapsulationKey
        self.encapsulationKey = encapsulationKey
    }

    /// Verifies act 2, which proves the responder's identity.
    consuming func readSecond(_ second: [UInt8]) throws(Violation) -> ProvedResponder {
        guard second.count == Act.secondSize else { throw .actLength }
        let ciphertext = Array(second.prefix(Act.ciphertextSize))
        let sharedSecret: SecretBytes
        do { sharedSecret = try decapsulationKey.secret(from: ciphertext) } catch { throw .encapsulation }
        let psk = try Act.presharedKey(
            sharedSecret, encapsulationKey: encapsulationKey, ciphertext: ciphertext,
            hashAfterFirst: noise.handshakeHash)
        do {
            try noise.supplyPSK(psk)
            // Maximum version, flags and zeros: ignored in version 1.
            _ = try noise.readMessage(Array(second.dropFirst(Act.ciphertextSize)))
        } catch {
            throw .authentication
        }
        return ProvedResponder(noise: noise)
    }
}

/// The initiator behind a verified act 2.
struct ProvedResponder: ~Copyable {
    private var noise: HandshakeState

    fileprivate init(noise: consuming HandshakeState) {
        self.noise = noise
    }

    /// Writes act 3, which shows and proves `identity`, and ends the exchange.
    consuming func writeThird(_ identity: PublicIdentity) throws(Violation) -> FinishedInitiator {
        let third: [UInt8]
        do { third = try noise.writeMessage(payload: Act.thirdPayload(identity)) } catch { throw .local }
        return try FinishedInitiator(third: third, keys: SessionKeys(noise))
    }
}

struct FinishedInitiator: ~Copyable {
    /// Act 3, `Act.thirdSize` bytes.
    let third: [UInt8]
    let keys: SessionKeys

    /// Gives up act 3, which must be sent before.
    consuming func takeKeys() -> SessionKeys { keys }
}
