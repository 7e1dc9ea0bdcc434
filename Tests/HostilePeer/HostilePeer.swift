import Foundation
import Identity
import Link
import Wire

/// One link to somebody who runs the program, and no manners.
struct HostilePeer {
    let link: Link

    /// Dials with the identity of a home that was made by `keygen --no-passphrase`.
    static func dial(_ endpoint: String, _ fingerprint: String, home: String) async throws -> HostilePeer {
        let keys = try KeyFile.open(directory: home, passphrase: nil)
        return HostilePeer(
            link: try await LinkDialer.dial(
                Endpoint(endpoint), expecting: PublicIdentity(fingerprint: fingerprint), purpose: .peer,
                identity: keys))
    }

    func leave() async { await link.close() }

    // MARK: Saying

    func say(_ envelope: PeerEnvelope) async throws {
        try await link.send(envelope.encoded())
    }

    func say(bytes: [UInt8]) async throws {
        try await link.send(bytes)
    }

    func say(_ text: String, _ id: MessageID = .make()) async throws {
        try await say(.text(try TextMessage(id: id, sentAt: Date(), text: text)))
    }

    /// - Parameter size: What the field holds on the wire, also what no file has.
    func offer(_ name: String, size: UInt64, root: [UInt8], _ id: MessageID = .make()) async throws {
        var offer = RawMessage()
        offer.append(1, id.bytes)
        offer.append(2, UInt64(Date().timeIntervalSince1970 * 1000))
        offer.append(3, Array(name.utf8))
        offer.append(4, size)
        offer.append(5, root)
        try await say(bytes: RawMessage(envelope: 5, offer).bytes)
    }

    // MARK: Hearing

    /// The next envelope that is no greeting; nil when the link ended.
    func hear() async -> PeerEnvelope? {
        while let bytes = try? await link.receive() {
            guard let envelope = try? PeerEnvelope(decoding: bytes) else { return nil }
            if case .hello = envelope { continue }
            return envelope
        }
        return nil
    }

    /// How the victim ended a transfer; nil when it ended the link.
    func end(of id: MessageID) async -> FileEnd.Reason? {
        while let envelope = await hear() {
            if case .end(let end) = envelope, end.id == id { return end.reason }
        }
        return nil
    }

    /// Whether the victim has asked for the file.
    func isAsked(for id: MessageID) async -> Bool {
        while let envelope = await hear() {
            switch envelope {
            case .fetch(let fetch) where fetch.id == id: return true
            case .end(let end) where end.id == id: return false
            default: continue
            }
        }
        return false
    }

    /// Reads until so many messages were acknowledged; false when the link ended before.
    func hearDelivered(_ count: Int) async -> Bool {
        var missing = count
        while missing > 0 {
            guard let envelope = await hear() else { return false }
            if case .delivered(let ids) = envelope { missing -= ids.count }
        }
        return true
    }

    /// Says a text, and whether that still gets through.
    func probe(_ text: String = "still here") async -> String {
        let id = MessageID.make()
        guard (try? await say(text, id)) != nil else { return "cut" }
        while let envelope = await hear() {
            if case .delivered(let ids) = envelope, ids.contains(id) { return "delivered" }
        }
        return "cut"
    }
}
