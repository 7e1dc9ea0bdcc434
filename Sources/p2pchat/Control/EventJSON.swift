import Chat
import FoundationEssentials
import Identity
import Wire

/// What `listen --json` prints, one object a line.
enum EventJSON {
    /// Online at the directory, for the first time or again.
    struct Online: Encodable {
        let v = 1
        let event = "online"
        let fingerprint: String
        let handle: String?
        let directory: String
        /// The addresses at which the directory reached this peer; empty where it cannot be called.
        let addresses: [String]
        let discoverable: Bool
        let callable: Bool
        /// Why not, where it cannot be called.
        let problem: String?
    }

    struct Offline: Encodable {
        let v = 1
        let event = "offline"
        let reason: String
    }

    struct Message: Encodable {
        let v = 1
        let event = "message"
        let id: String
        let time: String
        let peer: PeerJSON
        let text: String

        init(_ message: IncomingMessage) {
            id = message.id.description
            time = message.sentAt.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
            peer = PeerJSON(message.peer)
            text = message.text
        }
    }

    struct Link: Encodable {
        let v = 1
        let event = "link"
        let state: String
        let peer: PeerJSON

        init(_ peer: PeerSummary, _ state: LinkState) {
            self.peer = PeerJSON(peer)
            self.state = state.rawValue
        }
    }

    struct Changed: Encodable {
        let v = 1
        let event = "changed"
        let peer: PeerJSON
        let handle: String
        /// The key that the handle leads to now.
        let replacement: String
    }
}
