import Chat
import FoundationEssentials
import Identity
import Store
import Terminal

/// What the commands of the chat show and change.
extension LineChat {
    func verify(_ number: String?) async {
        guard let peer else { return interface.show("! choose a peer first") }
        do {
            let result = try await operations.verify(
                VerifyParameters(peer: peer.identity.fingerprint, number: number))
            if let board = interface.board {
                return await board.showDetails(of: peer.identity, isEqual: result.isEqual)
            }
            switch result.isEqual {
            case true?: interface.show("* equal: \(peer.name) is verified")
            case false?:
                interface.show(
                    "! the numbers differ: somebody may be between you and \(peer.name), who is now unverified"
                )
            case nil:
                // The digits last, so that they are on the screen of a small window.
                try showCode(result.safetyNumber)
                interface.show("  " + ComparedText.sentence(result.log, name: peer.name))
                interface.show("  " + SafetyNumber.between(node.identity, peer.identity).grouped)
                interface.show(
                    result.trust == Trust.verified.rawValue
                        ? "  \(peer.name) is verified: the numbers were compared and equal"
                        : "  \(peer.name) is \(result.trust). Compare over another way, then: /verify NUMBER")
            }
        } catch {
            fail(error)
        }
    }

    func fingerprints() async {
        if let board = interface.board, let peer { return await board.showDetails(of: peer.identity) }
        interface.show("  you: " + node.identity.groupedFingerprint)
        if let peer { interface.show("  \(peer.name): " + peer.identity.groupedFingerprint) }
    }

    func invite() async {
        do {
            let invite = await node.status().invite
            try showCode(invite)
            interface.show("  " + invite)
        } catch {
            fail(error)
        }
    }

    /// Where there is room: a code whose rows are broken cannot be read.
    private func showCode(_ text: String) throws {
        let rows = try QRCode.halfBlocks(text)
        let width = rows.map { displayWidth($0) }.max() ?? 0
        guard let columns = interface.columns, width > columns else { return show(rows) }
        interface.show("  (as a QR code it needs \(width) columns)")
    }

    func status() async {
        show(StatusText.lines(await node.status()).map { "  " + $0 })
    }

    func setDiscoverable(_ isDiscoverable: Bool) async {
        do {
            try await node.setDiscoverable(isDiscoverable)
            interface.show(isDiscoverable ? "* strangers can find you" : "* strangers cannot find you")
        } catch {
            fail(error)
        }
    }

    // MARK: On one's own terms

    func change(_ action: ContactAction, _ name: String?) async {
        do {
            let requests = await node.messenger.contacts.filter { $0.standing == .request }
            guard
                let subject = name
                    ?? (action == .accept && requests.count == 1
                        ? requests[0].identity.fingerprint : peer?.identity.fingerprint)
            else {
                return interface.show(
                    requests.isEmpty
                        ? "! say whom: /\(action.rawValue) PEER"
                        : "! say whom: "
                            + requests.map(\.identity.shortFingerprint).joined(separator: " "))
            }
            interface.show(try await change(action, of: subject))
        } catch {
            fail(error)
        }
    }

    /// - Returns: What came of it.
    func change(_ action: ContactAction, of subject: String) async throws -> String {
        let result: PeerJSON
        if action == .accept {
            result = try await operations.acceptContact(PeerParameters(peer: subject))
        } else {
            result = try await operations.changeContact(
                ContactChange(peer: subject, action: action.rawValue, name: nil))
        }
        let summary = await node.messenger.summary(
            of: try PublicIdentity(fingerprint: result.fingerprint))
        return "* \(EventLine.name(summary)): " + Self.outcome(action)
    }

    func listRequests() async {
        if let board = interface.board { return await board.show(.requests) }
        let requests = await node.messenger.contacts.filter { $0.standing == .request }
        if requests.isEmpty { interface.show("  nobody waits for an answer") }
        for contact in requests {
            let summary = await node.messenger.summary(of: contact.identity)
            let said = try? await node.store.history(
                with: contact.identity, after: 0, before: nil, limit: 1)
            let text = said?.first.map { ": " + EventLine.content($0.content) } ?? ""
            interface.show("  \(EventLine.name(summary)), \(contact.identity.shortFingerprint)\(text)")
        }
    }

