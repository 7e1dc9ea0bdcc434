import FoundationEssentials
import Identity
import Sodium
import Store
import Terminal
import Wire

@testable import p2pchat

enum People {
    static let alice = identity(1)
    static let bob = identity(2)
    static let carol = identity(3)

    /// Others, told apart.
    static func number(_ index: Int) -> PublicIdentity? { identity(UInt8(truncatingIfNeeded: 10 + index)) }

    private static func identity(_ seed: UInt8) -> PublicIdentity? {
        try? IdentityKeys(seed: SecretBytes(copying: [UInt8](repeating: seed, count: 32))).publicIdentity
    }
}

/// 2023-11-14, 22:13:20 UTC, which is also the clock of the tests' environment.
let start = Date(timeIntervalSince1970: 1_700_000_000)

func message(
    _ row: Int64, _ text: String, to peer: PublicIdentity, from direction: MessageDirection = .incoming,
    at seconds: Double = 0, state: DeliveryState = .delivered
) -> StoredMessage {
    StoredMessage(
        row: row, peer: peer, id: MessageID.make(at: start), direction: direction, sentAt: start + seconds,
        storedAt: start + seconds, content: .text(text), state: state)
}

func item(
    _ peer: PublicIdentity, _ name: String, trust: Trust = .unverified, standing: Standing = .accepted,
    isOnline: Bool = false, unread: Int = 0, last: String = ""
) -> ConversationItem {
    ConversationItem(
        peer: peer, name: name, trust: trust, standing: standing, isMuted: false, isOnline: isOnline,
        unread: unread, last: last)
}

/// The rows as they stand on a screen, without trailing spaces.
func text(_ frame: Frame) -> [String] { frame.rows.map { text($0) } }

func text(_ row: Frame.Row) -> String {
    var text = row.spans.map(\.text).joined()
    while text.hasSuffix(" ") { text.removeLast() }
    return text
}

func typed(_ text: String = "", question: String? = nil) -> InputLine {
    InputLine(text: text, cursor: text.unicodeScalars.count, prompt: "", question: question)
}
