package import Identity

/// What a probe found out about an endpoint.
package enum ProbeOutcome: Equatable, Sendable {
    /// The identity proved itself there, with act 2.
    case reachable
    /// Nothing listens there.
    case refused
    /// There is no way there.
    case unreachable
    case timeout
    /// Something else answers, or closes.
    case wrongIdentity
}

extension LinkDialer {
    /// Dials only as far as act 2, which proves the responder, and hangs up: for a directory that checks whether an address
    /// really is a peer's before publishing it. A throw-away identity stands behind it, and even that is never shown.
    package static func probe(
        _ endpoint: Endpoint, expecting: PublicIdentity, purpose: LinkPurpose, limits: LinkLimits = .standard
    ) async -> ProbeOutcome {
        do {
            let local = LocalSide(keys: try IdentityKeys.generate(), purpose: purpose, limits: limits)
            switch try await attempt(
                endpoint, limits,
                start: { now, actions in
                    .dialling(expecting, local: local, probing: true, at: now, &actions)
                })
            {
            case .ended(.proved): return .reachable
            case .ended(.handshakeTimeout): return .timeout
            case .ended, .opened: return .wrongIdentity
            }
        } catch LinkError.refused {
            return .refused
        } catch LinkError.timeout {
            return .timeout
        } catch {
            return .unreachable
        }
    }
}
