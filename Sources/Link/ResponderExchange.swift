import Identity
import Noise
import Sodium

/// The responder's side of the three acts, between act 2 and act 3.
struct ResponderExchange: ~Copyable {
    /// Act 2, `Act.secondSize` bytes.
    let second: [UInt8]
    private var noise: HandshakeState

    /// Verifies act 1 and writes act 2. `localStatic` is the X25519 secret of `context.responder`.
    init(
        answering first: [UInt8], _ context: ExchangeContext, static localStatic: consuming SecretBytes,
        material: FreshMaterial
    ) throws(Violation) {
        guard first.count == Act.firstSize else { throw .actLength }
        guard first.first == Act.version else { throw .version }
        var noise = try context.noise(.responder, static: localStatic, material)
        let encapsulationKey: [UInt8]
        do { encapsulationKey = try noise.readMessage(Array(first.dropFirst())) } catch {
            throw .authentication
        }

        let encapsulation: Encapsulation
        do { encapsulation = try material.encapsulate(encapsulationKey) } catch { throw .encapsulation }
        let psk = try Act.presharedKey(
            encapsulation.sharedSecret, encapsulationKey: encapsulationKey,
            ciphertext: encapsulation.ciphertext,
            hashAfterFirst: noise.handshakeHash)
        let message: [UInt8]
        do {
            try noise.supplyPSK(psk)
            message = try noise.writeMessage(payload: Act.secondPayload())
        } catch {
            throw .local
        }
        second = encapsulation.ciphertext + message
        self.noise = noise
    }

    /// Verifies act 3: the identity in it must be the one whose converted key Noise has just authenticated. A and −A
    /// convert to one X25519 key, which is why the Ed25519 identity itself travels.
    consuming func readThird(_ third: [UInt8]) throws(Violation) -> FinishedResponder {
        guard third.count == Act.thirdSize else { throw .actLength }
        let payload: [UInt8]
        do { payload = try noise.readMessage(third) } catch { throw .authentication }
        guard payload.count == Act.thirdPayloadSize else { throw .authentication }
        let bytes = payload[Act.identityOffset..<Act.identityOffset + Act.identitySize]
        let identity: PublicIdentity
        do { identity = try PublicIdentity(bytes: Array(bytes)) } catch { throw .identity }
        guard identity.x25519PublicKey == noise.remoteStaticKey else { throw .identity }
        return try FinishedResponder(identity: identity, keys: SessionKeys(noise))
    }
}

struct FinishedResponder: ~Copyable {
    /// The initiator, proved.
    let identity: PublicIdentity
    let keys: SessionKeys

    consuming func takeKeys() -> SessionKeys { keys }
}
