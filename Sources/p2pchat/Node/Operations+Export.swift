import Chat
import Identity
import Store
import Wire

struct ExportParameters: Codable, Sendable {
    let peer: String
    /// What was stored behind this row; 0 to begin.
    let after: Int64
}

/// A part of a conversation, the oldest first.
struct ExportPage: Codable, Sendable {
    let peer: PeerJSON
    let messages: [MessageJSON]
    /// The row of the last one; null when there is nothing more.
    let next: Int64?
}

extension Operations {
    /// A page that fits into one line of the control socket.
    func export(_ parameters: ExportParameters) async throws -> ExportPage {
        let peer = try await node.messenger.resolve(parameters.peer, orOffline: true).identity
        let found = try await node.store.history(
            with: peer, after: parameters.after, before: nil, limit: Self.exportPage)
        var page: [StoredMessage] = []
        var bytes = 0
        for message in found {
            bytes += Self.exportOverhead
            // What is escaped takes up to six bytes for one.
            if case .text(let text) = message.content { bytes += 6 * text.utf8.count }
            guard page.isEmpty || bytes < JSONRPC.longestAnswer else { break }
            page.append(message)
        }
        return ExportPage(
            peer: PeerJSON(await node.messenger.summary(of: peer)), messages: page.map(MessageJSON.init),
            next: page.last?.row)
    }

    private static let exportPage = 500
    /// The fields of a message besides its text, a file's name included.
    private static let exportOverhead = 2_048
}
