import Chat
import Identity
import Store
import Terminal
import Wire

/// What goes onto the terminal's clipboard, where the user allows it.
extension LineChat {
    func copy(_ what: String?) async {
        guard settings.settings.clipboard else {
            return interface.show("! copying is switched off: /set clipboard yes")
        }
        guard let (text, name) = await copied(what) else {
            return interface.show("! there is no message to copy")
        }
        switch interface.copy(text) {
        case .copied: interface.show("* \(name) is copied, if the terminal lets it")
        case .tooLong: interface.show("! \(name) is longer than terminals take")
        case .impossible: interface.show("! this terminal has no clipboard that can be reached")
        }
    }

    /// The exact text, and what it is.
    private func copied(_ what: String?) async -> (text: String, name: String)? {
        switch what {
        case "invite": return (await node.status().invite, "your invite")
        case "fingerprint":
            guard let peer else { return (node.identity.fingerprint, "your fingerprint") }
            let name = await node.messenger.summary(of: peer.identity).name
            return (peer.identity.fingerprint, "the fingerprint of \(VisibleText(name))")
        default:
            guard let message = await interface.board?.chosenMessage else { return nil }
            switch message.content {
            case .text(let text): return (text, "the message of \(EventLine.clock(message.sentAt))")
            case .file(let offer): return (offer.name, "the file's name")
            }
        }
    }
}
