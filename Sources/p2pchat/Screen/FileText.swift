import Chat
import Files
import Terminal
import Wire

/// Files and how far they are, for people. Names come from peers and pass the sanitising gate.
enum FileText {
    /// Of an incoming file the name under which it is stored.
    static func name(_ transfer: Transfer) -> String {
        let name = transfer.offer.name
        return VisibleText(transfer.key.direction == .incoming ? FileName.clean(name) : name).description
    }

    /// What became of a transfer; nil while it is not over.
    static func end(_ transfer: Transfer, _ peer: String) -> String? {
        let file = name(transfer)
        let isIncoming = transfer.key.direction == .incoming
        switch transfer.state {
        case .offered, .accepted: return nil
        case .complete:
            return isIncoming
                ? "* \(file) of \(peer) is here: \(VisibleText(transfer.path ?? ""))"
                : "* \(peer) has \(file)"
        case .declined: return isIncoming ? "* \(file) of \(peer) was declined" : "* \(peer) declined \(file)"
        case .cancelled: return "* \(file) was stopped"
        case .cancelledByPeer: return "* \(peer) stopped \(file)"
        case .failed(let fault):
            return "! \(file) \(isIncoming ? "of" : "for") \(peer) does not go on: \(fault)"
        }
    }

    /// How far it is: `45 % of 1.20 GiB, 120 MiB/s, 5 s left`.
    static func progress(bytes: Int64, size: Int64, rate: Double?, secondsLeft: Double?) -> String {
        let percent = size > 0 ? Int(Double(bytes) / Double(size) * 100) : 100
        var parts = ["\(min(100, max(0, percent))) % of \(ByteCount.text(size))"]
        if let rate { parts.append(self.rate(rate)) }
        if let secondsLeft, rate != nil { parts.append(duration(secondsLeft) + " left") }
        return parts.joined(separator: ", ")
    }

    static func rate(_ rate: Double) -> String {
        ByteCount.text(Int64(max(0, min(rate, 1e15)))) + "/s"
    }

    /// Seconds as `5 s`, `3 min`, `2 h 5 min`.
    static func duration(_ seconds: Double) -> String {
        let seconds = Int(max(0, min(seconds, 1e9)).rounded(.up))
        if seconds < 100 { return "\(seconds) s" }
        let minutes = seconds / 60
        return minutes < 100 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
    }

    /// One line of the list.
    static func line(_ file: TransferJSON) -> String {
        let arrow = file.isIncoming ? "from" : "to"
        let what =
            switch file.state {
            case "offered": file.wait.map(waiting) ?? "offered"
            case "accepted":
                progress(bytes: file.bytes, size: file.size, rate: file.rate, secondsLeft: file.secondsLeft)
                    + (file.wait.map { ", " + waiting($0) } ?? "")
            case "complete": file.isIncoming ? "complete: \(VisibleText(file.path ?? ""))" : "complete"
            case "cancelledByPeer": "stopped by \(file.peer.name)"
            case "cancelled": "stopped"
            case "failed": "failed: \(file.error ?? "")"
            default: file.state
            }
        return "\(VisibleText(file.name)), \(ByteCount.text(file.size)), \(arrow) \(file.peer.name): \(what)"
    }

    /// What a transfer waits for.
    static func waiting(_ wait: String) -> String {
        switch wait {
        case "link": "waits for a connection"
        case "acceptance": "waits until you are accepted as a contact"
        case "answer": "waits for an answer"
        default: wait
        }
    }
}
