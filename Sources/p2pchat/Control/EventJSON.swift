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

    /// A message that arrived: a text, or the offer of a file.
    struct Message: Encodable {
        let v = 1
        let event = "message"
        let id: String
        let time: String
        let peer: PeerJSON
        /// Whether it is a stranger's first contact, and nothing goes back before it is accepted.
        let request: Bool
        let text: String?
        let file: MessageJSON.FileJSON?

        init(_ message: IncomingMessage) {
            id = message.id.description
            time = JSONTime.text(message.sentAt)
            peer = PeerJSON(message.peer)
            request = message.isRequest
            switch message.content {
            case .text(let text):
                self.text = text
                file = nil
            case .file(let offer):
                text = nil
                file = MessageJSON.FileJSON(offer)
            }
        }
    }

    /// An own message has come to a new state.
    struct State: Encodable {
        let v = 1
        let event = "state"
        let id: String
        let state: String
        let peer: PeerJSON
    }

    /// A contact came online at the directory, or left.
    struct Presence: Encodable {
        let v = 1
        let event = "presence"
        let peer: PeerJSON
        let online: Bool
    }

    /// What a peer sent could not be kept here; it was not acknowledged, so the peer still has it.
    struct NotKept: Encodable {
        let v = 1
        let event = "notKept"
        let peer: PeerJSON
        let reason: String
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
