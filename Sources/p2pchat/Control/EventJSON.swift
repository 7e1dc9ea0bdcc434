import Chat
import Directory
import Files
import FoundationEssentials
import Identity
import Store
import Wire

/// What `listen --json` prints, one object a line, and subscribers of the control socket are sent. docs/scripting.md has the table.
enum EventJSON {
    typealias Object = any Encodable & Sendable

    static func objects(_ event: ChatEvent, _ files: FileTransfers?) async -> [Object] {
        switch event {
        case .message(let message): [Message(message)]
        case .state(let peer, let ids, let state):
            ids.map { State(id: $0.description, state: state.description, peer: PeerJSON(peer)) }
        case .link(let peer, let state): [Link(peer, state)]
        case .presence(let peer, let isOnline): [Presence(peer: PeerJSON(peer), online: isOnline)]
        case .changed(let peer, let handle, let replacement):
            [
                Changed(
                    peer: PeerJSON(peer), handle: handle.text, replacement: replacement.fingerprint)
            ]
        case .rotated(let peer, let former):
            [Rotated(peer: PeerJSON(peer), former: former.fingerprint)]
        case .revoked(let peer, let handle, let heir):
            [Revoked(peer: PeerJSON(peer), handle: handle.text, heir: heir?.fingerprint)]
        case .notKept(let peer, let reason):
            [NotKept(peer: PeerJSON(peer), reason: CommandError(describing: reason).message)]
        case .file(let peer, let event): await File(peer, event, files).map { [$0] } ?? []
        }
    }

    /// Nil for a state that is no news.
    static func object(_ state: DirectoryState, of node: Node) -> Object? {
        switch state {
        case .connecting, .stopped: nil
        case .offline(let reason, _): Offline(reason: CommandError(describing: reason).message)
        case .online(let presence):
            Online(
                fingerprint: node.identity.fingerprint, handle: presence.handle?.text,
                directory: node.settings.directory?.description ?? "",
                addresses: DirectoryStateText.reached(presence), discoverable: presence.discoverable,
                callable: presence.isCallable, problem: DirectoryStateText.problem(presence))
        }
    }

    /// Online at the directory, for the first time or again.
    struct Online: Encodable, Sendable {
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

    struct Offline: Encodable, Sendable {
        let v = 1
        let event = "offline"
        let reason: String
    }

    /// A message that arrived: a text, or the offer of a file.
    struct Message: Encodable, Sendable {
        let v = 1
        let event = "message"
        let id: String
        let time: String
        /// When it was stored here.
        let stored: String
        let peer: PeerJSON
        /// Whether it is a stranger's first contact, and nothing goes back before it is accepted.
        let request: Bool
        let text: String?
        let file: MessageJSON.FileJSON?

        init(_ message: IncomingMessage) {
            id = message.id.description
            time = JSONTime.text(message.sentAt)
            stored = JSONTime.text(message.stored.storedAt)
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
    struct State: Encodable, Sendable {
        let v = 1
        let event = "state"
        let id: String
        let state: String
        let peer: PeerJSON
    }

    /// A contact came online at the directory, or left.
    struct Presence: Encodable, Sendable {
        let v = 1
        let event = "presence"
        let peer: PeerJSON
        let online: Bool
    }

    /// What a peer sent could not be kept here; it was not acknowledged, so the peer still has it.
    struct NotKept: Encodable, Sendable {
        let v = 1
        let event = "notKept"
        let peer: PeerJSON
        let reason: String
    }

    /// What the user is to know of the directory's log.
    struct Log: Encodable, Sendable {
        let v = 1
        let event: String
        /// The own handle whose entry this home did not make.
        let handle: String?
        /// Of such an entry "own-key", "recovery-key", "operator" or "another".
        let origin: String?
        let reason: String

        init(_ notice: LogNotice) {
            reason = LogText.summary(notice)
            switch notice {
            case .old:
                event = "oldLog"
                handle = nil
                origin = nil
            case .ownHandle(let alert):
                event = "ownHandle"
                handle = alert.handle.text
                origin = LogText.word(alert.origin)
            case .unresolved:
                event = "unresolvedLog"
                handle = nil
                origin = nil
            }
        }
    }

    /// To a subscriber that did not take its events in time: what came then was dropped, and nothing comes after this.
    struct Missed: Encodable, Sendable {
        let v = 1
        let event = "missed"
    }

    struct Link: Encodable, Sendable {
        let v = 1
        let event = "link"
        let state: String
        let peer: PeerJSON

        init(_ peer: PeerSummary, _ state: LinkState) {
            self.peer = PeerJSON(peer)
            self.state = state.rawValue
        }
    }

    /// A contact has a new key, which its former one has handed on to.
    struct Rotated: Encodable, Sendable {
        let v = 1
        let event = "rotated"
        let peer: PeerJSON
        let former: String
    }

    /// A contact's key was revoked.
    struct Revoked: Encodable, Sendable {
        let v = 1
        let event = "revoked"
        let peer: PeerJSON
        let handle: String
        /// Who may have the handle instead.
        let heir: String?
    }

    struct Changed: Encodable, Sendable {
        let v = 1
        let event = "changed"
        let peer: PeerJSON
        let handle: String
        /// The key that the handle leads to now.
        let replacement: String
    }
}
