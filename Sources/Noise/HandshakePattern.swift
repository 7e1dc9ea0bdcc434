/// Whose side of the handshake one is on. The initiator sends the first message.
package enum HandshakeRole: Sendable {
    case initiator
    case responder

    package var other: HandshakeRole { self == .initiator ? .responder : .initiator }
}

/// One step of a message (Noise §7.1).
package enum HandshakeToken: Equatable, Sendable {
    case e, s, ee, es, se, ss, psk
}

/// What is sent when, of one protocol of the suite `25519_ChaChaPoly_BLAKE2b` (Noise §7). Interactive
/// patterns only.
package struct HandshakePattern: Equatable, Sendable {
    /// The whole protocol name, which is hashed into the handshake.
    package let protocolName: String
    /// Whose static keys both sides know beforehand.
    package let initiatorStaticIsKnown: Bool
    package let responderStaticIsKnown: Bool
    /// The messages, the initiator's first, then by turns.
    package let messages: [[HandshakeToken]]

    /// How many psk tokens there are.
    package var pskCount: Int { messages.joined().count { $0 == .psk } }

    /// What this program speaks (protocol.md §3).
    package static let p2pchatName = "Noise_XKpsk2_25519_ChaChaPoly_BLAKE2b"

    /// Reads a name such as `Noise_XKpsk2_25519_ChaChaPoly_BLAKE2b`: a fundamental or deferred pattern with
    /// any `psk` modifiers (Noise §8, §9). Throws `unknownProtocol`.
    package init(protocolName: String) throws(NoiseError) {
        let parts = protocolName.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "Noise", parts[2...] == ["25519", "ChaChaPoly", "BLAKE2b"] else {
            throw .unknownProtocol
        }
        let base = parts[1].prefix { $0.isUppercase || $0.isNumber }
        guard let pattern = PatternTable.entries[String(base)] else { throw .unknownProtocol }
        self.protocolName = protocolName
        initiatorStaticIsKnown = base.hasPrefix("K")
        responderStaticIsKnown = base.drop { !$0.isUppercase }.dropFirst().contains("K")
        messages = try HandshakePattern.insert(modifiers: parts[1].dropFirst(base.count), into: pattern)
    }

    /// `psk0` stands before the first message's tokens, `pskN` behind those of the Nth message (Noise §9.4).
    private static func insert(
        modifiers: Substring, into pattern: [[HandshakeToken]]
    ) throws(NoiseError) -> [[HandshakeToken]] {
        guard !modifiers.isEmpty else { return pattern }
        var messages = pattern
        var seen: Set<Int> = []
        for modifier in modifiers.split(separator: "+", omittingEmptySubsequences: false) {
            guard modifier.hasPrefix("psk"), let place = Int(modifier.dropFirst(3)),
                modifier == "psk\(place)", (0...pattern.count).contains(place), seen.insert(place).inserted
            else { throw .unknownProtocol }
            if place == 0 {
                messages[0].insert(.psk, at: 0)
            } else {
                messages[place - 1].append(.psk)
            }
        }
        return messages
    }
}

/// The twelve fundamental interactive patterns (Noise §7.5) and the deferred ones (Noise §18.1).
private enum PatternTable {
    static let entries: [String: [[HandshakeToken]]] = [
        "NN": [[.e], [.e, .ee]],
        "NK": [[.e, .es], [.e, .ee]],
        "NX": [[.e], [.e, .ee, .s, .es]],
        "XN": [[.e], [.e, .ee], [.s, .se]],
        "XK": [[.e, .es], [.e, .ee], [.s, .se]],
        "XX": [[.e], [.e, .ee, .s, .es], [.s, .se]],
        "KN": [[.e], [.e, .ee, .se]],
        "KK": [[.e, .es, .ss], [.e, .ee, .se]],
        "KX": [[.e], [.e, .ee, .se, .s, .es]],
        "IN": [[.e, .s], [.e, .ee, .se]],
        "IK": [[.e, .es, .s, .ss], [.e, .ee, .se]],
        "IX": [[.e, .s], [.e, .ee, .se, .s, .es]],

        "NK1": [[.e], [.e, .ee, .es]],
        "NX1": [[.e], [.e, .ee, .s], [.es]],
        "X1N": [[.e], [.e, .ee], [.s], [.se]],
        "X1K": [[.e, .es], [.e, .ee], [.s], [.se]],
        "XK1": [[.e], [.e, .ee, .es], [.s, .se]],
        "X1K1": [[.e], [.e, .ee, .es], [.s], [.se]],
        "X1X": [[.e], [.e, .ee, .s, .es], [.s], [.se]],
        "XX1": [[.e], [.e, .ee, .s], [.es, .s, .se]],
        "X1X1": [[.e], [.e, .ee, .s], [.es, .s], [.se]],
        "K1N": [[.e], [.e, .ee], [.se]],
        "K1K": [[.e, .es], [.e, .ee], [.se]],
        "KK1": [[.e], [.e, .ee, .se, .es]],
        "K1K1": [[.e], [.e, .ee, .es], [.se]],
        "K1X": [[.e], [.e, .ee, .s, .es], [.se]],
        "KX1": [[.e], [.e, .ee, .se, .s], [.es]],
        "K1X1": [[.e], [.e, .ee, .s], [.se, .es]],
        "I1N": [[.e, .s], [.e, .ee], [.se]],
        "I1K": [[.e, .es, .s], [.e, .ee], [.se]],
        "IK1": [[.e, .s], [.e, .ee, .se, .es]],
        "I1K1": [[.e, .s], [.e, .ee, .es], [.se]],
        "I1X": [[.e, .s], [.e, .ee, .s, .es], [.se]],
        "IX1": [[.e, .s], [.e, .ee, .se, .s], [.es]],
        "I1X1": [[.e, .s], [.e, .ee, .s], [.se, .es]],
    ]
}
