import Sodium

/// A peer: a canonical Ed25519 public key (32 bytes) that converts to X25519 (protocol.md §2). Two identities
/// are compared as Ed25519 keys, never as X25519 keys: A and −A convert to the same one.
package struct PublicIdentity: Hashable, Comparable, Sendable, CustomStringConvertible {
    package static let byteCount = Ed25519.publicKeyByteCount
    /// Characters of an ungrouped fingerprint.
    package static let fingerprintLength = Bech32m.textLength

    /// The Ed25519 public key; 32 bytes.
    package let bytes: [UInt8]
    /// The same peer's key in a handshake (protocol.md §3); 32 bytes.
    package let x25519PublicKey: [UInt8]

    /// Takes 32 bytes from anywhere. Throws `invalidPublicKey` unless they are canonical and convert.
    package init(bytes: [UInt8]) throws(IdentityError) {
        // Of the points in the main subgroup only the neutral one has a second, not canonical form, so the
        // conversion alone would refuse the same keys. Both are asked: one of the two was wrong once
        // (CVE-2025-69277).
        guard Ed25519.isValidPublicKey(bytes) else { throw .invalidPublicKey }
        do {
            x25519PublicKey = try Ed25519.x25519PublicKey(bytes)
        } catch {
            throw .invalidPublicKey
        }
        self.bytes = bytes
    }

    /// Reads a fingerprint: spaces are dropped, all upper case is accepted, mixed case is refused. Throws
    /// `fingerprint` with the reason, or `invalidPublicKey`.
    package init(fingerprint text: String) throws(IdentityError) {
        let bytes: [UInt8]
        do {
            bytes = try Bech32m.decode(text)
        } catch {
            throw .fingerprint(error)
        }
        try self.init(bytes: bytes)
    }

    /// The whole key as text; 62 characters, lower case.
    package var fingerprint: String { Bech32m.encode(bytes) }

    /// The fingerprint in groups of four, for people.
    package var groupedFingerprint: String {
        var groups: [Substring] = []
        var rest = Substring(fingerprint)
        while !rest.isEmpty {
            groups.append(rest.prefix(4))
            rest = rest.dropFirst(4)
        }
        return groups.joined(separator: " ")
    }

    /// `p2p1` and the first 8 characters behind it: for display only. Nobody is addressed or trusted by it.
    package var shortFingerprint: String { String(fingerprint.prefix(12)) }

    package var description: String { fingerprint }

    /// Whether `signature` is this peer's over `"p2pchat/1 <context>" ‖ 0x00 ‖ body` (protocol.md §2).
    package func verify(_ signature: [UInt8], context: String, body: [UInt8]) -> Bool {
        Ed25519.verify(signature, SignedMessage.bytes(context: context, body: body), publicKey: bytes)
    }

    package static func == (left: PublicIdentity, right: PublicIdentity) -> Bool { left.bytes == right.bytes }

    package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

    /// Bytewise order.
    package static func < (left: PublicIdentity, right: PublicIdentity) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

/// What a signature is made over: never bare bytes, so that a signature for one purpose is worthless for
/// another.
enum SignedMessage {
    static func bytes(context: String, body: [UInt8]) -> [UInt8] {
        Array("p2pchat/1 \(context)".utf8) + [0] + body
    }
}
