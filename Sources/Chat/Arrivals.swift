import Store
import Wire

/// Messages that came on one link and are not stored yet. Bounded: the link is not read while it is full.
actor Arrivals {
    private var messages = Fifo<NewMessage>()
    private var bytes = 0
    private var isOver = false
    private var writer: CheckedContinuation<Void, Never>?
    private var reader: CheckedContinuation<Void, Never>?

    /// Waits while it is full. For one at a time.
    func put(_ message: NewMessage) async {
        messages.append(message)
        bytes += message.content.byteCount
        reader?.resume()
        reader = nil
        if isFull { await withCheckedContinuation { writer = $0 } }
    }

    /// Everything that waits, in order and up to one receipt's worth; nil when it is over. For one at a time.
    func take() async -> [NewMessage]? {
        while messages.isEmpty {
            if isOver { return nil }
            await withCheckedContinuation { reader = $0 }
        }
        let taken = messages.take(Self.batch)
        bytes -= taken.reduce(0) { $0 + $1.content.byteCount }
        if !isFull {
            writer?.resume()
            writer = nil
        }
        return taken
    }

    /// What is there can still be taken.
    func end() {
        isOver = true
        reader?.resume()
        reader = nil
        writer?.resume()
        writer = nil
    }

    private var isFull: Bool { !isOver && (messages.count >= Self.most || bytes >= Self.mostBytes) }

    /// One transaction and one receipt.
    private static let batch = 256
    private static let most = 1024
    private static let mostBytes = 1 << 20
}

extension MessageContent {
    /// Bytes of what a peer filled in.
    var byteCount: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .file(let offer): offer.name.utf8.count
        }
    }
}
