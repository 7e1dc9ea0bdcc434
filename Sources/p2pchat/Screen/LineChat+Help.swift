import Chat
import Files
import Store
import Terminal

/// What can be typed here and now.
extension LineChat {
    func help(_ command: String?) async {
        let situation = await situation()
        guard let command else {
            return show(ChatHelp.lines(situation) + (interface.board == nil ? [] : ScreenHelp.lines))
        }
        if let lines = ChatHelp.lines(of: command, situation) { return show(lines) }
        let advice = ChatCommandTable.suggestion(for: command) ?? "/help lists the commands"
        interface.show("! there is no command \(VisibleText(command)); \(advice)")
    }

    /// What there is to do something with.
    private func situation() async -> ChatSituation {
        var situation = ChatSituation()
        situation.hasPeer = peer != nil
        if let peer { situation.hasWaiting = await node.messenger.hasOutbox(for: peer.identity) }
        for contact in await node.messenger.contacts {
            let summary = await node.messenger.summary(of: contact.identity)
            if summary.standing == .request || summary.trust == .changed { situation.hasRequest = true }
        }
        for conversation in (try? await node.store.conversations()) ?? []
        where conversation.unread > 0 && conversation.peer != peer?.identity {
            if await !node.messenger.summary(of: conversation.peer).isMuted { situation.hasUnread = true }
        }
        let files = await node.messenger.files?.list() ?? []
        situation.hasFiles = !files.isEmpty
        situation.hasOffer = files.contains {
            $0.transfer.state == .offered && $0.transfer.key.direction == .incoming
        }
        return situation
    }

    /// For completion: as they are shown, blocked peers too, who may be unblocked.
    func refreshNames() async {
        var contacts: [String] = []
        for contact in await node.messenger.contacts {
            contacts.append(await node.messenger.summary(of: contact.identity).name)
        }
        names.set(contacts: contacts)
    }
}
