import Chat
import Directory
import FoundationEssentials
import Store

/// Prints a node's events until the node ends.
struct Printer: Sendable {
    let node: Node
    let json: Bool
    var acceptsRequests = false

    func run(_ before: Arrived) async throws {
        if acceptsRequests {
            for contact in await node.messenger.contacts where contact.standing == .request {
                try await node.messenger.accept(contact.identity)
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var outages = OutageFilter()
                for await state in await node.directoryStates() where outages.isNews(state) {
                    try show(state)
                }
            }
            group.addTask {
                for await notice in node.logNews() { try show(notice) }
            }
            var day = EventLine.day(Date())
            let shownTo = try await before.replay(from: node) { message in
                let written = EventLine.day(message.sentAt)
                if !json, isShown(message), written != day { try Output.line("-- \(written)") }
                day = written
                try await show(message)
            }
            if !json, day != EventLine.day(Date()) { try Output.line("-- \(EventLine.day(Date()))") }
            while let event = await node.messenger.events.next() {
                switch event {
                case .message(let message) where message.stored.row <= shownTo: continue
                case .message(let message): try await show(message)
                default: try await show(event)
                }
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// What a muted peer writes is not shown to people, and stays new; a program is told who is muted.
    private func isShown(_ message: IncomingMessage) -> Bool { json || !message.peer.isMuted }

    private func show(_ message: IncomingMessage) async throws {
        guard isShown(message) else { return }
        try await show(.message(message))
        node.messenger.shown(message.stored)
        if acceptsRequests, message.isRequest { try await node.messenger.accept(message.peer.identity) }
    }

    private func show(_ event: ChatEvent) async throws {
        if json {
            for object in await EventJSON.objects(event, node.messenger.files) { try Output.json(object) }
        } else if let line = EventLine.text(event) {
            try Output.line(line)
        }
    }

    private func show(_ state: DirectoryState) throws {
        if json {
            if let object = EventJSON.object(state, of: node) { try Output.json(object) }
        } else if let line = DirectoryStateText.line(state) {
            Output.note("* " + line)
        }
    }

    private func show(_ notice: LogNotice) throws {
        if json { return try Output.json(EventJSON.Log(notice)) }
        for line in LogText.lines(notice) { Output.note(line) }
    }
}
