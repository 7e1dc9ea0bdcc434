import Chat
import Files
import FoundationEssentials
import Wire

/// A file on offer, on its way, or over, as `files`, `send-file` and the "file" event give it.
struct TransferJSON: Codable, Sendable, Equatable {
    var v = 1
    /// The id of the message with the offer.
    let id: String
    /// "in" or "out".
    let direction: String
    let peer: PeerJSON
    /// Of an incoming file the name under which it is stored, not what the peer proposes.
    let name: String
    let size: Int64
    /// "offered", "accepted" (it moves, or goes on when both are online), "complete", "declined", "cancelled",
    /// "cancelledByPeer" or "failed".
    let state: String
    /// Bytes that were written, or sent.
    let bytes: Int64
    /// Bytes a second; absent while nothing moves.
    let rate: Double?
    let secondsLeft: Double?
    /// Where it is, or is to be; absent until an incoming file was accepted.
    let path: String?
    /// What it waits for: "link", "acceptance" or "answer"; absent where it moves or is over.
    let wait: String?
    /// Why it failed, absent where it did not: a word for scripts, such as "no-space".
    let fault: String?
    /// The same for people.
    let error: String?

    init(_ status: TransferStatus, peer: PeerJSON, wait: Messenger.FileWait? = nil) {
        let transfer = status.transfer
        id = transfer.key.id.description
        direction = transfer.key.direction == .incoming ? "in" : "out"
        self.peer = peer
        name =
            transfer.key.direction == .incoming ? FileName.clean(transfer.offer.name) : transfer.offer.name
        size = transfer.offer.size
        bytes = status.bytesDone
        rate = status.rate
        secondsLeft = status.secondsLeft
        path = transfer.path
        self.wait = wait.map { "\($0)" }
        switch transfer.state {
        case .failed(let fault):
            state = "failed"
            self.fault = fault.rawValue
            error = fault.description
        case .cancelledByPeer:
            state = "cancelledByPeer"
            fault = nil
            error = nil
        case .offered, .accepted, .complete, .declined, .cancelled:
            state = transfer.state.rawValue
            fault = nil
            error = nil
        }
    }

    /// Whether nothing more happens unless somebody asks for it.
    var isOver: Bool { state != "offered" && state != "accepted" }
    var isIncoming: Bool { direction == "in" }
}

struct FilesParameters: Codable, Sendable {
    /// Only these; absent: all.
    let ids: [String]?
}

struct FilesResult: Codable, Sendable {
    /// Oldest first.
    let files: [TransferJSON]
    /// Whether older ones were left out.
    let more: Bool
}

struct SendFileParameters: Codable, Sendable {
    let peer: String
    /// Absolute.
    let path: String
    /// Whether the offer is made although the peer is not there.
    let queue: Bool?
}

/// Which transfers: at least one of the two is there.
struct TransferParameters: Codable, Sendable {
    let id: String?
    let peer: String?
    /// To accept: where to, absolute; absent: the folder for downloads.
    let folder: String?
}

extension EventJSON {
    /// A transfer began, moved, or ended.
    struct File: Encodable, Sendable {
        let event = "file"
        let transfer: TransferJSON

        init(_ transfer: TransferJSON) {
            self.transfer = transfer
        }

        /// Nil where another event says it: an offer is a message.
        init?(_ peer: PeerSummary, _ event: FileEvent, _ files: FileTransfers?) async {
            let status: TransferStatus
            switch event {
            case .offered, .missed: return nil
            case .progress(let now): status = now
            case .started(let transfer), .completed(let transfer), .ended(let transfer):
                // The state is the event's, which may be older than what the engine says by now.
                let isComplete = transfer.state == .complete
                let bytes =
                    isComplete ? transfer.offer.size : await files?.status(transfer.key)?.bytesDone ?? 0
                status = TransferStatus(transfer: transfer, bytesDone: bytes, rate: nil, secondsLeft: nil)
            }
            self.init(TransferJSON(status, peer: PeerJSON(peer)))
        }

        private enum CodingKeys: CodingKey { case event }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(event, forKey: .event)
            try transfer.encode(to: encoder)
        }
    }
}
