import Chat
import FoundationEssentials
import Glibc
import Identity
import Store
import Terminal

/// Events as lines for people. Whatever comes from elsewhere passes the sanitising gate here.
enum EventLine {
    static func text(_ event: ChatEvent) -> String {
        switch event {
        case .message(let message):
            "\(clock(message.sentAt)) \(name(message.peer)): \(VisibleText.block(message.text))"
        case .link(let peer, .connected): "* connected with \(name(peer)) (\(peer.trust.meaning))"
        case .link(let peer, .closed): "* \(name(peer)) said goodbye"
        case .link(let peer, .cut): "* the connection with \(name(peer)) was cut"
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

    /// The name, marked where it was verified.
    static func name(_ peer: PeerSummary) -> String {
        peer.trust == .verified ? peer.name + "+" : peer.name
    }

    /// Hours and minutes here.
    static func clock(_ date: Date) -> String {
        var seconds = time_t(date.timeIntervalSince1970.rounded(.down))
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil else { return "--:--" }
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return two(parts.tm_hour) + ":" + two(parts.tm_min)
    }
}
