import Chat
import Files
import Terminal
import Wire

/// A file as the screen shows it, in the conversation and in the list.
struct FileItem: Equatable, Sendable {
    enum Stage: Equatable, Sendable {
        /// Not answered yet, or taken and moving as soon as it can.
        case offered, taken
        case complete
        /// Why it did not come to that.
        case ended(String)
    }

    let key: TransferKey
    /// By which commands name it.
    let number: Int
    /// Fit for the terminal, as the peer's name is.
    let name: String
    let peer: String
    let size: Int64
    let bytes: Int64
    let rate: Double?
    let secondsLeft: Double?
    let stage: Stage
    let wait: Messenger.FileWait?
    /// Of an incoming file where it is to be, or is.
    let path: String?

    init(_ status: TransferStatus, number: Int, peer: String, wait: Messenger.FileWait?) {
        let transfer = status.transfer
        key = transfer.key
        self.number = number
        name = FileText.name(transfer)
        self.peer = peer
        size = transfer.offer.size
        bytes = status.bytesDone
        rate = status.rate
        secondsLeft = status.secondsLeft
        self.wait = wait
        path = transfer.key.direction == .incoming ? transfer.path.map { VisibleText($0).description } : nil
        stage =
            switch transfer.state {
            case .offered: .offered
            case .accepted: .taken
            case .complete: .complete
            case .declined: .ended(transfer.key.direction == .incoming ? "declined" : "\(peer) declined it")
            case .cancelled: .ended("stopped")
            case .cancelledByPeer: .ended("\(peer) stopped it")
            case .failed(let fault): .ended("failed: \(fault)")
            }
    }

    var isIncoming: Bool { key.direction == .incoming }
    /// Whether it can still be taken, or taken again.
    var canBeTaken: Bool {
        guard isIncoming else { return false }
        if case .ended(let why) = stage { return why.hasPrefix("failed") }
        return stage == .offered
    }
    var canBeRefused: Bool { isIncoming && stage == .offered }
    var canBeStopped: Bool { stage == .offered || stage == .taken }

    /// How it stands, in one row.
    func row(columns: Int) -> [Span] {
        switch stage {
        case .offered where isIncoming:
            [Span(fitted("/get \(number) takes it, /refuse \(number) does not", columns), .bold)]
        case .offered:
            [Span(fitted((waiting ?? "offered") + "; /stop \(number) takes it back", columns), .dim)]
        case .taken: ProgressBar.spans(self, columns: columns)
        case .complete:
            [Span(fitted(isIncoming ? "is here: \(path ?? "")" : "\(peer) has it", columns), Style(.green))]
        case .ended(let why): [Span(fitted(why, columns), Style(.red))]
        }
    }

    var waiting: String? {
        switch wait {
        case .link: "waits until \(peer) is there"
        case .acceptance: "waits until \(peer) accepts you as a contact"
        case .answer: isIncoming ? nil : "waits for \(peer)'s answer"
        case nil: nil
        }
    }
}

/// How far a file is: a bar, and the same in numbers.
enum ProgressBar {
    static func spans(_ file: FileItem, columns: Int) -> [Span] {
        let part = file.size > 0 ? min(1, max(0, Double(file.bytes) / Double(file.size))) : 1
        let percent = "\(Int(part * 100)) %"
        var words: [String]
        if let waiting = file.waiting, file.rate == nil {
            words = [percent, waiting]
        } else {
            words = [percent]
            if let rate = file.rate {
                words.append(FileText.rate(rate))
                if let left = file.secondsLeft { words.append(FileText.duration(left) + " left") }
            }
        }
        // Numbers that come and go must not make the bar jump: it has a width of its own.
        let width = min(24, columns / 3)
        var text = ""
        for word in words {
            let longer = text.isEmpty ? " " + word : text + ", " + word
            guard text.isEmpty || width + 2 + displayWidth(longer) <= columns else { break }
            text = longer
        }
        let filled = Int(part * Double(width))
        return [
            Span("[", .dim), Span(String(repeating: "█", count: filled), Style(.green)),
            Span(String(repeating: "░", count: width - filled) + "]", .dim),
            Span(fitted(text, max(0, columns - width - 2))),
        ]
    }
}
