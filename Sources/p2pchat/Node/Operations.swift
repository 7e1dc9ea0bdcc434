import Chat
import Directory
import FoundationEssentials
import Identity
import Store
import Wire

/// What commands can ask of a home's node, be it in their own process or in the one that is online.
struct Operations: Sendable {
    let node: Node

    static let usualTimeout: Double = 30
    /// A day, in seconds.
    static let longestTimeout: Double = 86_400

    func who(_: NoParameters) async throws -> EntriesResult {
        let entries = try await node.entries()
        var peers: [EntryJSON] = []
        for entry in entries {
            peers.append(EntryJSON(entry, trust: await node.messenger.summary(of: entry.identity).trust))
        }
        return EntriesResult(peers: peers)
    }

    func lookup(_ parameters: PeerParameters) async throws -> EntryJSON {
        let peer = try await node.messenger.resolve(parameters.peer)
        let entry = try await node.messenger.entry(of: peer)
        return EntryJSON(entry, trust: await node.messenger.summary(of: entry.identity).trust)
    }

    func status(_: NoParameters) async throws -> StatusJSON {
        await node.status()
    }

    func verify(_ parameters: VerifyParameters) async throws -> VerifyResult {
        let peer = try await node.messenger.resolve(parameters.peer)
        let number = SafetyNumber.between(node.identity, peer.identity)
        var isEqual: Bool?
        if let text = parameters.number {
            guard let given = SafetyNumber(parsing: text) else {
                throw CommandError(.badData, "a safety number has 60 digits")
            }
            isEqual = try await node.messenger.verify(peer, number: given)
        }
        let summary = await node.messenger.summary(of: peer.identity)
        return VerifyResult(
            fingerprint: peer.identity.fingerprint, name: peer.name, safetyNumber: number.digits,
            trust: summary.trust.rawValue, isEqual: isEqual,
            log: ComparedJSON.with(peer.identity, in: node.log))
    }

    func fingerprint(_ parameters: PeerParameters) async throws -> PeerJSON {
        let peer = try await node.messenger.resolve(parameters.peer)
        return PeerJSON(await node.messenger.summary(of: peer.identity))
    }

    func contacts(_: NoParameters) async throws -> ContactsResult {
        ContactsResult(contacts: await node.messenger.contacts.map(ContactJSON.init))
    }

    func acceptContact(_ parameters: PeerParameters) async throws -> PeerJSON {
        let peer = try await node.messenger.resolve(parameters.peer)
        let summary = await node.messenger.summary(of: peer.identity)
        if summary.trust != .changed, summary.standing == .request || summary.standing == .declined {
            try await node.messenger.accept(peer.identity)
            return PeerJSON(await node.messenger.summary(of: peer.identity))
        }
        let accepted = try await node.messenger.acceptChange(of: peer.identity)
        return PeerJSON(await node.messenger.summary(of: accepted))
    }

    func forgetContact(_ parameters: PeerParameters) async throws -> PeerJSON {
        let peer = try await node.messenger.resolve(parameters.peer)
        let summary = await node.messenger.summary(of: peer.identity)
        try await node.messenger.forget(peer.identity)
        return PeerJSON(summary)
    }

    func changeContact(_ change: ContactChange) async throws -> PeerJSON {
        let messenger = node.messenger
        let peer = try await messenger.resolve(change.peer, orOffline: true).identity
        switch change.action {
        case "decline": try await messenger.decline(peer)
        case "block": try await messenger.block(peer)
        case "unblock": try await messenger.unblock(peer)
        case "mute": try await messenger.setMuted(peer, true)
        case "unmute": try await messenger.setMuted(peer, false)
        case "name": try await messenger.setNickname(peer, change.name)
        default: throw CommandError(.usage, "there is no such change of a contact")
        }
        return PeerJSON(await messenger.summary(of: peer))
    }
}