    private static func outcome(_ action: ContactAction) -> String {
        switch action {
        case .accept: "accepted"
        case .decline: "declined; it is told nothing"
        case .block: "blocked; its calls fail from now on"
        case .unblock: "not blocked any more"
        case .mute: "muted; what it writes is kept and not shown"
        case .unmute: "not muted any more"
        }
    }

    func name(_ nickname: String?) async {
        guard let peer else { return interface.show("! choose a peer first") }
        do {
            try await node.messenger.setNickname(peer.identity, nickname)
            interface.show(
                nickname.map { "* now called \(VisibleText($0)), here only" }
                    ?? "* no name of your own any more")
            await setPrompt()
        } catch {
            fail(error)
        }
    }

    // MARK: What waits, and what was said

    func queue() async {
        guard let peer else { return interface.show("! choose a peer first") }
        do {
            queued = try await node.messenger.outbox(of: peer.identity, limit: 100)
            if queued.isEmpty { interface.show("  nothing waits for \(peer.name)") }
            for (index, message) in queued.enumerated() {
                interface.show("  \(index + 1)  \(line(message, "you")) (\(message.state))")
            }
            if queued.count == 100 { interface.show("  and perhaps more: p2pchat outbox list") }
        } catch {
            fail(error)
        }
    }

    func edit(_ number: Int, _ text: String) async {
        guard let message = numbered(number) else { return }
        do {
            switch try await node.messenger.edit(message.id, to: message.peer, text: text) {
            case .edited: interface.show("* number \(number) is now: \(VisibleText.block(text))")
            case .alreadySent: interface.show("! number \(number) was sent already; it cannot be edited")
            case .unknown: interface.show("! number \(number) does not wait any more")
            }
        } catch {
            fail(error)
        }
    }

    func cancel(_ number: Int) async {
        guard let message = numbered(number) else { return }
        do {
            switch try await node.messenger.cancel(message.id, to: message.peer) {
            case nil: interface.show("! number \(number) does not wait any more")
            case .queued?: interface.show("* number \(number) was taken back")
            case .sent?, .delivered?, .read?:
                interface.show(
                    "* number \(number) was taken back; it had left already, so it may have arrived")
            }
            await setPrompt()
        } catch {
            fail(error)
        }
    }

    private func numbered(_ number: Int) -> StoredMessage? {
        if queued.indices.contains(number - 1) { return queued[number - 1] }
        interface.show("! /queue lists no number \(number)")
        return nil
    }

    func history(_ count: Int) async {
        guard let peer else { return interface.show("! choose a peer first") }
        do {
            let messages = try await node.store.history(
                with: peer.identity, after: nil, before: nil, limit: count)
            if messages.isEmpty { interface.show("  nothing was said with \(peer.name) yet") }
            for message in messages { interface.show("  " + line(message, peer.name)) }
        } catch {
            fail(error)
        }
    }

    func search(_ words: String) async {
        if let board = interface.board { return await board.search(words) }
        do {
            let found = try await node.store.search(
                SearchQuery(words), with: nil, since: nil, before: nil, limit: Self.mostFound)
            if found.isEmpty { interface.show("  nothing found") }
            for message in found.reversed() {
                let name = await node.messenger.summary(of: message.peer).name
                // What stands around it says what it was about.
                let before = try await node.store.history(
                    with: message.peer, after: nil, before: message.row, limit: 1)
                let after = try await node.store.history(
                    with: message.peer, after: message.row, before: nil, limit: 1)
                interface.show("  -- with \(name), \(EventLine.day(message.sentAt))")
                for line in before + [message] + after {
                    interface.show((line.row == message.row ? "  > " : "    ") + self.line(line, name))
                }
            }
            if found.count == Self.mostFound { interface.show("  the newest \(Self.mostFound) are shown") }
        } catch {
            fail(error)
        }
    }

    private func line(_ message: StoredMessage, _ name: String) -> String {
        let who = message.direction == .outgoing ? "you" : name
        return
            "\(EventLine.clock(message.sentAt, settings.settings.timeFormat)) \(who): \(EventLine.content(message.content))"
    }

    func delete(_ isSure: Bool) async {
        guard let peer else { return interface.show("! choose a peer first") }
        guard isSure else {
            return interface.show("! everything said with \(peer.name) will be gone here: /delete yes")
        }
        do {
            try await node.messenger.deleteConversation(with: peer.identity)
            interface.show("* everything said with \(peer.name) is deleted here")
            await setPrompt()
        } catch {
            fail(error)
        }
    }

    private static let mostFound = 10
}
