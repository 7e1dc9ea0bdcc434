import Chat
import Identity
import Store
import Terminal

/// What the commands of the chat show and change.
extension LineChat {
    func verify(_ number: String?) async {
        guard let peer else { return interface.show("! choose a peer first") }
        do {
            let result = try await operations.verify(
                VerifyParameters(peer: peer.identity.fingerprint, number: number))
            switch result.isEqual {
            case true?: interface.show("* equal: \(peer.name) is verified")
            case false?:
                interface.show(
                    "! the numbers differ: somebody may be between you and \(peer.name), who is now unverified"
                )
            case nil:
                // The digits last, so that they are on the screen of a small window.
                show(try QRCode.halfBlocks(result.safetyNumber))
                interface.show("  " + SafetyNumber.between(node.identity, peer.identity).grouped)
                interface.show(
                    result.trust == Trust.verified.rawValue
                        ? "  \(peer.name) is verified: the numbers were compared and equal"
                        : "  \(peer.name) is \(result.trust). Compare over another way, then: /verify NUMBER")
            }
        } catch {
            fail(error)
        }
    }

    func fingerprints() {
        interface.show("  you: " + node.identity.groupedFingerprint)
        if let peer { interface.show("  \(peer.name): " + peer.identity.groupedFingerprint) }
    }

    func status() async {
        show(StatusText.lines(await node.status()).map { "  " + $0 })
    }

    func setDiscoverable(_ isDiscoverable: Bool) async {
        do {
            try await node.setDiscoverable(isDiscoverable)
            interface.show(isDiscoverable ? "* strangers can find you" : "* strangers cannot find you")
        } catch {
            fail(error)
        }
    }
}
