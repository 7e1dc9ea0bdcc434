import Directory
import Identity
import Store
import Wire

/// Peers compare what they believe of the log of the directory that both use (docs/protocol.md, "Comparing logs").
extension Messenger {
    func believedLog(for peer: PublicIdentity) async -> BelievedLog? {
        guard isAccepted(peer) else { return nil }
        return await gossip?.tell(peer)
    }

    func peer(_ peer: PublicIdentity, believes log: BelievedLog) -> Bool {
        guard let gossip, isAccepted(peer) else { return true }
        switch gossip.hear(log, from: peer) {
        case .ignored: return true
        case .refused: return false
        case .heard(let belief):
            // The directory may have to be asked, and nothing else that the peer sends waits for it.
            start { await gossip.compare(belief, with: peer) }
            return true
        }
    }

    /// Tells the peers whose hour is over, and compares again what could not be settled. To be called from time to time.
    package func compareLogs() async {
        guard let gossip else { return }
        await gossip.keep(only: Set(book.all.filter { $0.standing == .accepted }.map(\.identity)))
        await gossip.compareUnresolved()
        for conversation in conversations.all { await conversation.tellLog() }
    }
}
