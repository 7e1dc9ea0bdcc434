import Chat
import Files
import FoundationEssentials
import Glibc
import Identity
import Store
import Terminal
import Wire

/// Events as lines for people. Whatever comes from elsewhere passes the sanitising gate here.
enum EventLine {
    /// Nil for what need not be said to a person.
    static func text(_ event: ChatEvent, time: TimeFormat = .hours24) -> String? {
        switch event {
        case .message(let message) where message.isRequest:
            """
            ? \(name(message.peer)), a stranger, asks to talk: \(content(message.content))
            ?   nothing goes back before you answer: contacts accept, decline or block
            """
        case .message(let message):
            "\(clock(message.sentAt, time)) \(name(message.peer)): \(content(message.content))"
        case .state: nil
        case .file(let peer, .started(let transfer)):
            transfer.key.direction == .incoming
                ? "* \(FileText.name(transfer)), \(ByteCount.text(transfer.offer.size)), comes from \(name(peer))"
                : "* \(FileText.name(transfer)), \(ByteCount.text(transfer.offer.size)), goes to \(name(peer))"
        case .file(let peer, .completed(let transfer)), .file(let peer, .ended(let transfer)):
            FileText.end(transfer, name(peer))
        case .file: nil
        case .presence(let peer, isOnline: true): "* \(name(peer)) is online"
        case .presence(let peer, isOnline: false): "* \(name(peer)) is offline"
        case .notKept(let peer, let reason):
            "! what \(name(peer)) sends cannot be kept, and stays there: \(CommandError(describing: reason).message)"
        case .link(let peer, .connected): "* connected with \(name(peer)) (\(peer.meaning))"
        case .link(let peer, .closed): "* \(name(peer)) said goodbye"
        case .link(let peer, .cut): "* the connection with \(name(peer)) was cut"
        case .rotated(let peer, let former):
            """
            ! \(name(peer)) has a new key; the one before has handed on to it, and what is written goes to it now
            !   before: \(former.groupedFingerprint)
            !   now:    \(peer.identity.groupedFingerprint)
            !   not verified until the safety number is compared again: whoever has stolen the old key could do this, too
            """
        case .revoked(let peer, let handle, let heir):
            ([
                "! the key of \(name(peer)) (\(handle)) was revoked by its owner; nothing is sent to it or shown of it any more",
                "!   revoked: \(peer.identity.groupedFingerprint)",
            ] + (heir.map { RevocationText.heir($0, of: peer.identity) } ?? []).map { "!   " + $0 })
            .joined(separator: "\n")
        case .changed(let peer, let handle, let replacement):
            """
            ! the handle \(handle) now leads to another key; nothing was sent or shown
            !   pinned: \(peer.identity.groupedFingerprint)
            !   now:    \(replacement.groupedFingerprint)
            !   ask the person another way; if the key was honestly replaced: \
            p2pchat contacts accept \(peer.identity.fingerprint)
            """
        }
    }

    /// - Parameters:
    ///   - start: Columns that are taken on the first row.
    ///   - columns: At which rows are broken; nil leaves that to whoever shows them.
    static func content(_ content: MessageContent, start: Int = 0, columns: Int? = nil) -> String {
        switch content {
        case .text(let text): VisibleText.block(text, start: start, columns: columns).description
        case .file(let offer):
            "offers the file \(VisibleText(FileName.clean(offer.name))), \(ByteCount.text(offer.size))"
        }
    }

    /// The name, marked where it was verified.
    static func name(_ peer: PeerSummary) -> String {
        peer.trust == .verified ? peer.name + "+" : peer.name
    }

    /// The day here, as 2026-01-31.
    static func day(_ date: Date) -> String {
        guard let parts = local(date) else { return "----------" }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    }

    /// The time of day here.
    static func clock(_ date: Date, _ format: TimeFormat = .hours24) -> String {
        guard let parts = local(date) else { return "--:--" }
        let seconds = format.hasSeconds ? ":" + two(parts.tm_sec) : ""
        let rest = ":" + two(parts.tm_min) + seconds
        guard format.hasHalfDays else { return two(parts.tm_hour) + rest }
        let hour = parts.tm_hour % 12 == 0 ? 12 : parts.tm_hour % 12
        return "\(hour)\(rest) \(parts.tm_hour < 12 ? "am" : "pm")"
    }

    private static func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func local(_ date: Date) -> tm? {
        var seconds = time_t(date.timeIntervalSince1970.rounded(.down))
        var parts = tm()
        return localtime_r(&seconds, &parts) == nil ? nil : parts
    }
}
