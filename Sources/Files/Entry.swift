import Identity
import Wire

/// One transfer as the engine holds it. Confined to the engine's actor.
final class Entry {
    var transfer: Transfer
    /// In which the transfers were offered.
    let order: Int
    let shape: FileShape
    var meter = RateMeter()
    /// Written, or sent.
    var bytesDone: Int64
    var lastProgress: ContinuousClock.Instant?

    /// Incoming, while its task runs.
    var receiving: Receiving?
    /// Incoming, while its part file is being removed: nothing is received meanwhile.
    var isRemoving = false
    /// Incoming: the tree of the chunks that are done, so that the part file is read again only after a restart.
    var prefix: PrefixTree?
    /// Incoming: the link on which chunks that were asked for may still come, after an end of this side's. Nothing is asked
    /// for on it until the sender has answered with an end of its own.
    var drainsOn: Int?

    /// Outgoing; nil until it is needed.
    var tree: FileTree?
    /// How often the file was hashed since a fetch was served: it may look changed again and again.
    var hashed = 0
    /// The link on which it was fetched: an end of the receiver's there is answered.
    var fetchedOn: Int?
    /// The link on which it was said to have started.
    var startedOn: Int?

    var saving = Saving()

    struct Saving {
        var wanted = 0
        var saved = 0
        var isBusy = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    init(_ transfer: Transfer, order: Int, chunk: Int) {
        self.transfer = transfer
        self.order = order
        shape = FileShape(size: transfer.offer.size, chunk: chunk)
        // What the home says is checked, too: it decides where is written.
        self.transfer.chunksDone = max(0, min(transfer.chunksDone, shape.chunks))
        bytesDone = transfer.state == .complete ? shape.size : shape.offset(ofChunk: self.transfer.chunksDone)
    }

    var key: TransferKey { transfer.key }

    /// Whether a task receives it, or its state is being noted.
    var isBusy: Bool { receiving != nil || isRemoving || saving.isBusy }

    /// Whether it may still come to something, so that it is kept.
    var isUnfinished: Bool {
        switch transfer.state {
        case .offered, .accepted: true
        case .failed: key.direction == .incoming
        case .complete, .declined, .cancelled, .cancelledByPeer: false
        }
    }

    func status(at now: ContinuousClock.Instant) -> TransferStatus {
        let rate = transfer.state == .accepted ? meter.rate(at: now) : nil
        return TransferStatus(
            transfer: transfer, bytesDone: bytesDone, rate: rate,
            secondsLeft: rate.map { Double(shape.size - bytesDone) / $0 })
    }

    /// What this side has to tell the peer about how the transfer ended here; nil where the peer knows.
    var ownEnd: FileEnd.Reason? {
        switch (key.direction, transfer.state) {
        case (.incoming, .complete): .complete
        case (.incoming, .declined): .declined
        case (_, .cancelled): .cancelled
        case (.incoming, .failed(.changed)), (.incoming, .failed(.gone)), (.incoming, .failed(.peerFailed)):
            nil
        case (.incoming, .failed(let fault)): fault.reason
        case (.outgoing, .failed(.changed)): .changed
        case (.outgoing, .failed(.gone)): .gone
        case (.outgoing, .failed(.inputOutput)), (.outgoing, .failed(.notAsked)): .failed
        default: nil
        }
    }
}

/// One transfer being received over one link. Confined to the engine's actor.
final class Receiving {
    /// A fetch whose chunks are still to come.
    struct Expected {
        let chunks: Range<Int>
        var next: Int
        var spanCame = false

        init(_ chunks: Range<Int>) {
            self.chunks = chunks
            next = chunks.lowerBound
        }
    }

    let link: Int
    let intake = Intake()
    let disk = DiskQueue("p2pchat.file")
    let syncs = DiskQueue("p2pchat.sync")
    /// Nothing is asked before the part file is open.
    var writer: PartWriter?
    var expected: [Expected] = []
    /// Chunks from the first that were asked for, that came, and that were written.
    var asked = 0
    var came = 0
    var written = 0
    var hasAsked = false
    /// Chunks in the intake.
    var queued = 0
    var lastCame: ContinuousClock.Instant
    var lastSync: ContinuousClock.Instant
    var isSyncing = false
    var syncFailed = false
    /// It is about to get its name; too late to cancel.
    var isPlacing = false

    init(link: Int, at now: ContinuousClock.Instant) {
        self.link = link
        lastCame = now
        lastSync = now
    }
}

/// A connected peer. Confined to the engine's actor.
final class PeerLink {
    /// What one outgoing transfer still has to send.
    final class Serving {
        let key: TransferKey
        var fetches: [Range<Int>] = []
        /// The next chunk of the first fetch.
        var position = 0
        var file: SourceFile?
        var isPreparing = false

        init(_ key: TransferKey) {
            self.key = key
        }
    }

    let number: Int
    let channel: any FileChannel
    let disk = DiskQueue("p2pchat.read")
    let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    /// Questions and ends: they go before chunks.
    var control: [PeerEnvelope] = []
    /// The first few are served in turn.
    var servings: [Serving] = []
    /// Being received, in the order in which they are asked for more.
    var active: [TransferKey] = []
    /// To be received, first come first served.
    var waiting: [TransferKey] = []
    private var waitingFrom = 0

    init(number: Int, channel: any FileChannel) {
        self.number = number
        self.channel = channel
        (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func wake() { waker.yield() }
    func end() { waker.finish() }

    func nextWaiting() -> TransferKey? {
        guard waitingFrom < waiting.count else {
            waiting = []
            waitingFrom = 0
            return nil
        }
        waitingFrom += 1
        return waiting[waitingFrom - 1]
    }
}
