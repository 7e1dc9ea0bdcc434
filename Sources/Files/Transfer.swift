package import Identity
package import Wire

/// Which transfer: an id means something only together with the one who offered.
package struct TransferKey: Hashable, Sendable {
    package enum Direction: UInt8, Sendable {
        case incoming = 0
        case outgoing = 1
    }

    package let peer: PublicIdentity
    /// The offer's.
    package let id: MessageID
    package let direction: Direction

    package init(peer: PublicIdentity, id: MessageID, direction: Direction) {
        self.peer = peer
        self.id = id
        self.direction = direction
    }
}

/// How far a transfer is.
package enum TransferState: Hashable, Sendable {
    /// Neither side has said more than the offer.
    case offered
    /// The receiver wants it: it goes on whenever both are connected, across restarts of either.
    case accepted
    /// The receiver has it, checked and durable.
    case complete
    /// By the receiver.
    case declined
    /// By this side.
    case cancelled
    case cancelledByPeer
    /// It does not go on by itself. The receiver may accept again where the fault is gone; `keepsPart` says whether what came
    /// before is still there.
    case failed(FileFault)

    /// Whether nothing more happens unless somebody asks for it.
    package var isOver: Bool {
        switch self {
        case .offered, .accepted: false
        case .complete, .declined, .cancelled, .cancelledByPeer, .failed: true
        }
    }

    /// Whether what came of the file stays. A hidden piece of a file that the peer took back, changed or lied about is of no use
    /// to anybody, and would fill the folder unseen.
    var keepsPart: Bool {
        switch self {
        case .offered, .accepted, .complete: true
        case .declined, .cancelled, .cancelledByPeer: false
        case .failed(let fault): fault.keepsPart
        }
    }
}

/// The form in which a store keeps a state: `offered`, …, `failed:no-space`.
extension TransferState: RawRepresentable, CustomStringConvertible {
    package init?(rawValue: String) {
        switch rawValue {
        case "offered": self = .offered
        case "accepted": self = .accepted
        case "complete": self = .complete
        case "declined": self = .declined
        case "cancelled": self = .cancelled
        case "cancelled-by-peer": self = .cancelledByPeer
        default:
            guard rawValue.hasPrefix(Self.failedPrefix),
                let fault = FileFault(rawValue: String(rawValue.dropFirst(Self.failedPrefix.count)))
            else { return nil }
            self = .failed(fault)
        }
    }

    package var rawValue: String {
        switch self {
        case .offered: "offered"
        case .accepted: "accepted"
        case .complete: "complete"
        case .declined: "declined"
        case .cancelled: "cancelled"
        case .cancelledByPeer: "cancelled-by-peer"
        case .failed(let fault): Self.failedPrefix + fault.rawValue
        }
    }

    package var description: String { rawValue }

    private static let failedPrefix = "failed:"
}

/// What is kept of a transfer: plain values.
package struct Transfer: Equatable, Sendable {
    package let key: TransferKey
    package let offer: FileOffer
    /// Outgoing: the file, absolute. Incoming: where it is to be or is, absolute; nil until it was accepted.
    package var path: String?
    package var state: TransferState
    /// Chunks of 65,024 bytes. Incoming: so many from the beginning are in the part file and synced. Outgoing: always 0.
    package var chunksDone: Int

    package init(key: TransferKey, offer: FileOffer, path: String?, state: TransferState, chunksDone: Int) {
        self.key = key
        self.offer = offer
        self.path = path
        self.state = state
        self.chunksDone = chunksDone
    }
}

/// A transfer as it is at the moment.
package struct TransferStatus: Equatable, Sendable {
    package let transfer: Transfer
    /// Written, or sent; on this side, and perhaps not durable yet.
    package let bytesDone: Int64
    /// Bytes a second over the last five seconds; nil while nothing moves.
    package let rate: Double?
    /// Nil while nothing moves.
    package let secondsLeft: Double?

    package init(transfer: Transfer, bytesDone: Int64, rate: Double?, secondsLeft: Double?) {
        self.transfer = transfer
        self.bytesDone = bytesDone
        self.rate = rate
        self.secondsLeft = secondsLeft
    }
}

/// Keeps transfers across restarts. Each is found by its key; the order of `transfers` is that of their first `save`.
package protocol TransferStore: Sendable {
    /// Durable on return.
    func save(_ transfer: Transfer) async throws
    func transfers() async throws -> [Transfer]
    /// Nothing happens when there is none.
    func remove(_ key: TransferKey) async throws
}

/// The way to one connected peer, for bulk: a message of the chat is not to wait behind what is sent here.
package protocol FileChannel: Sendable {
    /// Suspends while too much is queued already. Throws once the link is gone.
    func send(_ envelope: PeerEnvelope) async throws
}
