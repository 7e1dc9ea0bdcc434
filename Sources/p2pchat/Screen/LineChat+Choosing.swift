import Chat
import Directory
import Identity
import Store
import Terminal

/// With whom one talks.
extension LineChat {
    func choose() async {
        peer = nil
        if let board = interface.board { await board.select(nil) } else { await gate.shut() }
        await list()
        interface.show(
            "Talk with whom? A number, a handle, ip:port or a fingerprint; Enter lists again; /help, /quit.")
        await setPrompt()
    }

    /// On a screen one may type, and read what is stored, before the directory answers.
    func listOnceOnline() async {
        guard (try? await node.firstPresence()) != nil, peer == nil,
            let others = try? await node.entries(), peer == nil
        else { return }
        guard others.isEmpty else { return await list() }
        interface.show("  nobody else is online and discoverable now; /who shows who comes")
    }

    func list() async {
        if let board = interface.board { return await board.show(.people) }
        do {
            listed = try await node.entries()
        } catch {
            fail(error)
            return
        }
        names.set(listed: listed.map { $0.handle?.text ?? $0.identity.shortFingerprint })
        if listed.isEmpty { interface.show("  nobody else is online and discoverable") }
        for (index, entry) in listed.enumerated() {
            let trust = await node.messenger.summary(of: entry.identity).trust
            guard let line = try? PeerLine.text(EntryJSON(entry, trust: trust)) else { continue }
            interface.show("  \(index + 1)  \(line)")
        }
    }

    func talk(toListed number: Int) async {
        guard listed.indices.contains(number - 1) else {
            if isScripted { failure = CommandError(.notReachable, "the list has no number \(number)") }
            return interface.show("! the list has no number \(number)")
        }
        _ = await talk(to: listed[number - 1])
    }

    func talk(to name: String) async -> Bool {
        await talk { try await self.node.messenger.resolve(name) }
    }

    private func talk(_ find: () async throws -> ResolvedPeer) async -> Bool {
        do {
            let found = try await find()
            do {
                try await node.messenger.connect(to: found)
            } catch {
                // Somebody known who is not there: what is written waits. A script asked for a conversation.
                guard !isScripted, await isKnown(found), Self.isAbsence(error) else { throw error }
                interface.show(
                    "* \(found.name) is not there now (\(CommandError(describing: error).message))")
                saidWaiting.remove(found.identity)
            }
            // It may have turned out meanwhile that the peer has a new key.
            let current = await node.messenger.current(found)
            let summary = await node.messenger.summary(of: current.identity)
            peer = current
            if let board = interface.board {
                await board.select(current.identity)
            } else {
                interface.show("* talking with \(EventLine.name(summary)) (\(summary.meaning))")
                await gate.open()
                await showUnseen()
            }
            await setPrompt()
            return true
        } catch {
            if isScripted { failure = error } else { fail(error) }
            await setPrompt()
            return false
        }
    }

    /// Somebody of the directory's list.
    func talk(to entry: PeerEntry) async -> Bool {
        await talk {
            ResolvedPeer(identity: entry.identity, handle: entry.handle, addresses: entry.addresses)
        }
    }

    /// Shows a conversation without calling the peer: a link is made for what is sent. A stranger's request is read so, too.
    func open(_ identity: PublicIdentity) async {
        let summary = await node.messenger.summary(of: identity)
        peer = ResolvedPeer(identity: identity, handle: summary.handle)
        await interface.board?.select(identity)
        await setPrompt()
    }

    /// Shows a place of a conversation, or none; nobody is called.
    func show(_ place: ScreenPlace) async {
        if let identity = place.peer {
            peer = ResolvedPeer(
                identity: identity, handle: await node.messenger.summary(of: identity).handle)
        } else {
            peer = nil
        }
        await interface.board?.go(to: place)
    }

    func openUnread() async {
        do {
            let waiting = try await node.store.conversations().filter { $0.unread > 0 }
            for conversation in waiting where conversation.peer != peer?.identity {
                let summary = await node.messenger.summary(of: conversation.peer)
                guard !summary.isMuted else { continue }
                if interface.board != nil { return await open(conversation.peer) }
                _ = await talk(to: conversation.peer.fingerprint)
                return
            }
            interface.show("  nothing new")
        } catch {
            fail(error)
        }
    }

    private func isKnown(_ peer: ResolvedPeer) async -> Bool {
        await node.messenger.contacts.contains { $0.identity == peer.identity && $0.standing == .accepted }
    }

    /// Whether the peer, or the directory, is merely not there.
    private static func isAbsence(_ error: any Error) -> Bool {
        switch error {
        case ChatError.notAvailable, ChatError.unreachable, DirectoryError.notReachable: true
        default: false
        }
    }
}
