import FoundationEssentials
import Identity
import Terminal

/// Names of peers by fingerprint, for people.
struct PeerNames: Sendable {
    private let names: [String: String]

    static func load(_ session: HomeSession) async throws -> PeerNames {
        let contacts = try await session.call(ControlMethods.contacts, NoParameters(), { $0.contacts })
            .contacts
        return PeerNames(
            names: Dictionary(
                contacts.compactMap { contact in
                    (contact.nickname ?? contact.handles.last?.handle).map { (contact.fingerprint, $0) }
                }, uniquingKeysWith: { first, _ in first }))
    }

    func name(_ fingerprint: String) -> String {
        if let name = names[fingerprint] { return VisibleText(name).description }
        return (try? PublicIdentity(fingerprint: fingerprint))?.shortFingerprint ?? fingerprint
    }
}

/// Stored messages as lines for people. Whatever comes from elsewhere passes the sanitising gate here.
enum MessageLine {
    /// Time, who, text, and how far an own one came.
    static func said(_ message: MessageJSON, _ names: PeerNames, isAmongOthers: Bool) -> String {
        let name = names.name(message.peer)
        guard message.direction == "out" else { return "\(clock(message)) \(name): \(content(message))" }
        let recipient = isAmongOthers ? " to \(name)" : ""
        return "\(clock(message)) you\(recipient): \(content(message)) (\(message.state ?? ""))"
    }

    static func waiting(_ message: MessageJSON, _ names: PeerNames) -> String {
        "\(day(message)) \(clock(message))  \(names.name(message.peer))  \(message.state ?? ""): "
            + content(message)
    }

    static func day(_ message: MessageJSON) -> String { date(message).map(EventLine.day) ?? "----------" }

    private static func clock(_ message: MessageJSON) -> String {
        date(message).map { EventLine.clock($0) } ?? "--:--"
    }

    private static func date(_ message: MessageJSON) -> Date? { TimeText.date(message.time) }

    private static func content(_ message: MessageJSON) -> String {
        if let file = message.file {
            let what = message.direction == "out" ? "offered" : "offers"
            return "\(what) the file \(VisibleText(file.name)), \(ByteCount.text(file.size))"
        }
        return VisibleText.block(message.text ?? "").description
    }
}
